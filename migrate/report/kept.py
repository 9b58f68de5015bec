"""The text beside each .eml of the quarantine: cause, cure, and how to try again.

Remade from the ledger whenever a run or a report ends, so no crash can leave it wrong for long; it
goes with its .eml (`clearing.py`).
"""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from console.files import replace
from migrate.body import Body
from migrate.message import Header, content
from migrate.missing import Missing, describe
from migrate.quarantine import beside
from migrate.report.document import Document, QuarantineLine
from migrate.texts import Texts


def write_texts(document: Document, directory: Path, texts: Texts) -> list[Path]:
    """Write what is to be said of each quarantined message of `document` (0600, UTF-8).

    `directory` is the migration folder. Returns the files; OSError as it comes.
    """
    lines: dict[str, list[QuarantineLine]] = defaultdict(list)
    for line in document.quarantine or ():
        if line.file:
            lines[line.file].append(line)
    written = []
    for file, same in lines.items():
        kept = directory / file
        if kept.is_file():
            text = "\n".join(_text(_missing(kept, same), directory, texts)) + "\n"
            path = beside(kept)
            if not _holds(path, text.encode()):
                replace(path, text.encode())
            written.append(path)
    return written


def _missing(kept: Path, lines: Sequence[QuarantineLine]) -> Missing:
    header = Header.parse(content(Body(kept))[0])
    first = lines[0]
    places = tuple((line.folder, line.uid) for line in lines)
    return Missing(first.account, places, first.code, first.detail, first.file, header)


def _text(missing: Missing, directory: Path, texts: Texts) -> Iterator[str]:
    yield from (texts("missing.kept.title"), "")
    yield from describe(missing, texts)
    command = f"mailhaul migrate retry --dir {shlex.quote(str(directory.absolute()))}"
    yield from ("", texts("missing.kept.retry"), f"{command} --class {missing.code}")
    if missing.code.startswith("gmail-from-"):
        yield from (texts("missing.kept.repair"), f"{command} --class {missing.code} --repair")


def _holds(path: Path, data: bytes) -> bool:
    return path.is_file() and path.read_bytes() == data
