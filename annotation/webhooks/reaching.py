"""Posting to an address that a project names, without letting it reach into the network it is sent from.

The name is resolved once, every address it has is checked, and the connection goes to one that was checked:
a name that resolves differently the next time changes nothing. Redirects are not followed, proxies of the
environment are not used, nothing of the answer but its status is read.
"""

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Mapping
from threading import Timer
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

TIMEOUT = 10.0  # seconds for each step, and twice that for all of them
_PORTS = {"http": 80, "https": 443}
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")  # NAT64: the last 32 bits are an IPv4 address


class Unreachable(Exception):
    """It was not delivered; the message is a fixed sentence that says nothing of what is inside."""


def split(url: str) -> SplitResult:
    """The parts of an address that can be posted to. Raises ValueError with a sentence for the owner."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("the address cannot be read") from None
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError("the address begins with https:// and names a host")
    if parts.scheme == "http" and not settings.WEBHOOKS_PRIVATE:
        raise ValueError("the address begins with https://")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise ValueError("the address has no user name, password or fragment")
    if not url.isascii() or not url.isprintable() or " " in url or port == 0:
        raise ValueError("the address is printable ASCII without spaces")
    return parts


def post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    """Posts a body of JSON; gives the status of the answer, whatever it is. Raises Unreachable."""
    try:
        parts = split(url)
    except ValueError as error:
        raise Unreachable(str(error)) from None
    host = str(parts.hostname)
    port = parts.port or _PORTS[parts.scheme]
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    tls = parts.scheme == "https"
    kind = http.client.HTTPSConnection if tls else http.client.HTTPConnection
    connection = kind(host, port, timeout=TIMEOUT)
    # An endless answer, byte by byte, never runs into the timeout of one step.
    watch = Timer(2 * TIMEOUT, _cut, [connection])
    watch.daemon = True
    try:
        connection.sock = _connect(host, port, tls)
        watch.start()
        sent = {"Content-Type": "application/json", "User-Agent": "Tandem-Webhooks/1", **headers}
        connection.request("POST", target, body, sent)
        return connection.getresponse().status
    except ssl.SSLError:
        raise Unreachable("no trusted TLS connection") from None
    except TimeoutError:
        raise Unreachable("no answer in time") from None
    except (OSError, http.client.HTTPException):
        raise Unreachable("the connection failed") from None
    finally:
        watch.cancel()
        connection.close()


def allowed(address: str) -> bool:
    """Whether an IP address may be reached: a public one, or any where the operator has allowed it."""
    return settings.WEBHOOKS_PRIVATE or _public(ipaddress.ip_address(address.partition("%")[0]))


def _public(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if ip in _TRANSLATED:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return _public(inner)
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def _connect(host: str, port: int, tls: bool) -> socket.socket:
    """A connection to the host's first address, all of them checked. Raises Unreachable, OSError."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Unreachable("the host is not known") from None
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses or not all(allowed(address) for address in addresses):
        raise Unreachable("the host has an address that may not be reached")
    plain = socket.create_connection((addresses[0], port), timeout=TIMEOUT)
    if not tls:
        return plain
    try:
        return ssl.create_default_context().wrap_socket(plain, server_hostname=host)
    except BaseException:
        plain.close()
        raise


def _cut(connection: http.client.HTTPConnection) -> None:
    try:
        if connection.sock:
            connection.sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # it has just ended by itself
