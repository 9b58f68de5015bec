"""What `plan`, `run`, `verify`, `status` and `report` say, as data: the JSON contract.

`to_json` gives the documented keys (see `docs/json.md`); HTML, CSV and Markdown are views of the
same document.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from typing import Any

SCHEMA = 1


@dataclass(slots=True)
class Totals:
    """The closed accounting: the six classes sum to `source`, per folder, account and run."""

    source: int = 0
    imported: int = 0
    merged: int = 0
    present: int = 0
    skipped: int = 0
    quarantined: int = 0
    pending: int = 0

    @property
    def closed(self) -> bool:
        return self.source == sum(count for _, count in self.classes())

    def classes(self) -> list[tuple[str, int]]:
        """The six classes with their counts, in the contract's order."""
        return [(name, getattr(self, name)) for name in CLASSES]

    @classmethod
    def sum(cls, parts: Iterable[Totals]) -> Totals:
        whole = cls()
        for part in parts:
            for each in fields(cls):
                setattr(whole, each.name, getattr(whole, each.name) + getattr(part, each.name))
        return whole


CLASSES = ("imported", "merged", "present", "skipped", "quarantined", "pending")
REFUSALS = frozenset(
    {"from-missing", "from-several", "from-invalid", "empty", "oversize", "attachment-blocked"}
)
"""The predicted verdicts after which a message is not imported."""


@dataclass(slots=True)
class FolderLine:
    name: str
    label: str | None
    """Gmail label (path of a user label or id of a system label); None when not copied."""
    totals: Totals
    bytes: int = 0
    rule: str | None = None
    """Why the whole folder is skipped: `excluded`, `virtual`."""
    uidvalidity: int | None = None
    uidnext: int | None = None
    """One more than the highest UID that was listed; None for a folder that is not read."""
    error: dict[str, Any] | None = None
    """`{"code", "cause", "cure"}` when the source did not open the folder: it is not counted."""


@dataclass(slots=True)
class AccountLine:
    source_user: str
    target_user: str
    state: str
    """`new`, `scanned`, `running`, `paused`, `failed`, `done`."""
    error: dict[str, Any] | None
    """`{"code", "cause", "cure"}` in the reader's language."""
    totals: Totals
    folders: list[FolderLine]
    bytes: int = 0
    paused: str | None = None
    """Since when (ISO 8601, UTC), if somebody paused it, alone or with all others."""
    working: bool = False
    """A process is at work on it now."""

    @property
    def refused(self) -> list[FolderLine]:
        """The folders that the source did not open: nobody knows what they hold."""
        return [line for line in self.folders if line.error]


@dataclass(slots=True)
class Rename:
    account: str
    folder: str
    label: str
    reason: str
    """`reserved`, `characters`, `length`, `collision`, `refused`, `rule` …"""


@dataclass(slots=True)
class RepairLine:
    account: str
    folder: str
    uid: int
    field: str
    before: str
    after: str
    why: str
    """`missing`, `several`, `broken`, `unparsable`, `future`, `ancient`."""


@dataclass(slots=True)
class QuarantineLine:
    account: str
    folder: str
    uid: int
    code: str
    """An error code of `texts/errors.toml`."""
    cause: str
    cure: str
    detail: str
    """What Gmail or the source said, verbatim."""
    file: str | None
    """The .eml, relative to the migration folder."""


@dataclass(slots=True)
class SkipLine:
    account: str
    folder: str
    rule: str
    count: int


@dataclass(slots=True)
class Difference:
    account: str
    folder: str
    uid: int
    what: str
    """`missing`, `label`, `date`, `bytes`, `source-gone`."""
    source: str
    target: str


@dataclass(slots=True)
class Predicted:
    """One verdict the plan expects, with how many messages it concerns."""

    verdict: str
    count: int
    certain: bool


@dataclass(slots=True)
class Confirmed:
    """How one predicted verdict turned out."""

    verdict: str
    actual: str
    """A verdict too; an error's code where no verdict says it."""
    count: int
    agrees: bool


