"""Of copies, flags and special folders."""

from __future__ import annotations

from collections.abc import Iterator

from .case import HASH, INBOX, OWNER, Case, Fix, letter, place

KEYWORDS = ("$Forwarded", "$MDNSent", "$Junk", "NonJunk", "$label1", "Müll", "\\Unknown")


def copies() -> Iterator[Case]:
    five = tuple(place(each) for each in ("INBOX", "Projects", "Lists", "Ελληνικά", "Offers"))
    yield Case("in-five-folders", letter("in-five-folders"), five)
    yield Case("twice-in-one", letter("twice-in-one"), (INBOX, INBOX))
    three = (place("Projects", "\\Seen"), place("Projects"), place("Projects", "\\Flagged"))
    yield Case("thrice-in-one", letter("thrice-in-one"), three)
    yield Case("inbox-and-junk", letter("inbox-and-junk"), (INBOX, place("Junk")))
    yield Case("only-junk", letter("only-junk"), (place("Junk"), place("Junk", "\\Seen")))
    yield Case("trash-and-list", letter("trash-and-list"), (place("Trash"), place("Lists")))


def flags() -> Iterator[Case]:
    for name, given in {
        "none": (),
        "seen": ("\\Seen",),
        "flagged": ("\\Flagged",),
        "answered": ("\\Answered", "\\Seen"),
        "draft": ("\\Draft", "\\Seen"),
        "deleted": ("\\Deleted", "\\Seen"),
        "all": ("\\Seen", "\\Answered", "\\Flagged", "\\Draft"),
        "keywords": KEYWORDS[:6],
    }.items():
        yield Case(f"flag-{name}", letter(f"flag-{name}"), (place("INBOX", *given),))
    kept = (place("INBOX", "\\Deleted", "\\Seen", "\\Flagged"), place("Lists"))
    yield Case("one-copy-deleted", letter("one-copy-deleted"), kept)


def sent_and_drafts() -> Iterator[Case]:
    mine = letter("sent-by-owner", From=OWNER)
    yield Case("sent-by-owner", mine, (place("Sent", "\\Seen"),))
    yield Case("sent-otherwise", letter("sent-otherwise"), (place("Sent", "\\Seen"),))
    both = letter("sent-to-myself", From=OWNER)
    yield Case("sent-to-myself", both, (place("Sent", "\\Seen"), place("INBOX")))
    drafts = place("Drafts", "\\Seen", "\\Draft")
    yield Case("a-draft", letter("a-draft", From=OWNER), (drafts,))
    yield Case("a-draft-twice", letter("a-draft-twice", From=OWNER), (drafts, drafts))
    for version in ("one", "two"):
        raw = letter(f"draft-version-{version}", From=OWNER, Message_ID="<draft@example.com>")
        yield Case(f"draft-version-{version}", raw, (drafts,), verdict="message-id-shared")
    filed = letter("draft-filed", From=OWNER)
    places = (drafts, place("Projects", "\\Seen"))
    yield Case("draft-filed", filed, places, also=frozenset({"SENT"}))  # it is the owner's
    nameless = letter("draft-nameless", From=OWNER, Message_ID=None)
    yield Case("draft-nameless", nameless, (drafts,), fixes={"Message-ID": Fix(HASH, "missing")})
