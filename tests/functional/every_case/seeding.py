"""The cases into a Dovecot: files in Maildirs, keywords too."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from ..dovecot import Dovecot
from .case import Case, Place

_LETTERS = {"\\Draft": "D", "\\Flagged": "F", "\\Answered": "R", "\\Seen": "S", "\\Deleted": "T"}

Lying = Mapping[str, list[tuple[Case, Place]]]
"""Folder → what lies there; the first has UID 1."""


def lying(cases: Iterable[Case], empty: Iterable[str] = ()) -> Lying:
    found: dict[str, list[tuple[Case, Place]]] = defaultdict(list)
    for folder in empty:
        found[folder] = []
    for case in cases:
        for each in case.places:
            found[each[0]].append((case, each))
    return found


def seed(dovecot: Dovecot, user: str, content: Lying) -> None:
    """Empty folders too."""
    for folder, mail in content.items():
        _fill(dovecot.maildir(user, folder), mail)
        dovecot.seed(user, folder, [])  # for the owner of the files


def _fill(maildir: Path, mail: list[tuple[Case, Place]]) -> None:
    keywords = sorted({flag for _, (_, flags) in mail for flag in flags} - _LETTERS.keys())
    for part in ("cur", "new", "tmp"):
        (maildir / part).mkdir(parents=True, exist_ok=True)
    if keywords:
        lines = "".join(f"{number} {word}\n" for number, word in enumerate(keywords))
        (maildir / "dovecot-keywords").write_text(lines)
    for number, (case, (_, flags)) in enumerate(mail, 1):
        info = "".join(sorted(_LETTERS[flag] for flag in flags if flag in _LETTERS))
        info += "".join(chr(97 + keywords.index(flag)) for flag in sorted(flags & {*keywords}))
        path = maildir / "cur" / f"{1_000_000_000 + number}.M1P1.test:2,{info}"
        path.write_bytes(case.raw)
        os.utime(path, (case.arrived.timestamp(), case.arrived.timestamp()))
