"""The second mailbox: what only a scripted server can serve. As real servers were seen to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from .case import ARRIVED, HASH, Case, Fix, letter, place, refused
from .folders import MARK, Named
from .odd_server import Box, Odd

_BARE = letter("bare-lf").replace(b"\r\n", b"\n")
_DATELESS = letter("bare-lf-dateless", Date=None).replace(b"\r\n", b"\n")
_IMPOSSIBLE = {
    "31-feb": b'"31-Feb-2020 05:06:07 +0000"',
    "1899": b'" 1-Jan-1899 00:00:00 +0000"',
    "nil": b"NIL",
    "garbage": b'"yesterday"',
    "empty": b'""',
}


def strange() -> Iterator[tuple[Case, Odd]]:
    """All in INBOX."""
    for name, raw in {
        "nul": letter("nul", b"a\0b\r\n\0\0\0", Subject=b"nul \0"),
        "bare-lf": _BARE,
        "bare-cr-inside": letter("bare-cr-inside", b"a\rb\r\rc\r"),
        "mixed-ends": letter("mixed-ends", b"a\nb\r\nc\rd\n\re\r\r\nf"),
        "mixed-header": letter("mixed-header").replace(b"\r\nTo:", b"\nTo:"),
        "crcrlf": letter("crcrlf").replace(b"\r\n", b"\r\r\n"),
    }.items():
        yield Case(name, raw), Odd(raw)
    fixes = {"Date": Fix(ARRIVED, "missing")}
    yield Case("bare-lf-dateless", _DATELESS, shown=ARRIVED, fixes=fixes), Odd(_DATELESS)
    fold = letter("date-broken-fold", Date=b"27 Jan 00 15:03:00\n PDT")
    moment = datetime(2000, 1, 27, 22, 3, tzinfo=UTC)
    fixes = {"Date": Fix(moment, "unparsable")}
    yield Case("date-broken-fold", fold, shown=moment, fixes=fixes), Odd(fold)
    for name, lie in {"zero": 0, "small": 10, "large": 10_000_000}.items():
        raw = letter(f"size-{name}")
        yield Case(f"size-{name}", raw), Odd(raw, size=lie)
    for name in ("nil", "empty"):
        raw = letter(f"body-{name}")
        yield Case(f"body-{name}", raw), Odd(raw, body=name)
    for name, date in _IMPOSSIBLE.items():
        raw = letter(f"arrived-{name}")
        yield Case(f"arrived-{name}", raw), Odd(raw, date=date)
        late = letter(f"arrived-{name}-dateless", Date=None)
        late = b"Received: by x; Thu, 07 Nov 2019 10:00:00 +0000\r\n" + late
        moment = datetime(2019, 11, 7, 10, tzinfo=UTC)
        case = Case(
            f"arrived-{name}-dateless",
            late,
            shown=moment,
            fixes={"Date": Fix(moment, "missing")},
        )
        yield case, Odd(late, date=date)
    raw = letter("body-refused")
    yield Case("body-refused", raw), Odd(raw, body="refused")
    for name, code, kept in [
        ("nothing", "source-no-body", Odd(letter("kept-nothing"), body="nothing")),
        ("broken", "source-refused-message", Odd(letter("kept-broken"), body="broken")),
        ("silent", "source-no-body", Odd(letter("kept-silent"), silent=True)),
    ]:
        yield refused(f"kept-{name}", kept.raw, code, "source-unreadable"), kept
    raw = letter("after-the-broken", Message_ID=None)
    fixes = {"Message-ID": Fix(HASH, "missing")}
    yield Case("after-the-broken", raw, fixes=fixes), Odd(raw)
    raw = letter("flags-odd")
    yield Case("flags-odd", raw), Odd(raw, flags=rb"\SEEN \x $Forwarded [] \Recent")


NAMES: Mapping[bytes, tuple[str, Named]] = {
    rb'(\HasNoChildren) "." "Work.Deep.Deeper"': ("Work.Deep.Deeper", Named("Work/Deep/Deeper")),
    rb'() "." "a/b"': ("a/b", Named(f"a-b {MARK}", "collision")),
    rb'() "." "a-b"': ("a-b", Named("a-b")),
    rb'() "." "/lead"': ("/lead", Named("-lead", "characters")),
    rb'() "." "trail/"': ("trail/", Named("trail-", "characters")),
    rb'() "." " blank "': (" blank ", Named("blank", "characters")),
    rb'() "." "say \"no\" \\ yes"': ('say "no" \\ yes', Named('say "no" \\ yes')),
    b'() "." "raw \xe5\xb1\xb1"': ("raw 山", Named("raw 山")),
    b'() "." "latin \xe9"': ("latin \\xe9", Named("latin \\xe9")),
    rb'() "." "Bad &Jjo"': ("Bad &Jjo", Named("Bad &Jjo")),
    rb'() "." "Bad &!-"': ("Bad &!-", Named("Bad &!-")),
    rb'() "." "Half &2AA-"': ("Half &2AA-", Named("Half &2AA-")),
    rb'() "." "star *"': ("star *", Named("star *")),
    rb'() "." "per %"': ("per %", Named("per %")),
    b'() "." "bell \x07"': ("bell \\x07", Named("bell \\x07")),
    rb"() NIL flat.name": ("flat.name", Named("flat.name")),
    rb'(\All) "." Everything': ("Everything", Named(None)),
    rb'(\Sent) "." Verstuurd': ("Verstuurd", Named("SENT")),
}
"""LIST response → (the folder's name in reports, what becomes of it)."""


def names() -> Iterator[tuple[str, Case, Odd, bytes]]:
    """(folder, case, message, LIST row): one message with a UID of 1 in each."""
    for number, (row, (folder, _)) in enumerate(NAMES.items()):
        name = f"strange-folder-{number}"
        raw = letter(name)
        yield folder, Case(name, raw, (place(folder, "\\Seen"),)), Odd(raw), row


def boxes(seen: list[tuple[Case, Odd]]) -> dict[bytes, Box]:
    """The whole server: INBOX with `seen`, the strange names, a parent, one that does not open.

    All folders have the same UIDVALIDITY.
    """
    found = {b"INBOX": Box(b'() "." INBOX', {uid: odd for uid, (_, odd) in enumerate(seen, 1)})}
    for _, _, odd, row in names():
        wire = row.split(b'"." ', 1)[-1].removeprefix(b"() NIL ").strip(b'"')
        wire = wire.replace(b'\\"', b'"').replace(b"\\\\", b"\\")
        found[wire] = Box(row, {1: odd})
    found[b"Work"] = Box(rb'(\Noselect \HasChildren) "." Work', {}, refused=True)
    found[b"Broken"] = Box(b'() "." Broken', {}, refused=True)
    found[b"Vacant"] = Box(b'() "." Vacant', {})
    return found
