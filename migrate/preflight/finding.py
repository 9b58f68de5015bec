"""What one check found: the one thing that every check gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from migrate.errors import MailhaulError

Level = Literal["ok", "warning", "error", "not-asked"]


class Bytes(int):
    """A number of bytes, told to people as such."""


@dataclass(frozen=True, slots=True)
class Finding:
    level: Level
    code: str = ""
    """Names the sentences for people (`texts/check_errors.toml`, or the error's own); empty where
    there is nothing to say."""
    params: Mapping[str, Any] = field(default_factory=dict)
    """What was found: fills in the sentences, and stands in the JSON."""
    error: MailhaulError | None = None


def fine(**found: object) -> Finding:
    return Finding("ok", "", found)


def note(code: str, **found: object) -> Finding:
    """All is well, and worth a sentence."""
    return Finding("ok", code, found)


def warning(code: str, **found: object) -> Finding:
    """The account can be migrated, but somebody should know or do something."""
    return Finding("warning", code, found)


def not_asked(code: str, **found: object) -> Finding:
    """It could not be told; the code says why, and how it could be."""
    return Finding("not-asked", code, found)


def failed(error: MailhaulError) -> Finding:
    """The account can't be migrated as it is."""
    return Finding("error", error.code, error.params, error)
