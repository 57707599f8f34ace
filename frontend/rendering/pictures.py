"""Width and height of a picture from its first bytes, so that a page keeps its place. Pure: no Django."""

HEAD = 64 * 1024  # bytes: a photograph's own size stands behind its camera's notes and thumbnail


def size_of(head: bytes) -> tuple[int, int] | None:
    """Pixels (width, height) of PNG, GIF, WebP and JPEG; None where they cannot be read."""
    if head.startswith(b"\x89PNG") and len(head) >= 24:
        size = int.from_bytes(head[16:20]), int.from_bytes(head[20:24])
    elif head.startswith(b"GIF8") and len(head) >= 10:
        size = int.from_bytes(head[6:8], "little"), int.from_bytes(head[8:10], "little")
    elif head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        size = _of_webp(head)
    elif head.startswith(b"\xff\xd8"):
        size = _of_jpeg(head)
    else:
        return None
    return size if min(size) > 0 else None


def _of_webp(head: bytes) -> tuple[int, int]:
    """RFC 9649: lossy, lossless and extended files say it in three ways."""
    kind = head[12:16]
    if kind == b"VP8X" and len(head) >= 30:
        return int.from_bytes(head[24:27], "little") + 1, int.from_bytes(head[27:30], "little") + 1
    if kind == b"VP8L" and len(head) >= 25:
        bits = int.from_bytes(head[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 " and len(head) >= 30:
        return (
            int.from_bytes(head[26:28], "little") & 0x3FFF,
            int.from_bytes(head[28:30], "little") & 0x3FFF,
        )
    return 0, 0


def _of_jpeg(head: bytes) -> tuple[int, int]:
    """Walks the segments up to the frame's (SOF, all but the three other markers of 0xC0 to 0xCF)."""
    place = 2
    while place + 9 <= len(head) and head[place] == 0xFF:
        marker = head[place + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = head[place + 5 : place + 7], head[place + 7 : place + 9]
            return int.from_bytes(width), int.from_bytes(height)
        place += 2 + max(int.from_bytes(head[place + 2 : place + 4]), 2)
    return 0, 0