@dataclass(slots=True)
class Surprise:
    """A message whose end is not what was predicted."""

    account: str
    folder: str
    uid: int
    verdict: str
    actual: str


@dataclass(slots=True)
class Change:
    """One difference between two plans."""

    account: str
    folder: str
    """Empty for what concerns the whole account or migration."""
    what: str
    """`account`, `folder`, `label`, `rule`, `messages`, `gone`, `uidvalidity`, `setting`,
    `predicted`."""
    before: str
    after: str


@dataclass(slots=True)
class Followed:
    """How many messages a run changed because the source did, and how things stand after it."""

    labels: int = 0
    """Got other labels."""
    trashed: int = 0
    untrashed: int = 0
    """Taken out of Trash again: they are back at the source."""
    deleted: int = 0
    """Deleted at the source, in Trash by now or not."""
    kept: int = 0
    """Left as the user has them, in whole or in part."""
    open: int = 0
    """Changed at the source, and not brought over yet."""


@dataclass(slots=True)
class DeletedLine:
    account: str
    folder: str
    uid: int
    message_id: str | None
    trashed: bool
    """It lies in Gmail's Trash."""


@dataclass(slots=True)
class KeptLine:
    account: str
    folder: str
    uid: int
    message_id: str | None
    why: str
    """`trashed`, `spam`, `gone`, `place`, `labels`, `changed`, `before`, `draft`, `refused`."""
    labels: str
    """The labels that this concerns, joined."""


@dataclass(frozen=True, slots=True)
class UndoneLine:
    account: str
    taken_back: str
    """The run that was taken back."""
    what: str
    """`trashed`, `deleted`, `labels`, `untrashed`, `spared`."""
    count: int


@dataclass(frozen=True, slots=True)
class SparedLine:
    account: str
    folder: str
    uid: int
    message_id: str | None
    why: str
    """`gone`, `trashed`, `changed`, `read`, `shared`."""


@dataclass(frozen=True, slots=True)
class WaveLine:
    wave: str
    """Empty for the rows without one."""
    accounts: int
    begun: bool
    """In this run."""
    complete: bool
    held_up_by: list[str]
    """Source users of the accounts that are not complete."""


@dataclass(slots=True)
class Document:
    """One answer of one command."""

    command: str
    run: str | None
    complete: bool
    totals: Totals
    accounts: list[AccountLine]
    created: str
    """ISO 8601, UTC."""
    version: str
    target_consulted: bool | None = None
    predicted: list[Predicted] | None = None
    settings: dict[str, Any] | None = None
    """Of a plan: `[labels]`, `[filters]` and `[policy]`, by section, as the run must find them."""
    changes: list[Change] | None = None
    confirmed: list[Confirmed] | None = None
    surprises: list[Surprise] | None = None
    units: int | None = None
    seconds: int | None = None
    bytes: int | None = None
    renames: list[Rename] | None = None
    checked: int | None = None
    differences: list[Difference] | None = None
    repairs: list[RepairLine] | None = None
    quarantine: list[QuarantineLine] | None = None
    skips: list[SkipLine] | None = None
    followed: Followed | None = None
    deleted: list[DeletedLine] | None = None
    kept: list[KeptLine] | None = None
    undone: list[UndoneLine] | None = None
    spared: list[SparedLine] | None = None
    waiting: int | None = None
    """Of a run with `--since`: pending messages whose conversations are older, and wait."""
    waves: list[WaveLine] | None = None
    paused: str | None = None
    """Since when (ISO 8601, UTC), if the whole migration is paused."""
    notes: list[str] = field(default_factory=list)
    """Sentences for the reader, already in their language."""

    def to_json(self) -> dict[str, Any]:
        """Keys in a fixed order, `schema` first; absent parts are left out, but never `run`."""
        parts = asdict(self).items()
        body = {key: value for key, value in parts if value is not None or key == "run"}
        return {"schema": SCHEMA} | body
