"""Marks on axes as an SVG file, on white, so that it reads on light pages and on dark ones."""

from pathlib import Path

HERE = Path(__file__).resolve().parent
WIDE, TALL, LEFT, TOP, RIGHT, BOTTOM = 640, 320, 56, 28, 28, 44
PEOPLE, JUDGE, INK, FAINT = "#0a6c75", "#b96f05", "#122022", "#5a676a"


class Chart:
    """Marks on axes from (x0, y0) to (x1, y1), as one SVG file."""

    def __init__(
        self,
        title: str,
        x: tuple[float, float],
        y: tuple[float, float],
        names: tuple[str, str],
        left: int = LEFT,
    ):
        self.x, self.y, self.left = x, y, left
        self.parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {TALL}" role="img" '
            f'font-family="sans-serif" font-size="12" fill="{FAINT}"><title>{title}</title>'
            f'<rect width="{WIDE}" height="{TALL}" fill="#fff"/>'
        ]
        self.text(WIDE / 2, TALL - 8, names[0], "middle")
        self.text(left, 16, names[1], "start")

    def at(self, x: float, y: float) -> tuple[float, float]:
        (x0, x1), (y0, y1) = self.x, self.y
        across = self.left + (x - x0) / (x1 - x0) * (WIDE - self.left - RIGHT)
        return across, TALL - BOTTOM - (y - y0) / (y1 - y0) * (TALL - TOP - BOTTOM)

    def text(self, x: float, y: float, words: str, anchor: str = "middle", fill: str = FAINT) -> None:
        self.parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{fill}">{words}</text>'
        )

    def grid(self, xs: list[tuple[float, str]], ys: list[tuple[float, str]]) -> None:
        for value, words in ys:
            x, y = self.at(self.x[0], value)
            self.parts.append(f'<path d="M{x:.1f} {y:.1f}H{WIDE - RIGHT}" stroke="#dde3e3"/>')
            self.text(x - 8, y + 4, words, "end")
        for value, words in xs:
            self.text(self.at(value, self.y[0])[0], TALL - BOTTOM + 18, words)

    def label(self, y: float, words: str) -> None:
        """The name of a row, left of it."""
        x, down = self.at(self.x[0], y)
        self.text(x - 10, down + 4, words, "end")

    def line(self, xs: object, ys: object, colour: str = PEOPLE, dash: str = "") -> None:
        points = " ".join("{:.1f},{:.1f}".format(*self.at(x, y)) for x, y in zip(xs, ys, strict=True))
        drawn = f'stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"'
        self.parts.append(f'<polyline points="{points}" fill="none" {drawn}/>')

    def band(self, xs: list[float], low: list[float], high: list[float]) -> None:
        ends = [*zip(xs, high, strict=True), *zip(reversed(xs), reversed(low), strict=True)]
        points = " ".join("{:.1f},{:.1f}".format(*self.at(x, y)) for x, y in ends)
        self.parts.append(f'<polygon points="{points}" fill="{PEOPLE}" opacity=".15"/>')

    def dot(self, x: float, y: float, colour: str = INK, radius: float = 4) -> None:
        across, down = self.at(x, y)
        self.parts.append(f'<circle cx="{across:.1f}" cy="{down:.1f}" r="{radius}" fill="{colour}"/>')

    def write(self, name: str) -> None:
        (HERE / f"{name}.svg").write_text("\n".join([*self.parts, "</svg>"]) + "\n")
