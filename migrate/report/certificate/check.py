"""A certificate against the ledger: made again, and compared."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from migrate.errors import UsageError
from migrate.ledger import accounts
from migrate.report.certificate.document import KIND, SCHEMA, Certificate, Outcome
from migrate.report.certificate.gather import gather
from migrate.report.certificate.issue import document
from migrate.report.certificate.lines import digest
from migrate.report.certificate.rebuilt import language, proof, rebuilt
from migrate.report.gather import gather as gather_all
from migrate.texts import Texts

CLAIMS = ("lacks", "skips", "repairs", "verification", "deep_verification")
"""What else is stated of the whole account, without a word of any language in it."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    what: str
    """`outcome`, `folder` (there or not), `label`, `count` (of a class), `digest` (of the source's
    or the target's lines), `file` (of messages, or one that names another document), `page` (not
    what comes of the document), `claim` (one of CLAIMS)."""
    folder: str
    """Empty for what concerns the whole account; the class or the hash after a colon; the key of a
    claim."""
    certificate: str
    ledger: str


def check(conn: Connection, file: Path, texts: Texts) -> tuple[Outcome, list[Disagreement]]:
    """What the certificate `file` (the JSON document, or another file of it) claims; and what it
    says otherwise than the ledger does now, or its files than the hashes of them. A page must be
    the one that comes of the document; of one that another version made only the hash is looked at
    that it names.

    UsageError when it is no certificate, or of an account that the ledger does not know.
    """
    stated = _read(file.with_suffix(".json"))
    pair = str(stated["source_user"]), str(stated["target_user"])
    ids = accounts.known(conn, [pair])
    if pair not in ids:
        raise UsageError("certificate-account", file=file, user=pair[0])
    (line,) = gather_all(conn, "status", None, texts, [pair]).accounts
    hashes = digest(conn, ids[pair], lambda _: None)
    found = document(gather(conn, ids[pair], line, "", texts), hashes)
    page = file.with_suffix(".html")
    try:
        differing = [*_compared(stated, found), *_messages(file, stated["messages"])]
        if page.is_file():
            text = page.read_text("utf-8", "replace")
            written = Texts(language(text))
            made = gather(conn, ids[pair], line, "", written)
            differing += _page(page, text, stated, made, written)
    except (KeyError, TypeError, ValueError, AttributeError) as error:  # of another shape than ours
        raise UsageError("certificate-unreadable", file=file) from error
    return stated["outcome"], differing


def _read(file: Path) -> dict[str, Any]:
    try:
        body = json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise UsageError("certificate-unreadable", file=file) from error
    keys = {"outcome", "source_user", "target_user", "totals", "folders", "digest", "messages"}
    known = isinstance(body, dict) and body.get("kind") == KIND and body.get("schema") == SCHEMA
    if not known or not keys <= set(body):
        raise UsageError("certificate-unreadable", file=file)
    return dict(body)


def _compared(stated: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[Disagreement]:
    if stated["outcome"] != found["outcome"]:
        yield Disagreement("outcome", "", stated["outcome"], found["outcome"])
    for key in CLAIMS:
        claims = [json.dumps(each.get(key), sort_keys=True) for each in (stated, found)]
        if claims[0] != claims[1]:
            yield Disagreement("claim", key, *claims)
    yield from _sums("", stated, found)
    here, there = _by_place(stated), _by_place(found)
    for place in sorted(here.keys() | there.keys()):
        name = place[0]
        one, other = here.get(place), there.get(place)
        if one is None or other is None:
            yield Disagreement(
                "folder", name, *("-" if each is None else name for each in (one, other))
            )
            continue
        if one["label"] != other["label"]:
            yield Disagreement("label", name, str(one["label"]), str(other["label"]))
        yield from _sums(name, one, other)


def _sums(name: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[Disagreement]:
    for what, key in (("count", "totals"), ("digest", "digest")):
        for each, value in other[key].items():
            if one[key].get(each) != value:
                place = f"{name}: {each}" if name else each
                yield Disagreement(what, place, str(one[key].get(each)), str(value))


def _by_place(body: Mapping[str, Any]) -> dict[tuple[str, int], Mapping[str, Any]]:
    return {(each["name"], each["uidvalidity"] or 0): each for each in body["folders"]}


def _page(
    page: Path, text: str, stated: Mapping[str, Any], made: Certificate, texts: Texts
) -> Iterator[Disagreement]:
    """The page beside the document names the hash of it, and is what comes of it."""
    from migrate.report.certificate.page import render  # jinja2 only when a page is made

    whole = _sha256(page.with_suffix(".json"))
    if whole not in text:
        yield Disagreement("file", page.name, "-", whole)
    elif stated["version"] == made.version:
        again = render(rebuilt(stated, made), proof(stated, whole), texts)
        if text != again:
            pages = (hashlib.sha256(each.encode()).hexdigest() for each in (text, again))
            yield Disagreement("page", page.name, *pages)


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _messages(file: Path, stated: Mapping[str, Any]) -> Iterator[Disagreement]:
    beside = file.with_name(Path(str(stated["file"])).name)
    found = _sha256(beside) if beside.is_file() else "-"
    if found != stated["sha256"]:
        yield Disagreement("file", beside.name, str(stated["sha256"]), found)
