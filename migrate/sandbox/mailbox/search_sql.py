"""A parsed `q` as a condition on the table `messages` (as `m`).

https://support.google.com/mail/answer/7190. Labels, dates and sizes read columns only; all else
reads `index.TABLE`.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from migrate.sandbox.mailbox import index
from migrate.sandbox.mailbox.label_names import SYSTEM, fold
from migrate.sandbox.mailbox.search import And, Node, Not, Or, Term, Unsupported, terms
from migrate.sandbox.mailbox.search_values import age, moment, size

FIELDS = {
    "": "sender recipient cc bcc subject body filename",
    "from": "sender",
    "to": "recipient cc bcc",  # schemas.FilterCriteria.to includes all three
    "cc": "cc",
    "bcc": "bcc",
    "subject": "subject",
    "filename": "filename",
    "deliveredto": "deliveredto",
    "list": "list",
}
PLACES = {"draft": "DRAFT", "drafts": "DRAFT", "chats": "CHAT", "bin": "TRASH"} | {
    each.lower(): each for each in SYSTEM
}
NOWHERE = frozenset({"snoozed", "muted", "scheduled"})
"""States that no API call can bring about, so that no message is in one."""
CATEGORIES = {"primary": "CATEGORY_PERSONAL"} | {
    each: f"CATEGORY_{each.upper()}" for each in ("social", "promotions", "updates", "forums")
}
ICON = re.compile(
    "(?:orange|red|purple|blue|green)-star|(?:red|yellow)-bang|orange-guillemet|green-check"
    "|blue-info|purple-question"
)
"""The API knows STARRED only, which is the yellow star."""


class Condition(NamedTuple):
    sql: str
    values: tuple[int | str, ...] = ()
    selects: bool = False
    """It names the ids of its messages, so that nobody has to look at the others."""
    reads_text: bool = False
    """It reads `index.TABLE`, which has to be filled."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Whose `q` it is, and when it is asked (ms since the epoch)."""

    db: sqlite3.Connection
    id: int
    owner: str
    now: int


def reveals(node: Node) -> frozenset[str]:
    """Which of SPAM and TRASH the query asks for by name: these are hidden otherwise."""
    found: set[str] = set()
    for term, wanted in terms(node):
        if wanted and term.operator in ("in", "is", "label"):
            name = term.value.lower()
            found |= {"SPAM", "TRASH"} if name == "anywhere" else {PLACES.get(name, "")}
    return frozenset(found) & {"SPAM", "TRASH"}


def condition(node: Node, mailbox: Mailbox) -> Condition:
    """Unsupported names the term that can't be translated."""
    match node:
        case Term(operator, value):
            try:
                if not value:
                    raise Unsupported
                return OPERATORS[operator](value, mailbox)
            except Unsupported as error:
                raise Unsupported(f"{operator}:{value}" if operator else value) from error
        case Not(part):
            return _not(condition(part, mailbox))
        case And(parts):
            return _joined(" AND ", [condition(each, mailbox) for each in parts], any)
        case Or(parts):
            return _joined(" OR ", [condition(each, mailbox) for each in parts], all)


def _joined(word: str, parts: list[Condition], selects: Callable[[list[bool]], bool]) -> Condition:
    return Condition(
        word.join(f"({each.sql})" for each in parts) or "1",
        tuple(value for each in parts for value in each.values),
        selects([each.selects for each in parts]),
        any(each.reads_text for each in parts),
    )


def _text(operator: str) -> Callable[[str, Mailbox], Condition]:
    def translate(value: str, mailbox: Mailbox) -> Condition:
        if value.lower() == "me" and operator in ("from", "to", "cc", "bcc", "deliveredto"):
            value = mailbox.owner
        return _indexed(FIELDS[operator], value)

    return translate


def _indexed(columns: str, text: str) -> Condition:
    words = index.words(text)
    if not words:  # punctuation only
        raise Unsupported
    found = f"m.id IN (SELECT rowid FROM {index.TABLE} WHERE {index.TABLE} MATCH ?)"  # noqa: S608
    return Condition(found, (f'{{{columns}}} : "{words}"',), True, True)


