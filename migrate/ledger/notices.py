"""The notice to an account's owner: whether it is due, what it tells, whether it was brought."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import Connection, func, insert, or_, select, update

from migrate.ledger import held, totals
from migrate.ledger.tables import folder, notice, occurrence

VIRTUAL = "virtual"
"""The rule that leaves out a folder which only shows what lies in others."""


@dataclass(frozen=True, slots=True)
class Notice:
    number: int
    """How many notices of this account an undo took back."""
    begun: bool
    """It was about to be sent, or is there."""
    history_id: str | None
    """Gmail's before it was sent."""
    gmail_id: str | None
    """None: not there, as far as we know."""


@dataclass(frozen=True, slots=True)
class Told:
    """What became of an account, for its owner."""

    source: int
    here: int
    copies: int
    """Of those that are here: identical ones, which Gmail holds once."""
    left_out: dict[str, int]
    """Rule → messages. Without those of folders that only show what lies in others."""
    quarantined: int
    places: list[tuple[str, str]]
    """(Folder, label) of what is copied, by folder."""


def known(conn: Connection, account_id: int) -> Notice:
    columns = notice.c.number, notice.c.run_id, notice.c.history_id, notice.c.gmail_id
    row = conn.execute(select(*columns).where(notice.c.account_id == account_id)).first()
    if row is None:
        return Notice(0, False, None, None)
    return Notice(row.number, row.run_id is not None, row.history_id, row.gmail_id)


def due(conn: Connection, account_id: int, *, follows: bool) -> bool:
    """Whether everything of the account has come to its end, and its owner has not been told.

    `follows`: what changed at the source is brought over, too.
    """
    return not (
        known(conn, account_id).gmail_id
        or totals.open_count(conn, account_id)
        or held.unopened(conn, account_id)
        or (follows and held.waiting(conn, account_id))
    )


def intend(conn: Connection, account_id: int, run_id: str, history_id: str | None) -> None:
    """It goes out now."""
    row = {"run_id": run_id, "history_id": history_id}
    mine = update(notice).where(notice.c.account_id == account_id)
    if not conn.execute(mine.values(**row)).rowcount:
        conn.execute(insert(notice).values(account_id=account_id, number=0, **row))


def brought(conn: Connection, account_id: int, gmail_id: str | None) -> None:
    """It is in Gmail; None: it certainly is not, and is to be sent another time."""
    found = {"gmail_id": gmail_id} if gmail_id else {"run_id": None, "history_id": None}
    conn.execute(update(notice).where(notice.c.account_id == account_id).values(**found))


def of_run(conn: Connection, account_id: int, run_id: str) -> str | None:
    """Gmail's id of the notice that `run_id` brought."""
    mine = (notice.c.account_id == account_id, notice.c.run_id == run_id)
    return conn.scalar(select(notice.c.gmail_id).where(*mine))


def removed(conn: Connection, account_id: int) -> None:
    """An undo took it back. The next one gets another Message-ID, or Gmail would merge it into the
    one in Trash."""
    values = {"number": notice.c.number + 1, "run_id": None, "history_id": None, "gmail_id": None}
    conn.execute(update(notice).where(notice.c.account_id == account_id).values(**values))


def tell(conn: Connection, account_id: int) -> Told:
    states: Counter[str] = Counter()
    for counts in totals.by_folder(conn, account_id).values():
        states.update({state: count.messages for state, count in counts.items()})
    there = (folder.c.account_id == account_id, folder.c.gone.is_(False))
    left_out: Counter[str] = Counter()
    rules = select(folder.c.rule, func.sum(folder.c.listed)).where(*there, folder.c.rule != VIRTUAL)
    single = select(occurrence.c.reason, func.count()).where(
        occurrence.c.account_id == account_id,
        occurrence.c.state == "skipped",
        occurrence.c.gone.is_(False),
    )
    for rule, count in (
        *conn.execute(rules.group_by(folder.c.rule)),
        *conn.execute(single.group_by(occurrence.c.reason)),
    ):
        left_out[rule] += count
    places = (
        select(folder.c.name, folder.c.label)
        .where(*there, folder.c.rule.is_(None), or_(folder.c.label != "", folder.c.system))
        .order_by(folder.c.name)
    )
    return Told(
        source=sum(count for state, count in states.items() if state != "skipped")
        + left_out.total(),
        here=states["imported"] + states["merged"] + states["present"],
        copies=states["merged"],
        left_out={rule: count for rule, count in sorted(left_out.items()) if count},
        quarantined=states["quarantined"],
        places=[(name, label) for name, label in conn.execute(places) if label],
    )
