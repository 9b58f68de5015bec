"""Scan messages: everything but the body, in chunks of UIDs (RFC 9051 6.4.5 and 7.5.2)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime

from migrate.body import Body
from migrate.source import SCANNED_FIELDS, Listed
from migrate.source.fetching import present
from migrate.source.response import Value, number
from migrate.source.structure import leaves
from migrate.source.trouble import Place
from migrate.source.uidset import uid_set
from migrate.source.wire import Refused, Wire

_CHUNK = 500
_LARGEST = 1 << 40
_REFUSALS = 10  # of BODYSTRUCTURE in a chunk, until we stop asking
_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {f"-{name}-": f"-{number:02}-" for number, name in enumerate(_NAMES, 1)}
_USUAL = re.compile(
    r"[ 0-3][0-9]-[A-Za-z]{3}-[0-9]{4} [0-2][0-9](?::[0-5][0-9]){2} [+-][0-9]{2}[0-5][0-9]"
)
_HEADER = f"BODY.PEEK[HEADER.FIELDS ({' '.join(SCANNED_FIELDS).upper()})]".encode()


def scan(
    wire: Wire,
    uids: Sequence[int],
    place: Place,
    *,
    objectid: bool,
    structure: bool,
    apart: bool,
) -> Iterator[Listed]:
    """`Listed` for each UID the folder holds.

    BODYSTRUCTURE is asked for by itself once the server refuses a chunk with it. A chunk that is
    refused is asked for UID by UID; a message whose data the server keeps to itself is listed
    with its UID alone, so that it stays in the accounts.
    """
    names = b"FLAGS INTERNALDATE RFC822.SIZE" + (b" EMAILID" if objectid else b"")
    asked = [names, _HEADER] if apart else [names + b" " + _HEADER]
    together, alone, given_up = place.parted(uids)
    chunks = [together[start : start + _CHUNK] for start in range(0, len(together), _CHUNK)]
    for chunk in chunks:
        with place.watched(chunk):
            found, apart = _chunk(wire, chunk, asked, structure=structure, apart=apart)
        yield from (_listed(uid, found[uid]) for uid in chunk if uid in found)
    for uid in alone:
        with place.watched([uid]):
            found, _ = _chunk(wire, [uid], asked, structure=False, apart=True)
        place.clear([uid])
        yield from (_listed(uid, items) for items in found.values())
    yield from (_listed(uid, {}) for uid in given_up)


def _chunk(
    wire: Wire, uids: Sequence[int], asked: Sequence[bytes], *, structure: bool, apart: bool
) -> tuple[dict[int, dict[bytes, Value]], bool]:
    """What the server says of each, and whether structures are better asked for apart."""
    found: dict[int, dict[bytes, Value]] = {}
    for names in asked:
        also = b" BODYSTRUCTURE" if structure and not apart else b""
        try:
            _collect(wire, uids, names + also, found)
        except Refused:
            apart = True
            _one_by_one(wire, uids, names, found)
    _headers(wire, found)
    if structure and apart:
        _structures(wire, uids, found)
    for uid in present(wire, [uid for uid in uids if uid not in found]):
        found[uid] = {}
    return {uid: found[uid] for uid in uids if uid in found}, apart


def _headers(wire: Wire, found: dict[int, dict[bytes, Value]]) -> None:
    """Some servers leave the header out of an answer to several questions at a time."""
    left = [uid for uid, items in found.items() if _header(items) is None]
    if left:
        with suppress(Refused):
            _collect(wire, left, _HEADER, found)


def _one_by_one(
    wire: Wire, uids: Sequence[int], names: bytes, found: dict[int, dict[bytes, Value]]
) -> None:
    """What a chunk was refused for may be one message, or what was asked of all."""
    with suppress(Refused):
        _collect(wire, uids, names, found)
        return
    for uid in uids:
        with suppress(Refused):
            _collect(wire, [uid], names, found)


def _structures(wire: Wire, uids: Sequence[int], found: dict[int, dict[bytes, Value]]) -> None:
    """BODYSTRUCTURE by itself; where it is refused again and again, it is done without."""
    names = b"BODYSTRUCTURE"
    with suppress(Refused):
        _collect(wire, uids, names, found)
        return
    refusals = 0
    for uid in uids:
        if b"BODYSTRUCTURE" in found.get(uid, ()):
            continue
        try:
            _collect(wire, [uid], names, found)
        except Refused:
            refusals += 1
            if refusals == _REFUSALS:
                return


def _collect(
    wire: Wire, uids: Sequence[int], names: bytes, found: dict[int, dict[bytes, Value]]
) -> None:
    """Add what the server says of `uids`; FETCH may also come unsolicited, or in parts."""
    for response in wire.ask(b"UID", b"FETCH", uid_set(uids), b"(UID " + names + b")"):
        items = response.items()
        uid = number(items.get(b"UID"))
        if uid is not None:
            small = {name: _bounded(value) for name, value in items.items()}
            found.setdefault(uid, {}).update(small)


def _bounded(value: Value) -> Value:
    """A header so large that it was spooled, cut to its first piece."""
    return next(value.chunks(), b"") if isinstance(value, Body) else value


def _header(items: dict[bytes, Value]) -> bytes | None:
    """None where the server gave none."""
    header = next((v for k, v in items.items() if k.startswith(b"BODY[HEADER")), None)
    return header if isinstance(header, bytes) else None


def _listed(uid: int, items: dict[bytes, Value]) -> Listed:
    match items.get(b"EMAILID"):  # RFC 8474 5.3: in parentheses
        case [bytes(email_id)] | bytes(email_id):
            email: str | None = email_id.decode("ascii", "replace")
        case _:
            email = None
    return Listed(
        uid=uid,
        flags=flags(items.get(b"FLAGS")),
        internal_date=_date(items.get(b"INTERNALDATE")),
        size=_size(items.get(b"RFC822.SIZE")),
        email_id=email,
        header=_header(items) or b"",
        parts=leaves(items.get(b"BODYSTRUCTURE")),
    )


def _size(value: Value) -> int:
    """0 for what can't be: sums of such would break more than one message's account."""
    size = number(value) or 0
    return size if size <= _LARGEST else 0


def flags(value: Value) -> frozenset[str]:
    """Without \\Recent, which belongs to the session and not to the message (RFC 3501 2.3.2)."""
    flags = value if isinstance(value, list) else []
    names = (flag.decode("utf-8", "backslashreplace") for flag in flags if isinstance(flag, bytes))
    spelled = {name.title() if name.startswith("\\") else name for name in names}
    return frozenset(spelled - {"\\Recent"})


def _date(value: Value) -> datetime | None:
    """INTERNALDATE (RFC 9051 9, date-time), aware. Exchange has mail of 1899: that is no date."""
    try:
        text = value.decode("ascii") if isinstance(value, bytes) else ""
        date = _usual_date(text) or datetime.strptime(text, "%d-%b-%Y %H:%M:%S %z")
    except ValueError:
        return None
    return date if date.year >= 1970 else None


def _usual_date(text: str) -> datetime | None:
    """What strptime would read, in a tenth of the time."""
    month = _MONTHS.get(text[2:7].lower())
    if month is None or not _USUAL.fullmatch(text):
        return None
    day = text[:2].replace(" ", "0")
    with suppress(ValueError):
        return datetime.fromisoformat(f"{text[7:11]}{month}{day}T{text[12:20]}{text[21:]}")
    return None
