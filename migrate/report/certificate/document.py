"""What a certificate states, as data: `docs/json.md`, "Certificates"."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from migrate.ledger.verifications import Verification
from migrate.report.document import AccountLine
from migrate.report.words import iso

SCHEMA = 1
KIND = "mailhaul-certificate"

Outcome = Literal["complete", "exceptions", "incomplete"]
"""`exceptions`: complete, but some messages are in quarantine, each of them named."""


@dataclass(frozen=True, slots=True)
class Lack:
    """Why an account is not complete."""

    what: str
    """`unbalanced`, `failed`, `unfinished`, `pending`, `refused`, `differences`."""
    count: int


@dataclass(frozen=True, slots=True)
class RunLine:
    """A run that brought messages of this account which are still there."""

    id: str
    started: float
    ended: float | None
    messages: int


@dataclass(frozen=True, slots=True)
class SkipCount:
    rule: str
    count: int


@dataclass(frozen=True, slots=True)
class RepairCount:
    field: str
    why: str
    count: int


@dataclass(frozen=True, slots=True)
class CauseCount:
    """Messages in quarantine for one cause."""

    code: str
    cause: str
    count: int


@dataclass(frozen=True, slots=True)
class Exception_:
    """One message in quarantine."""

    folder: str
    uid: int
    cause: str


@dataclass(frozen=True, slots=True)
class Since:
    """What happened to messages of this account apart from copying them."""

    brought: int | None
    """By runs after the last verification; None when there was none."""
    touched: int
    """Their owner changed them in Gmail, as of the last run."""
    deleted: int
    """Copied, and no longer at the source."""
    kept: int
    """Of what changed at the source: left as their owner has them."""
    open: int
    """Changed at the source, and not brought over: with the scopes `minimal` nobody can."""
    notice: str | None
    """Gmail's id of the mail that tells the owner; it is none of the messages that are counted."""


@dataclass(frozen=True, slots=True)
class Certificate:
    account: AccountLine
    source: str | None
    """The servers, as the last run says; None where no run wrote them down."""
    target: str | None
    created: float
    """Seconds since 1970, like all times here."""
    version: str
    lacks: list[Lack]
    runs: list[RunLine]
    skips: list[SkipCount]
    causes: list[CauseCount]
    exceptions: list[Exception_]
    """The first ones; the file of messages has all."""
    repairs: list[RepairCount]
    verification: Verification | None
    deep: Verification | None
    """The last one that compared every byte."""
    since: Since
    stamp: str
    """Equal as long as nothing has changed that a certificate states."""

    @property
    def outcome(self) -> Outcome:
        if self.lacks:
            return "incomplete"
        return "exceptions" if self.account.totals.quarantined else "complete"

    def to_json(self) -> dict[str, Any]:
        """All but the hashes."""
        line = self.account
        return {
            "schema": SCHEMA,
            "kind": KIND,
            "outcome": self.outcome,
            "lacks": [asdict(each) for each in self.lacks],
            "source_user": line.source_user,
            "target_user": line.target_user,
            "source": self.source,
            "target": self.target,
            "created": iso(self.created),
            "version": self.version,
            "state": line.state,
            "error": line.error,
            "runs": [
                {"id": each.id, "started": iso(each.started), "ended": _iso(each.ended)}
                | {"messages": each.messages}
                for each in self.runs
            ],
            "totals": asdict(line.totals),
            "bytes": line.bytes,
            "folders": [asdict(each) for each in line.folders],
            "skips": [asdict(each) for each in self.skips],
            "quarantine": [asdict(each) for each in self.causes],
            "repairs": [asdict(each) for each in self.repairs],
            "verification": _verified(self.verification),
            "deep_verification": _verified(self.deep),
            "since": asdict(self.since),
            "stamp": self.stamp,
        }


def _iso(at: float | None) -> str | None:
    return None if at is None else iso(at)


def _verified(found: Verification | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return asdict(found) | {"started": iso(found.started), "ended": iso(found.ended)}
