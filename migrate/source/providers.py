"""Which kind of server it is, and what it does in its own way: `providers.toml`. Pure."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from typing import Any

from migrate.source import Provider

AUTO = "auto"
_SIGNS = ("greeting", "id", "capability", "host")


@dataclass(frozen=True, slots=True)
class Seen:
    """What a server says of itself."""

    host: str = ""
    greeting: str = ""
    id: str = ""
    """Its answer to ID, as it came."""
    capabilities: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Quirks:
    """What to do differently."""

    connections: int | None = None
    """At most, from this machine. None: as many as the settings allow."""
    batch_messages: int = 200
    """UIDs a command: a line stays below 8,192 bytes (RFC 7162 4)."""
    bytes_per_day: int = 0
    """Of one account, at most. 0: no limit is known."""
    apart: bool = False
    """Metadata, header fields and structure in FETCH commands of their own."""


def choose(seen: Seen, wanted: str = AUTO) -> tuple[Provider, Quirks]:
    """The profiles that fit, the later over the earlier; or the one that is wanted (of KNOWN)."""
    fitting = {
        key: profile
        for key, profile in profiles().items()
        if key == wanted or (wanted == AUTO and _fits(profile, seen))
    }
    if not fitting:
        return Provider("unknown", ""), Quirks()
    told: dict[str, Any] = {}
    for profile in fitting.values():
        told |= profile
    names = [str(profile["name"]) for profile in fitting.values()]
    name = names[-1] + (f" ({', '.join(names[:-1])})" if names[:-1] else "")
    quirks = {each.name: told[each.name] for each in fields(Quirks) if each.name in told}
    return Provider(list(fitting)[-1], name, told.get("ceiling")), Quirks(**quirks)


@cache
def profiles() -> Mapping[str, Mapping[str, Any]]:
    """Id → what `providers.toml` says, in its order."""
    return tomllib.loads(files(__package__).joinpath("providers.toml").read_text("utf-8"))


def _fits(profile: Mapping[str, Any], seen: Seen) -> bool:
    said: Mapping[str, Iterable[str]] = {
        "greeting": [seen.greeting],
        "id": [seen.id],
        "capability": seen.capabilities,
        "host": [seen.host],
    }
    return any(
        re.search(profile[sign], text, re.IGNORECASE)
        for sign in _SIGNS
        if sign in profile
        for text in said[sign]
    )


KNOWN = (AUTO, *profiles())
"""What `[source] provider` may say."""
