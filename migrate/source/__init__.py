"""The source of a migration: what every kind of source must offer (now: `imap.py`).

A source is read-only by construction (EXAMINE and BODY.PEEK[], RFC 9051 6.3.3 and 6.4.5) and is
used by one thread at a time. Errors are those of `migrate.errors`: `SourceError` for the account,
`SourceLost` when connecting again may help, `FolderRefused` for a single folder, `FetchRefused`
for a single message.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from migrate.body import Body
from migrate.errors import FetchRefused


@dataclass(frozen=True, slots=True)
class Folder:
    """One IMAP mailbox, as LIST names it."""

    raw: bytes
    """The name on the wire, exactly as the server sent it; used in commands."""
    name: str
    """`raw` decoded (modified UTF-7, RFC 3501 5.1.3); undecodable bytes become visible escapes."""
    path: tuple[str, ...]
    """`name` split at the server's delimiter, without the personal namespace's prefix."""
    attributes: frozenset[str]
    """LIST attributes in lower case: `\\sent`, `\\drafts`, `\\noselect` … (RFC 6154, RFC 9051)."""
    status: FolderState | None = field(default=None, compare=False)
    """As of the LIST, where the server tells it in passing (RFC 5819); the same as `examine`'s.

    If it has a mod-sequence and equals an earlier one, nothing has happened in the folder since.
    Without a mod-sequence flags may have changed."""

    @property
    def selectable(self) -> bool:
        return not self.attributes & {"\\noselect", "\\nonexistent"}


@dataclass(frozen=True, slots=True)
class Provider:
    """A kind of server; `providers.toml` says what each one gets wrong."""

    id: str
    """`dovecot`, `exchange` … or `unknown`."""
    name: str
    """For people; empty when unknown."""
    ceiling: int | None = None
    """Messages of a folder that the server shows at most; older ones it hides."""


@dataclass(frozen=True, slots=True)
class FolderState:
    """What EXAMINE says of a folder."""

    uidvalidity: int
    exists: int
    uidnext: int | None = None
    highestmodseq: int | None = None
    """None where the folder keeps no mod-sequences (RFC 7162 3.1.2)."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One message as the scan sees it: everything but its body."""

    uid: int
    flags: frozenset[str]
    """As the server spells them, system flags in title case: `\\Seen`, `$Forwarded`."""
    internal_date: datetime | None
    """Aware. None when the server sends none or an impossible one."""
    size: int
    """RFC822.SIZE in bytes: a hint, wrong on several servers. 0 when missing."""
    email_id: str | None
    """EMAILID (RFC 8474), None where the server has no OBJECTID."""
    header: bytes
    """The header fields of `SCANNED_FIELDS`, raw."""
    parts: tuple[Part, ...] | None = None
    """The leaves of the message; None when they were not asked for or the server does not say."""


@dataclass(frozen=True, slots=True)
class Part:
    """One leaf of a BODYSTRUCTURE (RFC 9051 7.5.2)."""

    type: str
    """`application/zip`, in lower case."""
    filename: str | None
    """As the server gives it: the disposition's filename, else the type's name, RFC 2231 and RFC
    2047 forms decoded."""
    encoding: str
    """`base64`, `7bit` …, in lower case."""
    size: int
    """Octets as encoded."""


SCANNED_FIELDS = ("Message-ID", "References", "In-Reply-To", "Date", "From", "Subject", "Received")
"""What the scan asks for with BODY.PEEK[HEADER.FIELDS (…)]."""


@dataclass(frozen=True, slots=True)
class Flags:
    """The flags of messages of one folder now."""

    flags: Mapping[int, frozenset[str]]
    """UID → flags, spelled as in `Listed`: of all messages, or of those that are new or changed."""
    whole: bool
    """`flags` has every message of the folder: what it does not have is gone. If it is not whole
    and `vanished` is None, only `uids()` tells what is gone."""
    vanished: frozenset[int] | None = None
    """UIDs that are gone (RFC 7162 3.2.10; may name some that never were), None when not told."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """The answer for one UID: its bytes, or why the server refuses to hand them out."""

    uid: int
    body: Body | FetchRefused


class Source(Protocol):
    """One account at the source."""

    @property
    def provider(self) -> Provider:
        """What is known of this kind of server, by its greeting, capabilities and host."""

    @property
    def unlisted(self) -> tuple[str, ...]:
        """What of the last `folders()` could not be had, for people; empty when it is complete."""

    def folders(self) -> list[Folder]:
        """All folders of the namespaces that were asked for, parents first."""

    def examine(self, folder: Folder) -> FolderState:
        """Open `folder` read-only; the calls below then mean this folder. FolderRefused."""

    def uids(self) -> list[int]:
        """All UIDs of the open folder, ascending. FolderRefused when they can't be listed."""

    def flags(self, since: int | None = None) -> Flags:
        """Flags of the open folder's messages (FolderRefused): all, or, where the server keeps
        mod-sequences, only what changed after `since` (RFC 7162 3.1.4, 3.2.6).

        `since` is an earlier `highestmodseq` of the same folder at the same UIDVALIDITY; another
        UIDVALIDITY means other messages, for whose flags it must not be given. 0 is as None. A
        message whose flags the server keeps to itself is left out, and the answer is not whole.
        """

    def wait(self, seconds: float, stop: threading.Event) -> bool:
        """IDLE in the open folder (RFC 2177) until something happens there, `stop` is set or
        `seconds` have passed: whether something happened.

        False at once where there is no IDLE or the server refuses it; SourceLost when it hangs up.
        What happened since `examine` may have been told to a command in between: call `wait` right
        after `examine`, and compare its state.
        """

    def search(self, criteria: str) -> set[int]:
        """The UIDs of the open folder that match (RFC 9051 6.4.4, in the words of SEARCH).

        SourceError `source-search-refused` when the server does not understand the criteria,
        UsageError `source-search-invalid` for what is not one line of search keys.
        """

    def scan(self, uids: Sequence[int], *, structure: bool = False) -> Iterator[Listed]:
        """What `Listed` holds, for the given UIDs; a UID that has vanished yields nothing.

        `parts` only with `structure`: a server may have to read every message for it.
        """

    def fetch(self, wanted: Sequence[tuple[int, int]]) -> Iterator[Fetched]:
        """BODY.PEEK[] of (UID, size hint) pairs, in any order. Large ones come as spool files.

        A UID that has vanished meanwhile yields nothing.
        """

    def close(self) -> None:
        """Log out and free the connection; never raises."""
