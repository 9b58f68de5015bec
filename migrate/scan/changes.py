"""What happened in one folder since the ledger last saw it."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from migrate.ledger import Ledger, scanning
from migrate.pieces import pieces
from migrate.scan.row import spelled
from migrate.source import FolderState, Source


@dataclass(frozen=True, slots=True)
class Changes:
    """UIDs ascend."""

    new: Sequence[int]
    gone: Sequence[int]
    flagged: Mapping[int, str]
    """UID → its flags, where they are others than the ledger has."""

    def __bool__(self) -> bool:
        return bool(self.new or self.gone or self.flagged)


def changes(source: Source, ledger: Ledger, folder_id: int, state: FolderState) -> Changes:
    """Of the folder that is open. Only what changed is read where the server can tell; its word is
    held against the number of messages, and if that does not add up, all UIDs are listed."""
    with ledger.read() as conn:
        count, seen = scanning.standing(conn, folder_id)
    if not count and not seen:
        return Changes(array("Q", source.uids()), (), {})  # a million as objects take 40 MB
    since = (seen or {}).get("highestmodseq") if state.highestmodseq else None
    found = source.flags(since)
    if not found.whole and since:
        told = _told(ledger, folder_id, found.flags, found.vanished or ())
        if count + len(told.new) - len(told.gone) == state.exists:
            return told
    there = sorted(found.flags) if found.whole else source.uids()
    with ledger.read() as conn:
        return differences(there, scanning.known_flags(conn, folder_id), found.flags)


def differences(
    there: Sequence[int], known: Iterator[tuple[int, str]], flags: Mapping[int, frozenset[str]]
) -> Changes:
    """Between the UIDs that the source has and the (UID, flags) of the ledger; both ascend."""
    new: list[int] = []
    gone: list[int] = []
    flagged: dict[int, str] = {}
    old = next(known, None)
    for uid in there:
        while old is not None and old[0] < uid:
            gone.append(old[0])
            old = next(known, None)
        if old is None or old[0] != uid:
            new.append(uid)
            continue
        if uid in flags and (now := spelled(flags[uid])) != old[1]:
            flagged[uid] = now
        old = next(known, None)
    while old is not None:
        gone.append(old[0])
        old = next(known, None)
    return Changes(new, gone, flagged)


def _told(
    ledger: Ledger,
    folder_id: int,
    flags: Mapping[int, frozenset[str]],
    vanished: Collection[int],
) -> Changes:
    """What the server says, against the few rows that it concerns."""
    new: list[int] = []
    gone: list[int] = []
    flagged: dict[int, str] = {}
    with ledger.read() as conn:
        for piece in pieces(sorted(flags)):
            known = scanning.flags_of(conn, folder_id, piece)
            new += [uid for uid in piece if uid not in known]
            for uid, before in known.items():
                if (now := spelled(flags[uid])) != before:
                    flagged[uid] = now
        for piece in pieces(sorted(vanished)):
            gone += sorted(scanning.flags_of(conn, folder_id, piece))
    return Changes(new, gone, flagged)
