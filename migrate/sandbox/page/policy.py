"""Who may look, and what a browser may do with what it gets.

Mail is written by strangers: a page of ours may load nothing but its own style sheet, pictures and
frames, and the frame with a message's HTML has no origin, no script, no form and no network
(Content Security Policy 3; HTML, sandboxing).
"""

from __future__ import annotations

import ipaddress
from urllib.parse import quote

from migrate.sandbox.http.errors import ApiError
from migrate.sandbox.http.request import Answer, Request

PAGE = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; frame-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
FRAME = (
    "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)
ALWAYS = (
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-dns-prefetch-control", b"off"),  # CSP doesn't cover it
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


def admit(request: Request, peer: str, verbs: tuple[str, ...] = ("GET", "HEAD")) -> None:
    """ApiError 403 for a peer, or a name of this server, that isn't on this machine; 405.

    A page at a name that its owner lets resolve to 127.0.0.1 would have this server's answers for
    its own (DNS rebinding).
    """
    if not _loopback(peer):
        raise ApiError(403, "Only loopback peers may look at the mailboxes.")
    if not _loopback(_name(request.header(b"host"))):
        raise ApiError(403, "The Host header must be a loopback name.")
    if request.verb not in verbs:
        raise ApiError(405, "Method Not Allowed")


def document(status: int, html: str, policy: str = PAGE) -> Answer:
    """An HTML document under its policy."""
    more = ((b"allow", b"GET, HEAD"),) if status == 405 else ()
    kind = (b"content-type", b"text/html; charset=utf-8")
    rule = (b"content-security-policy", policy.encode())
    data = html.encode("utf-8", "replace")  # lone surrogates of malformed headers
    return Answer(status, data, (kind, rule, *ALWAYS, *more))


def style(data: bytes) -> Answer:
    return Answer(200, data, ((b"content-type", b"text/css; charset=utf-8"), *ALWAYS))


def download(data: bytes, name: str) -> Answer:
    """Bytes to save under `name`, never to open (RFC 6266); `name` is a `safe_name`."""
    plain = "".join(each if each.isascii() and each not in '"\\%' else "_" for each in name)
    where = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
    kind = (b"content-type", b"application/octet-stream")
    rule = (b"content-security-policy", b"sandbox; default-src 'none'")
    return Answer(200, data, (kind, (b"content-disposition", where.encode()), rule, *ALWAYS))


def _name(host: str) -> str:
    """The Host header without its port."""
    return host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]


def _loopback(name: str) -> bool:
    """An address of this machine, or a name that is always one (RFC 6761 6.3)."""
    if name.lower().rpartition(".")[2] == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
