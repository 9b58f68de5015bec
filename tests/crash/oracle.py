"""What must be true in the end, read from Gmail's side by plain HTTP and not from the ledger."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from types import MappingProxyType
from typing import Any

from tests.contracts.gmail import Mailbox
from tests.crash.letters import Letter, Place

_ME = "/gmail/v1/users/me"
_TOKEN = re.compile(rb"\r\n\r\ntoken (\w+)\r\n")


@dataclass(frozen=True, slots=True)
class Held:
    """A message in Gmail."""

    raw: bytes
    labels: frozenset[str]
    """Names."""
    date: int
    """Milliseconds since 1970."""
    draft: bool = False
    """A real draft, whose date is when it was last written on."""
    gmail_id: str = ""


def target(mailbox: Mailbox) -> list[Held]:
    """All messages of the mailbox, Spam and Trash too."""
    connection = mailbox.connect()

    def get(path: str) -> Any:
        status, answer = mailbox.request("GET", _ME + path, connection=connection)
        assert status == 200, answer
        return answer

    names = {each["id"]: each["name"] for each in get("/labels")["labels"]}
    page = get("/messages?includeSpamTrash=true&maxResults=500")
    assert "nextPageToken" not in page
    listed = get("/drafts?includeSpamTrash=true&maxResults=500")
    assert "nextPageToken" not in listed
    drafts = {each["message"]["id"] for each in listed.get("drafts", ())}
    found = []
    for each in page.get("messages", ()):
        answer = get(f"/messages/{each['id']}?format=raw")
        labels = frozenset(names[label] for label in answer.get("labelIds", ()))
        raw = urlsafe_b64decode(answer["raw"] + "==")
        date, draft = int(answer["internalDate"]), each["id"] in drafts
        found.append(Held(raw, labels, date, draft, each["id"]))
    connection.close()
    return found


def faults(
    letters: Collection[Letter],
    held: Collection[Held],
    seeded: Mapping[str, tuple[bytes, list[str]]],
    first: Collection[str] | None = None,
    before: Collection[Letter] = (),
    restless: bool = False,
    expected: Mapping[str, frozenset[str]] = MappingProxyType({}),
) -> Iterator[str]:
    """What is wrong with the target: lost, twice, altered, misdated, mislabelled, a
    draft or not, strange.

    `before` are the letters as they were at the source before it changed: what has no place there
    any more may be missing, and a label may be one of then or one of now. `restless`: copies may
    have been found one after the other, though they are the same again. `expected` are the labels
    of letters, by token, where they are not simply what the places make.
    """
    earlier = {each.token: each for each in before}
    by_token: dict[str, list[Held]] = defaultdict(list)
    for each in held:
        by_token[token(each.raw)].append(each)
    for letter in letters:
        copies = by_token.pop(letter.token, [])
        wanted = 1 if letter.end in ("imported", "present") else 0
        if len(copies) != wanted and (letter.places or len(copies) > 1):
            kind = "lost" if len(copies) < wanted else "twice" if wanted else "unwanted"
            yield f"{kind}: {letter.token} is there {len(copies)} times"
            continue
        then = earlier.get(letter.token, letter)
        if then.places != letter.places or (restless and len(letter.places) > 1):
            yield from _changed(then, letter, copies)
            continue
        for copy in copies:
            if not _same(letter, copy.raw):
                yield f"altered: {letter.token}: {copy.raw[:500]!r}"
            if copy.draft != letter.draft:
                yield f"{'made' if copy.draft else 'not made'} a draft: {letter.token}"
            if not letter.draft and copy.date != letter.when.timestamp() * 1000:
                yield f"misdated: {letter.token}: {copy.date}"
            own = expected.get(letter.token, letter.labels(first))
            labels = own | set(seeded.get(letter.token, (b"", []))[1])
            if copy.labels != labels:
                yield f"mislabelled: {letter.token}: {set(copy.labels)}, not {set(labels)}"
    for name, copies in by_token.items():
        ours = [Counter(seeded[name][1])] if name in seeded else []
        if [Counter(each.labels) for each in copies] != ours:
            yield f"strange: {name}: {[set(each.labels) for each in copies]}"


def _changed(then: Letter, now: Letter, copies: Collection[Held]) -> Iterator[str]:
    """What is wrong with a letter whose copies at the source were not the same all the time."""
    # What a copy that is found later does not bring, where nothing can be read back.
    state = {"UNREAD", "STARRED", "INBOX"}
    folders = {folder for folder, _ in (*then.places, *now.places)}
    for copy in copies:
        if copy.draft and "Drafts" in folders and copy.labels == {"DRAFT"}:
            # The draft was all that was there when it was copied, and Gmail gives it no label.
            continue
        if not _same(then, copy.raw):
            yield f"altered: {then.token}: {copy.raw[:500]!r}"
        if copy.draft != then.draft:
            yield f"{'made' if copy.draft else 'not made'} a draft: {then.token}"
        if not then.draft and copy.date != then.when.timestamp() * 1000:
            yield f"misdated: {then.token}: {copy.date}"
        least = now.labels() - state if now.places else set()
        most = _possible((*then.places, *now.places), now) | state
        if not least <= copy.labels <= most:
            yield f"mislabelled: {then.token}: {set(copy.labels)}, not {least} to {most}"


def _possible(places: Collection[Place], letter: Letter) -> frozenset[str]:
    """All labels that it may have got from some of these copies."""
    some = (each for size in range(1, len(places) + 1) for each in combinations(places, size))
    return frozenset[str]().union(*(replace(letter, places=each).labels() for each in some))


def token(raw: bytes) -> str:
    """Which letter it is."""
    found = _TOKEN.search(raw)
    return found[1].decode() if found else "?"


def _same(letter: Letter, raw: bytes) -> bool:
    """All bytes, behind what Gmail puts in front; of repaired letters the body and every line of
    the header, perhaps under the name that keeps what was replaced."""
    if not letter.repaired:
        return raw.endswith(letter.raw)
    (header, _, body), (there, _, rest) = (
        each.partition(b"\r\n\r\n") for each in (letter.raw, raw)
    )
    lines = Counter(there.replace(b"X-Mailhaul-Original-", b"").split(b"\r\n"))
    return body == rest and not Counter(header.split(b"\r\n")) - lines
