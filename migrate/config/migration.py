"""One migration: its folder, its settings and its accounts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from migrate.accounts import Account, crossing
from migrate.config.model import (
    FiltersConfig,
    LabelsConfig,
    LimitsConfig,
    PolicyConfig,
    SourceConfig,
    StateConfig,
    TargetConfig,
)
from migrate.credentials import Secret
from migrate.errors import UsageError

if TYPE_CHECKING:
    from migrate.filters import Filters
    from migrate.labels import LabelRules


@dataclass(frozen=True)
class Config:
    """`migration.toml` and `accounts.csv`, checked; nothing is written, no secret is read yet."""

    directory: Path
    """The migration folder, absolute."""
    accounts: tuple[Account, ...]
    source: SourceConfig
    target: TargetConfig
    labels: LabelsConfig
    filters: FiltersConfig
    policy: PolicyConfig
    limits: LimitsConfig
    state: StateConfig
    reviewed: Mapping[tuple[str, str], Mapping[str, str | None]] = field(default_factory=dict)
    """Of a reviewed plan: (source user, target user) → folder → label, None to leave it out."""
    planned: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    """Of a plan that binds: (source user, target user) → all folders that there may be."""
    since: date | None = None
    """`run --since`: conversations that have been quiet since wait for another run."""

    @property
    def doubts(self) -> list[UsageError]:
        """What of accounts.csv is probably a mistake, and may be meant."""
        return crossing.doubts(self.accounts, "accounts.csv")

    @property
    def ledger_path(self) -> Path:
        return self.directory / self.state.database.removeprefix("sqlite:///")

    @property
    def ledger_url(self) -> str:
        """As SQLAlchemy takes it, with an absolute path."""
        return f"sqlite:///{self.ledger_path}"

    @property
    def scan_cache(self) -> Path:
        """What the last plan found; made anew by each."""
        return self.directory / "state" / "scan-cache.db"

    @property
    def reports(self) -> Path:
        return self.directory / "reports"

    @property
    def logs(self) -> Path:
        """What happened in each run, as lines of JSON."""
        return self.directory / "state" / "logs"

    @property
    def certificates(self) -> Path:
        return self.reports / "certificates"

    @property
    def quarantine(self) -> Path:
        return self.directory / "quarantine"

    @property
    def spool(self) -> Path:
        """For large messages on their way; empty between runs."""
        return self.directory / "state" / "spool"

    @cached_property
    def admin_password(self) -> Secret | None:
        """The secret of `auth = "admin"`, read once. UsageError when it can't be read."""
        reference = self.source.admin_password
        return reference.resolve() if reference else None

    @property
    def _drafts(self) -> Literal["drafts", "label", "skip"]:
        """Nobody may make drafts with the scopes `minimal`: there they come as messages."""
        possible = self.target.scopes != "minimal"
        return self.policy.drafts if possible or self.policy.drafts == "skip" else "label"

    @property
    def message_filters(self) -> Filters:
        """`[filters]`, and what `[policy]` says of deleted and of too large mail."""
        from migrate.filters import Filters, start_of

        return Filters(
            since=start_of(self.filters.since),
            before=start_of(self.filters.before),
            min_size=self.filters.min_size,
            max_size=self.filters.max_size,
            search=self.filters.search,
            skip_deleted=self.policy.deleted == "skip",
            skip_oversize=self.policy.oversize == "skip",
        )

    @property
    def since_at(self) -> float | None:
        """The first second of `since` (UTC)."""
        from migrate.filters import start_of

        return start_of(self.since)

    def label_rules(self, account: Account) -> LabelRules:
        """The rules of `[labels]` and `[policy]` with those of the account's row."""
        from migrate.labels import LabelRules

        prefix = account.label_prefix
        return LabelRules(
            prefix=self.labels.prefix if prefix is None else prefix,
            rename=tuple((rule.pattern, rule.replace) for rule in self.labels.rename),
            include=account.include or self.labels.include,
            exclude=self.labels.exclude + account.exclude,
            trash=self.policy.trash,
            junk=self.policy.junk,
            drafts=self._drafts,
            deleted=self.policy.deleted,
            special_use=self.labels.special_use,
            flatten=self.labels.flatten,
            depth=self.labels.depth,
            keywords=self.labels.keywords,
            reviewed=self.reviewed.get(account.pair, {}),
        )


def private_directory(path: Path) -> Path:
    """Create `path`, and what is missing above it, for the owner alone (0700)."""
    if not path.is_dir():
        private_directory(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)
    return path
