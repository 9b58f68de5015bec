"""What is said of a message that is not in Gmail: beside its .eml, and in the note in its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from migrate.explain import explain_code
from migrate.message import Header
from migrate.shown import field, visible
from migrate.texts import Texts

PLACES = 50
"""The most folders to name."""


@dataclass(frozen=True, slots=True)
class Missing:
    """A quarantined message."""

    account: str
    """The source user."""
    places: tuple[tuple[str, int], ...]
    """(Folder, UID) of each copy."""
    code: str
    detail: str
    """What Gmail or the source said."""
    file: str | None
    """The .eml, relative to the migration folder; None when the source did not hand it out."""
    header: Header
    """What is known of it."""

    def shown(self, name: str) -> str:
        """The first field of that name, for a reader; empty when there is none."""
        return next((field(value) for value in self.header.get(name)), "")


def describe(missing: Missing, texts: Texts) -> Iterator[str]:
    """The lines about it: which message, why it is missing, what can be done."""
    for name in ("From", "Subject", "Date"):
        shown = missing.shown(name) or texts("missing.unknown")
        yield texts(f"missing.{name.lower()}", value=shown)
    yield texts("missing.account", value=visible(missing.account))
    for folder, uid in missing.places[:PLACES]:
        yield texts("missing.place", folder=visible(folder), uid=uid)
    if (more := len(missing.places) - PLACES) > 0:
        yield texts("missing.more", n=more)
    detail = visible(missing.detail)
    params = {"detail": detail, "answer": detail, "uid": missing.places[0][1]}
    cause, cure = explain_code(missing.code, params, texts)
    yield from ("", texts("missing.cause"), cause)
    if detail and detail not in cause:
        yield from ("", texts("missing.detail"), detail)
    yield from ("", texts("missing.cure"), cure)
    file = texts("missing.file") if missing.file else texts("missing.no_file")
    yield from ("", file, *([visible(missing.file)] if missing.file else []))