def _message_id(value: str, mailbox: Mailbox) -> Condition:
    name = value.removeprefix("<").removesuffix(">")
    if not name:
        raise Unsupported
    return Condition(
        "m.id IN (SELECT id FROM messages WHERE mailbox = ? AND message_id = ? AND NOT deleted)",
        (mailbox.id, name),
        True,
    )


def _labelled(*labels: str) -> Condition:
    """With any of these label ids."""
    sql = " OR ".join("instr(m.labels, ?) > 0" for _ in labels) or "0"
    return Condition(sql, tuple(f" {each} " for each in labels))


def _label(value: str, mailbox: Mailbox) -> Condition:
    """A label by name, in which spaces and slashes may be hyphens. An unknown name finds nothing,
    as in Gmail."""
    if (name := value.lower()) in PLACES:
        return _labelled(PLACES[name])
    rows = mailbox.db.execute("SELECT id, key FROM labels WHERE mailbox = ?", (mailbox.id,))
    wanted = _hyphened(fold(value))
    return _labelled(*(row["id"] for row in rows if _hyphened(row["key"]) == wanted))


def _hyphened(name: str) -> str:
    return name.translate({ord(" "): "-", ord("/"): "-"})


def _in(value: str, mailbox: Mailbox) -> Condition:
    match value.lower():
        case "anywhere":
            return Condition("1")
        case "archive":  # what counts as archived is not documented
            return _not(_labelled("INBOX", "SENT", "DRAFT", "CHAT", "SPAM", "TRASH"))
        case name if name in NOWHERE:
            return Condition("0")
    return _label(value, mailbox)


def _is(value: str, mailbox: Mailbox) -> Condition:
    match value.lower():
        case "read":
            return _not(_labelled("UNREAD"))
        case name if name in NOWHERE:
            return Condition("0")
        case name if name in PLACES:
            return _labelled(PLACES[name])
    raise Unsupported


def _has(value: str, mailbox: Mailbox) -> Condition:
    match value.lower():
        case "attachment":
            return _indexed("has", index.ATTACHMENT)
        case "userlabels":
            return _user_labelled()
        case "nouserlabels":
            return _not(_user_labelled())
        case "yellow-star":
            return _labelled("STARRED")
        case name if ICON.fullmatch(name):
            return Condition("0")
    raise Unsupported  # drive, document, spreadsheet, presentation, youtube


def _user_labelled() -> Condition:
    return Condition("instr(m.labels, ' Label_') > 0")


def _category(value: str, mailbox: Mailbox) -> Condition:
    if (name := value.lower()) not in CATEGORIES:  # reservations, purchases
        raise Unsupported
    return _labelled(CATEGORIES[name])


def _not(inner: Condition) -> Condition:
    return Condition(f"NOT ({inner.sql})", inner.values, reads_text=inner.reads_text)


def _compared(
    comparison: str, read: Callable[[str, Mailbox], int]
) -> Callable[[str, Mailbox], Condition]:
    return lambda value, mailbox: Condition(comparison, (read(value, mailbox),))


_after = _compared("m.date >= ?", lambda value, _: moment(value))
_before = _compared("m.date < ?", lambda value, _: moment(value))
_larger = _compared("m.size > ?", lambda value, _: size(value))
OPERATORS: dict[str, Callable[[str, Mailbox], Condition]] = {
    **{operator: _text(operator) for operator in FIELDS},
    "rfc822msgid": _message_id,
    "label": _label,
    "in": _in,
    "is": _is,
    "has": _has,
    "category": _category,
    "after": _after,
    "newer": _after,
    "before": _before,
    "older": _before,
    "newer_than": _compared("m.date > ?", lambda value, box: box.now - age(value)),
    "older_than": _compared("m.date < ?", lambda value, box: box.now - age(value)),
    "size": _larger,  # "messages larger than a certain size in bytes"
    "larger": _larger,
    "smaller": _compared("m.size < ?", lambda value, _: size(value)),
}
