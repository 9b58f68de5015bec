"""The plan's predictions against what became of the messages, from the ledger alone.

The scan stores of each message the first prediction (`message.predict` gives refusals first, then
what no repair can help, what may be refused, repairs, `accepted`). `judge` says whether the end is
one that this prediction, and those that were not stored behind it, leave room for:

- a refusal that is *certain*: Gmail refused the message for it, or for another fault that it may
  have as well (a message without From can hold a blocked attachment too); or its From was mended
  after Gmail had refused it.
- a refusal or an archive that is only *possible*: that refusal, or the message went in.
- a repair, `date-unknown`: the message went in, and that is what happened to it. Further repairs
  may have been expected behind it.
- `accepted`: the message went in without a repair.
- `message-id-shared`: as `accepted`, for it is about other messages of that id.
- `source-unreadable`: the source did not hand the message out.
- of the last two, while it is only *possible* that Gmail takes the message: an attachment that
  Gmail blocks, which no header shows.

Everything else is a surprise, also a refusal without a clear reason and a message that the source
unexpectedly does not hand out. Not judged is what has no end yet or was left out by a rule.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Subquery,
    and_,
    case,
    false,
    func,
    or_,
    select,
    true,
)

from migrate.explain import REFUSED_AS
from migrate.ledger.tables import account, folder, message, occurrence, repair
from migrate.report.document import Confirmed, Surprise

_REPAIRED = {
    "date_mended": ("Date", "date-repaired"),
    "id_mended": ("Message-ID", "message-id-repaired"),
    "from_mended": ("From", "from-repaired"),
}
_PARTS = {
    **dict.fromkeys(("from-missing", "from-several", "from-invalid", "empty"), "from"),
    "attachment-blocked": "attachment",
    "oversize": "size",
}
"""Refusal → what of a message it concerns: one of each can be true at the same time."""


@dataclass(frozen=True, slots=True)
class End:
    """What was expected of a message, and what is known of its end."""

    predicted: str
    certain: bool
    state: str
    """A class, or `skipped` for its size."""
    reason: str | None
    undated: bool = False
    """Gmail shows the day of the import."""
    date_mended: bool = False
    id_mended: bool = False
    from_mended: bool = False


_FACTS = ("predicted", "certain", "state", "reason", "undated", *_REPAIRED)


def judge(end: End) -> tuple[str, bool]:
    """(What happened, whether it agrees): a verdict, or an error's code where none says it."""
    if end.predicted == "message-id-shared":
        end = replace(end, predicted="accepted", certain=False)
    refused = end.state in ("quarantined", "skipped")
    return _refused(end) if refused else _taken(end)


def _taken(end: End) -> tuple[str, bool]:
    happened = ["date-unknown"] if end.undated else []
    happened += [verdict for name, (_, verdict) in _REPAIRED.items() if getattr(end, name)]
    happened = happened or ["accepted"]
    actual = end.predicted if end.predicted in happened else happened[0]
    if _PARTS.get(end.predicted) == "from" and end.from_mended:
        return "from-repaired", True
    if end.predicted in REFUSED_AS:
        return actual, not end.certain
    # Of several copies one that has a date was sent.
    return actual, actual == end.predicted or (end.predicted == "date-unknown" and end.date_mended)


def _refused(end: End) -> tuple[str, bool]:
    code = end.reason if end.state == "quarantined" else REFUSED_AS["oversize"]
    as_said = end.predicted in _PARTS and REFUSED_AS[end.predicted] == code
    known = (verdict for verdict in _PARTS if REFUSED_AS[verdict] == code)
    actual = end.predicted if as_said else next(known, str(code))
    if end.predicted == "source-unreadable" and actual.startswith("source-"):
        return end.predicted, True
    if end.predicted in _PARTS:
        return actual, as_said or _PARTS.get(actual, "") not in ("", _PARTS[end.predicted])
    excluded = end.predicted == "accepted" and end.certain
    return actual, actual == "attachment-blocked" and not excluded


def confirm(conn: Connection, ids: Sequence[int]) -> tuple[list[Confirmed], list[Surprise]]:
    """Of the accounts `ids`: how each verdict turned out, surprises first, and each surprise in
    the order of account, folder and UID."""
    ends = _ends(ids).c
    facts = [ends[name] for name in _FACTS]
    counted: Counter[tuple[str, str, bool]] = Counter()
    surprising = []
    for *values, count in conn.execute(select(*facts, func.count()).group_by(*facts)):
        actual, agrees = judge(End(*values))
        counted[values[0], actual, agrees] += count
        if not agrees:
            surprising.append(and_(*map(_same, facts, values)))
    confirmed = [
        Confirmed(verdict, actual, count, agrees)
        for (verdict, actual, agrees), count in counted.items()
    ]
    confirmed.sort(key=lambda each: (each.agrees, -each.count, each.verdict, each.actual))
    if not surprising:
        return confirmed, []
    found = conn.execute(
        select(ends.source_user, ends.name, ends.uid, *facts)
        .where(or_(*surprising))
        .order_by(ends.account_id, ends.name, ends.uid)
    )
    return confirmed, [
        Surprise(user, name, uid, values[0], judge(End(*values))[0])
        for user, name, uid, *values in found
    ]


def _same(column: ColumnElement[Any], value: object) -> ColumnElement[bool]:
    return column.is_not_distinct_from(value)


def _flag(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return case((condition, true()), else_=false())


def _ends(ids: Sequence[int]) -> Subquery:
    """What makes an `End` of each message that has one, and which message it is."""
    fixed = (
        select(
            repair.c.message_id,
            *(
                func.max(case((repair.c.field == field, 1), else_=0)).label(name)
                for name, (field, _) in _REPAIRED.items()
            ),
        )
        .group_by(repair.c.message_id)
        .subquery()
    )
    undated = and_(message.c.date.is_(None), message.c.draft_id.is_(None))
    return (
        select(
            occurrence.c.account_id,
            account.c.source_user,
            folder.c.name,
            occurrence.c.uid,
            occurrence.c.predicted,
            occurrence.c.certain,
            occurrence.c.state,
            occurrence.c.reason,
            _flag(undated).label("undated"),
            *(_flag(fixed.c[name] == 1).label(name) for name in _REPAIRED),
        )
        .select_from(occurrence)
        .join(folder, folder.c.id == occurrence.c.folder_id)
        .join(account, account.c.id == occurrence.c.account_id)
        .outerjoin(message, message.c.id == occurrence.c.message_id)
        .outerjoin(fixed, fixed.c.message_id == message.c.id)
        .where(
            occurrence.c.account_id.in_(ids),
            occurrence.c.predicted.is_not(None),
            occurrence.c.gone.is_(False),
            or_(
                occurrence.c.state.in_(["imported", "merged", "present", "quarantined"]),
                and_(occurrence.c.state == "skipped", occurrence.c.reason == "oversize"),
            ),
        )
        .subquery()
    )
