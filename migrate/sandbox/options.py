"""What the sandbox can be told: for argparse (`__main__`) and typer (`migrate.cli.sandbox`)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from migrate.sandbox.assumptions import Assumptions

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def seconds(text: str) -> float:
    """A duration like `150ms`, `2s`, `5m`, `1h` or plain seconds. ValueError otherwise."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m|h)?", text.strip())
    if match is None:
        raise ValueError(text)
    return float(match[1]) * UNITS[match[2] or "s"]


def signed_seconds(text: str) -> float:
    """A duration that may be negative. ValueError."""
    return -seconds(text[1:]) if text.startswith("-") else seconds(text)


def share(text: str) -> float:
    """A number from 0 to 1. ValueError otherwise."""
    number = float(text)
    if not 0 <= number <= 1:
        raise ValueError(text)
    return number


def addresses(text: str) -> frozenset[str] | None:
    """Comma list of mailbox addresses, in lower case; None (any address) for `*`."""
    if text.strip() == "*":
        return None
    found = frozenset(part.strip().lower() for part in text.split(",") if part.strip())
    if not found or any(not is_address(each) for each in found):
        raise ValueError(text)
    return found


def whole(text: str) -> int:
    """A number without sign. ValueError."""
    if not (text.isascii() and text.isdigit()):
        raise ValueError(text)
    return int(text)


def is_address(text: str) -> bool:
    return re.fullmatch(r"[^\s@<>,]+@[^\s@<>,]+", text) is not None


@dataclass(frozen=True, slots=True)
class Options:
    """Durations are seconds."""

    data: Path
    key_file: Path | None = None
    """Where the service-account key is written; None: `key.json` in `data`."""
    adc_out: Path | None = None
    """Where to write credentials of whoever runs the rehearsal; None: nowhere."""
    client_out: Path | None = None
    """Where to write the OAuth client file; None: nowhere."""
    host: str = "127.0.0.1"
    port: int = 0
    """0: a free one."""
    users: frozenset[str] | None = None
    """None: any well-formed address gets a mailbox at first use."""
    directory: Path | None = None
    """Who exists in which state, as TOML."""
    quota: str = "off"
    """`2026`, `legacy` or `off`."""
    units_per_user: int | None = None
    """Of a minute, as `units_per_project`; None: as `quota` says; 0: no limit."""
    units_per_project: int | None = None
    units_per_day: int | None = None
    latency: float = 0.0
    faults: Path | None = None
    discard: bool = False
    tls: bool = False
    assume: Assumptions = field(default_factory=Assumptions)
    storage_limit: int = 0
    """Bytes of mail that a mailbox may hold; 0: any."""
    spam_share: float = 0.0
    """Of imported messages, 0 to 1, unless neverMarkSpam is set."""
    search_lag: float = 0.0
    upload_lifetime: float = 604_800.0
    """Of a resumable upload, from its start."""
    clock_skew: float = 0.0
    authorized_scopes: frozenset[str] | None = None
    """None: every Gmail scope."""
    token_lifetime: float = 3600.0
    history_kept: int = 1_000_000
    """Changes of a mailbox that history.list can look back on."""
    json: bool = False

    @property
    def key_out(self) -> Path:
        return self.key_file or self.data / "key.json"
