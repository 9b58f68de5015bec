"""A plan that somebody has reviewed, perhaps edited, as it is read from its `plan.json`."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError, field_validator

from migrate.config import Config
from migrate.errors import UsageError

Pair = tuple[str, str]
"""Source user and target user."""


class Counted(BaseModel):
    source: int


class PlannedFolder(BaseModel):
    name: str
    label: str | None
    totals: Counted
    rule: str | None = None
    uidvalidity: int | None = None
    uidnext: int | None = None
    error: dict[str, Any] | None = None


class PlannedAccount(BaseModel):
    source_user: str
    target_user: str
    folders: list[PlannedFolder]

    @field_validator("folders")
    @classmethod
    def _once(cls, folders: list[PlannedFolder]) -> list[PlannedFolder]:
        """Two lines of one folder could say different things."""
        seen: set[str] = set()
        for each in folders:
            if each.name in seen:
                raise ValueError(each.name)
            seen.add(each.name)
        return folders

    @property
    def pair(self) -> Pair:
        return self.source_user, self.target_user


class PlannedVerdict(BaseModel):
    verdict: str
    count: int


class Reviewed(BaseModel):
    """What matters of the file; everything else in it is for people."""

    command: Literal["plan"]
    accounts: list[PlannedAccount]
    settings: dict[str, Any] = Field(default_factory=dict)
    predicted: list[PlannedVerdict] = Field(default_factory=list)

    @classmethod
    def read(cls, file: Path) -> Reviewed:
        """UsageError that names the place when the file is no plan, or not well edited."""
        try:
            return cls.model_validate(json.loads(file.read_bytes()))
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"]))
            raise UsageError("plan-invalid", file=file, place=place, reason=first["msg"]) from error
        except (OSError, ValueError) as error:
            raise UsageError("plan-unreadable", file=file, reason=error) from error

    def mapping(self) -> dict[Pair, dict[str, str | None]]:
        """Account → folder → label; None: left out. A folder that a rule leaves out is not in it,
        unless somebody has given it a label."""
        return {
            account.pair: {
                each.name: each.label
                for each in account.folders
                if each.label is not None or not (each.rule or each.error)
            }
            for account in self.accounts
        }


def bind(config: Config, reviewed: Reviewed) -> Config:
    """The settings with the plan's word on every folder."""
    planned = {each.pair: frozenset(one.name for one in each.folders) for each in reviewed.accounts}
    return replace(config, reviewed=reviewed.mapping(), planned=planned)
