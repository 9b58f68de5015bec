"""What nobody could verify at Google: each a choice with a default (`--assume NAME=VALUE`).

`docs/sandbox.md` lists them with their sources; `mailhaul migrate check --measure` finds out the
values of a real tenant and prints them in the form that `parse` reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, get_args, get_type_hints

SUFFIXES = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


@dataclass(frozen=True, slots=True)
class Assumptions:
    """Numbers: 0 is no limit; sizes are bytes."""

    dedupe: Literal["message-id", "content", "off"] = "message-id"
    """What import takes for the same message: equal Message-IDs; only with equal bytes; nothing."""
    dedupe_trash: Literal["merge", "untrash", "new"] = "merge"
    """When the same message lies in Trash: it stays there; comes back; a new message."""
    threading: Literal["both", "ancestors"] = "both"
    """Whose conversation an imported message joins: of a message that it refers to or that refers
    to it; only of one that it refers to and that is there already."""
    sent_draft: Literal["accept", "refuse"] = "accept"
    """SENT and DRAFT in the labelIds of import and insert."""
    future_date: Literal["keep", "now"] = "keep"
    """internalDate of a Date header in the future."""
    missing_message_id: Literal["keep", "add"] = "keep"
    """Whether Gmail prepends a Message-ID of its own."""
    nul: Literal["keep", "strip", "refuse"] = "keep"
    """NUL bytes in a message."""
    bare_newlines: Literal["keep", "crlf", "refuse"] = "keep"
    """LF without CR and CR without LF."""
    header_bytes: Literal["keep", "refuse"] = "keep"
    """Bytes above 127 in a header."""
    long_lines: Literal["keep", "refuse"] = "keep"
    """Lines of more than the 998 bytes of RFC 5322 2.1.1."""
    attachments: Literal["import", "all", "off"] = "import"
    """Where blocked attachments are refused; `all` is import, insert and drafts."""
    draft_from: Literal["accept", "refuse"] = "accept"
    """A From in a draft that import refuses."""
    classify: Literal["off", "on"] = "off"
    """Whether import adds labels nobody asked for: IMPORTANT, and a category in the inbox."""
    raw_limit: int = 0
    """Bytes that a message in the JSON field `raw` may have."""
    label_spaces: Literal["keep", "collapse", "refuse"] = "keep"
    """Spaces at the ends of a label's name or its parts, doubled spaces."""
    label_length: int = 225
    """How long a label's name may be, in `label_unit`."""
    label_unit: Literal["characters", "utf-16", "bytes"] = "characters"
    """Code points; 16-bit units; bytes of UTF-8."""
    reserved_names: Literal["first", "any"] = "first"
    """Where in a nested name Gmail's own words are refused: as the first part, or as any."""
    conflict_reason: Literal["aborted", "alreadyExists", "duplicate"] = "aborted"
    """`reason` of the 409 for a label name that is taken."""
    suspended: Literal["token", "api"] = "token"
    """Where a suspended user is refused: at the token endpoint, or by every call."""
    storage_full: Literal["forbidden", "precondition"] = "forbidden"
    """How a full mailbox refuses: 403 storageQuotaExceeded as Drive does; 400."""
    quota_by: Literal["user", "service-account"] = "user"
    """Who the units per minute and user are counted for."""
    quota_minute: Literal["fixed", "sliding"] = "fixed"
    """The minute that units are counted in: begun by a first call; any sixty seconds."""
    quota_details: Literal["named", "none"] = "named"
    """Whether a refusal for quota names the limit, and when the minute began."""
    concurrency: int = 10
    """Requests of a mailbox that may be under way at once."""
    upload_per_day: int = 0
    """Bytes that a mailbox may take in a day."""


def names() -> list[str]:
    """The names as they are typed: `dedupe-trash`."""
    return [each.name.replace("_", "-") for each in fields(Assumptions)]


def choices(name: str) -> tuple[str, ...]:
    """What `name` may be; empty for a number."""
    return tuple(get_args(get_type_hints(Assumptions)[name.replace("-", "_")]))


def parse(given: Iterable[str]) -> Assumptions:
    """The defaults but for `NAME=VALUE` …; ValueError names what is wrong and what may be said."""
    changed: dict[str, Any] = {}
    for each in given:
        name, _, value = each.partition("=")
        if name not in names():
            raise ValueError(f"{each}: {', '.join(names())}")
        allowed = choices(name)
        if allowed and value not in allowed:
            raise ValueError(f"{each}: {', '.join(allowed)}")
        changed[name.replace("-", "_")] = value if allowed else size(value)
    return replace(Assumptions(), **changed)


def size(text: str) -> int:
    """A whole number, with K, M or G for powers of 1024; ValueError."""
    match = re.fullmatch(r"(\d{1,15})([KMG]?)", text.strip())
    if match is None:
        raise ValueError(text)
    return int(match[1]) * SUFFIXES[match[2]]
