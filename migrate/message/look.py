"""A look at the attachments of a message and into its archives: what Gmail may refuse."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from tempfile import SpooledTemporaryFile
from typing import IO, cast

from migrate.body import CHUNK, Body
from migrate.message import archives
from migrate.message.archives import Budget, Member
from migrate.message.attachments import ARCHIVES, BLOCKED, DOCUMENTED, OPAQUE, TARS, suffix
from migrate.message.mime import Part, parts
from migrate.message.names import names
from migrate.message.transfer import decoded

UNPACKED = 256 * 1024 * 1024
"""Bytes unpacked for one message at most."""
DEPTH = 8
"""Archives in archives; a .tar.gz counts twice."""
PLAIN_DEPTH = 50
"""Multiparts around a part; whether Gmail looks further inside is not known."""
_IN_MEMORY = 1024 * 1024


class Look:
    """What is found in one message."""

    def __init__(self) -> None:
        self.blocked = False
        self.sure = False
        """Whether Gmail's rule leaves no doubt about `blocked`."""
        self.unknown = False
        """There is an archive that could not be looked into, or not to its end."""
        self._budget = Budget(UNPACKED)

    def at(self, body: Body) -> None:
        """Every part, until there is no doubt any more."""
        for part in parts(body):
            sure = part.depth <= PLAIN_DEPTH
            for name in dict.fromkeys(names(part.header)):
                self._name(name, sure)
                if suffix(name) in ARCHIVES and not self.sure:
                    packed = partial(_spooled, _content(body, part))
                    self._inside(name, packed, DEPTH, sure and _as_google_writes(name))
            if self.sure:
                return

    def _name(self, name: str, sure: bool) -> None:
        kind = suffix(name)
        if kind in BLOCKED:
            self.blocked = True
            self.sure |= sure and _as_google_writes(name)
        self.unknown |= kind in OPAQUE

    def _inside(self, name: str, open_: Callable[[], IO[bytes]], depth: int, sure: bool) -> None:
        # To unpack a .tgz and to open the .tar in it is one step, for Google and for people.
        within = sure and suffix(name) in TARS
        try:
            with open_() as file:
                for each in archives.members(name, file, self._budget):
                    self._member(each, depth, sure, within)
                    if self.sure:
                        return
        except Exception:  # whatever the reader of a broken archive raises; also a full disk
            self.unknown = True

    def _member(self, member: Member, depth: int, sure: bool, within: bool) -> None:
        self._name(member.name, sure and not member.encrypted)
        if suffix(member.name) not in ARCHIVES:
            return
        if member.encrypted:  # "password-protected archives whose content is an archive"
            self.blocked = True
            self.sure |= sure and _as_google_writes(member.name)
        elif depth > 1:
            self._inside(member.name, partial(self._unpacked, member), depth - 1, within)
        else:
            self.unknown = True

    def _unpacked(self, member: Member) -> IO[bytes]:
        with member.open() as packed:
            return _spooled(archives.pieces(packed, self._budget))


def _as_google_writes(name: str) -> bool:
    """Whether a name ends as in Google's list: that Gmail ignores case is inferred, as is what it
    makes of other archives."""
    kind = suffix(name)
    return kind in BLOCKED | DOCUMENTED and name.endswith(kind)


def _content(body: Body, part: Part) -> Iterator[bytes]:
    encoding = b"".join(part.header.get("Content-Transfer-Encoding")[:1])
    return decoded(_pieces(body, part), encoding)


def _pieces(body: Body, part: Part) -> Iterator[bytes]:
    with body.open() as stream:
        stream.seek(part.start)
        left = part.stop - part.start
        while left > 0 and (piece := stream.read(min(left, CHUNK))):
            left -= len(piece)
            yield piece


def _spooled(pieces: Iterable[bytes]) -> IO[bytes]:
    file = cast("IO[bytes]", SpooledTemporaryFile(_IN_MEMORY))  # noqa: SIM115
    try:
        for piece in pieces:
            file.write(piece)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file
