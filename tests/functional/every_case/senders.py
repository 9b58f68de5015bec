"""Of the From field and the Message-ID."""

from __future__ import annotations

from collections.abc import Iterator

from .case import HASH, INBOX, Case, Fix, letter, place, refused

_COUNT, _INVALID = "gmail-from-count", "gmail-from-invalid"


def senders() -> Iterator[Case]:
    """Gmail wants exactly one From with an address (vectors/from_header.json)."""
    none = letter("from-none", From=None)
    yield refused("from-none", none, _COUNT, "from-missing")
    copied = letter("from-none-copied", From=None)
    places = (INBOX, place("Projects"), INBOX)
    yield refused("from-none-copied", copied, _COUNT, "from-missing", places)
    twice = b"From: bob@example.com\r\n" + letter("from-several")
    yield refused("from-several", twice, _COUNT, "from-several")
    apart = letter("from-several-apart", X_Last=b"1\r\nfrom: ann@example.com")
    yield refused("from-several-apart", apart, _COUNT, "from-several")
    for name, text in {
        "unknown": "(unknown sender)",
        "empty": "",
        "angles": "<>",
        "name-only": "Ann Example",
        "two-words": "ann@example.com bob@example.com",
        "unclosed": "Ann <ann@example.com",
    }.items():
        yield refused(f"from-{name}", letter(f"from-{name}", From=text), _INVALID, "from-invalid")
    # Its way back to ASCII, ESC ( B, opens a comment to whoever does not know the charset.
    raw_jis = letter("from-iso-2022-jp", From="山田 <yamada@example.jp>".encode("iso2022_jp"))
    yield refused("from-iso-2022-jp", raw_jis, _INVALID, "from-invalid")
    for name, value in {
        "utf-8": "山田 <yamada@example.jp>".encode(),
        "shift-jis": "山田 表示 <yamada@example.jp>".encode("shift_jis"),
        "euc-jp": "山田 <yamada@example.jp>".encode("euc_jp"),
        "latin-1": "René <rene@example.com>".encode("latin-1"),
        "two": b"ann@example.com, Bob <bob@example.com>",
        "folded": b"Ann Example\r\n <ann@example.com>",
        "comment": b"ann@example.com (Ann (the first) Example)",
        "quoted": b'"Example, \\"Ann\\" <x>" <ann@example.com>',
        "local": b"root@localhost",
        "encoded": b"=?utf-8?B?5bGx55Sw?= <yamada@example.jp>",
        "unknown-charset": b"=?x-nobody?Q?=FF?= <yamada@example.jp>",
    }.items():
        yield Case(f"from-ok-{name}", letter(f"from-ok-{name}", From=value))
    yield Case("from-upper", letter("from-upper", From=None, FROM="ann@example.com"))


def idents() -> Iterator[Case]:
    """Gmail merges and threads by Message-ID (vectors/message_id.json)."""
    made = {"missing": None, "broken": ""}
    for why, value in made.items():
        raw = letter(f"id-{why}", Message_ID=value)
        yield Case(f"id-{why}", raw, fixes={"Message-ID": Fix(HASH, why)})
    broken = {
        "blanks": "<a b@example.com>",
        "two": "<a@b.c> <d@e.f>",
        "angles": "<>",
        "half": "<x@y",
    }
    for name, value in broken.items():
        raw = letter(f"id-{name}", Message_ID=value)
        yield Case(f"id-{name}", raw, fixes={"Message-ID": Fix(HASH, "broken")})
    bare = letter("id-bare", Message_ID="bare.1@example.com")
    yield Case("id-bare", bare, fixes={"Message-ID": Fix("<bare.1@example.com>", "broken")})
    twice = letter("id-several", X_Last=b"1\r\nMessage-Id: <other@example.com>")
    yield Case("id-several", twice, fixes={"Message-ID": Fix(HASH, "several")})
    everywhere = (INBOX, place("Projects"), place("Lists", "\\Flagged"))
    nameless = letter("id-copied", Message_ID=None)
    yield Case("id-copied", nameless, everywhere, fixes={"Message-ID": Fix(HASH, "missing")})
    yield Case("id-long", letter("id-long", Message_ID=f"<{'x' * 900}@example.com>"))
    endless = letter("id-endless", Message_ID=f"<{'x' * 5_000}@example.com>")
    yield Case("id-endless", endless, fixes={"Message-ID": Fix(HASH, "broken")})
    yield Case("id-8-bit", letter("id-8-bit", Message_ID="<あ@example.com>"))
    yield Case("id-no-at", letter("id-no-at", Message_ID="<11107978796724623>"))
    same = {"Message_ID": "<shared@example.com>", "Subject": "Shared"}
    for number, text in enumerate(["one", "two", "two "]):
        raw = letter(f"id-shared-{number}", f"Version {text}\r\n", **same)
        places = (INBOX, place("Projects")) if number == 1 else (INBOX,)
        yield Case(f"id-shared-{number}", raw, places, verdict="message-id-shared", thread="shared")
    # Only the case of one letter differs: another message all the same.
    other = letter("id-shared-3", "Version Two\r\n", **same)
    lists = (place("Lists", "\\Seen"),)
    yield Case("id-shared-3", other, lists, verdict="message-id-shared", thread="shared")
