"""Writing certificates: what has changed and may be told, at the end of a run; any, on request."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection

from console.files import replace, replacing
from migrate.ledger import accounts
from migrate.report.certificate.document import KIND, Certificate
from migrate.report.certificate.gather import gather, lacks, marks, stamp
from migrate.report.certificate.lines import Hashes, digest
from migrate.report.document import AccountLine, Document
from migrate.texts import Texts

_LONGEST = 180
"""Bytes of a name, which gets an ending and, while it is written, more: most file systems allow
255."""


def name(source_user: str, target_user: str) -> str:
    """What the files of an account are called, without the ending."""
    same = source_user.casefold() == target_user.casefold()
    whole = _quoted(target_user) if same else f"{_quoted(source_user)}={_quoted(target_user)}"
    if len(whole) <= _LONGEST:
        return whole
    return f"{whole[:_LONGEST]}-{hashlib.sha256(whole.encode()).hexdigest()[:16]}"


def issue(
    conn: Connection, document: Document, folder: Path, texts: Texts, *, all_of_them: bool = False
) -> list[Path]:
    """Write the certificates of the accounts of `document`; gives the pages.

    Unless `all_of_them` are wanted, only of those that are complete, and what was written earlier
    and does not hold any more; nothing of which an account has changed is read again. `document`
    must come from `conn`'s transaction. OSError as it comes.
    """
    known = marks(conn)
    pairs = [(line.source_user, line.target_user) for line in document.accounts]
    ids = accounts.known(conn, pairs)
    written = []
    for pair, line in zip(pairs, document.accounts, strict=True):
        base = folder / name(*pair)
        seal = stamp(ids[pair], line, known, texts.lang)
        if not all_of_them and not _wanted(base, line, seal):
            continue
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        written.append(_write(conn, ids[pair], line, seal, base, texts))
    return written


def _wanted(base: Path, line: AccountLine, seal: str) -> bool:
    files = [_file(base, ending) for ending in (".json", ".jsonl", ".html")]
    if not any(each.exists() for each in files):
        return not list(lacks(line, None, None))
    return not all(each.exists() for each in files) or _seal(files[0]) != seal


def _write(
    conn: Connection, account_id: int, line: AccountLine, seal: str, base: Path, texts: Texts
) -> Path:
    """The page names the hash of the JSON document, that one the hash of the messages. The document
    comes last: its stamp says that the others are there."""
    from migrate.report.certificate.page import render  # jinja2 only when a page is made

    made = gather(conn, account_id, line, seal, texts)
    messages = hashlib.sha256()
    with replacing(_file(base, ".jsonl")) as file:

        def write(row: bytes) -> None:
            messages.update(row)
            file.write(row)

        hashes = digest(conn, account_id, write)
    listed = {"file": f"{base.name}.jsonl", "sha256": messages.hexdigest()}
    body = document(made, hashes) | {"messages": listed}
    text = (
        json.dumps(body, ensure_ascii=False, indent=2).encode("utf-8", "backslashreplace") + b"\n"
    )
    page = _file(base, ".html")
    digests = body["digest"]["source"], body["digest"]["target"]
    proof = (*digests, listed["file"], listed["sha256"], f"{base.name}.json", _sha256(text))
    replace(page, render(made, proof, texts).encode())
    replace(_file(base, ".json"), text)
    return page


def document(made: Certificate, hashes: Hashes) -> dict[str, Any]:
    """The certificate with its hashes, but for that of the file of messages."""
    body = made.to_json()
    found: dict[tuple[str, int], list[dict[str, Any]]] = defaultdict(list)
    for folder, uidvalidity, part in hashes.folders:
        found[folder, uidvalidity].append(part.to_json())
    for each in body["folders"]:
        each["digest"] = found[each["name"], each["uidvalidity"]].pop(0)
    return body | {"digest": {"algorithm": "sha256"} | hashes.whole.to_json()}


def _file(base: Path, ending: str) -> Path:
    return base.with_name(base.name + ending)


def _quoted(user: str) -> str:
    # A leading dot is quoted too: `..` would lead out of the folder.
    return quote(user, safe="@").replace(".", "%2E", user.startswith("."))


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _seal(file: Path) -> str | None:
    """The stamp of a certificate that is there; None when it can't be read."""
    try:
        body = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return None
    return body.get("stamp") if isinstance(body, dict) and body.get("kind") == KIND else None
