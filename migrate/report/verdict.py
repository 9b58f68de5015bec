"""What a document comes to: one headline, the facts below it, and whether its sums close."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from migrate.report.document import REFUSALS, AccountLine, Document, Totals
from migrate.report.words import duration, equation, number, size
from migrate.shown import visible
from migrate.texts import Texts

PLACES = 20
"""The most places to name where the sums do not close."""

Tone = Literal["good", "plan", "attention", "open"]


@dataclass(frozen=True, slots=True)
class Verdict:
    tone: Tone
    headline: str
    facts: list[str]


def failures(document: Document) -> list[AccountLine]:
    return [account for account in document.accounts if account.error]


def unopened(document: Document) -> int:
    """How many folders the source did not open."""
    return sum(len(account.refused) for account in document.accounts)


def unbalanced(document: Document, texts: Texts) -> list[str]:
    """Where the accounting does not close or the parts do not sum to their whole."""
    found = []
    whole = document.totals
    if not whole.closed or Totals.sum(line.totals for line in document.accounts) != whole:
        found.append(texts("report.accounting.whole"))
    for account in document.accounts:
        # An account that was never listed has no folders to sum.
        parts = Totals.sum(folder.totals for folder in account.folders)
        if not account.totals.closed or (account.folders and parts != account.totals):
            found.append(visible(account.source_user))
        found += [
            visible(f"{account.source_user} {folder.name}")
            for folder in account.folders
            if not folder.totals.closed
        ]
    return found


def accounting(document: Document, texts: Texts) -> str:
    """One sentence: the sums close everywhere, or where they do not."""
    where = unbalanced(document, texts)
    if not where:
        return texts("report.accounting.closed")
    return texts("report.accounting.open", where=", ".join(where[:PLACES]))


def _headline(document: Document, texts: Texts) -> tuple[Tone, str]:
    """The tone and key of the worst that applies, in the order of the exit codes."""
    totals = document.totals
    ladder: list[tuple[object, Tone, str]] = [
        (unbalanced(document, texts), "open", "unbalanced"),
        (document.command == "plan", "plan", "plan"),
        (failures(document), "open", "failed"),
        (totals.pending, "open", "pending"),
        (document.differences, "attention", "differences"),
        (unopened(document), "attention", "refused"),
        (totals.quarantined, "attention", "quarantined"),
        (not document.complete and _unfinished(document), "open", "unfinished"),
        (not document.complete, "open", "incomplete"),
        (document.checked is not None, "good", "checked"),
        (not totals.source, "good", "empty"),
    ]
    return next(((tone, key) for holds, tone, key in ladder if holds), ("good", "complete"))


def _unfinished(document: Document) -> int:
    return sum(account.state != "done" for account in document.accounts)


def _facts(document: Document, texts: Texts) -> Iterator[tuple[str, str]]:
    """Key and sentence of all that can be said."""
    totals, planned = document.totals, document.command == "plan"
    refused = [
        line.count for line in document.predicted or [] if line.verdict in REFUSALS and line.certain
    ]
    if document.target_consulted is not None:
        key = "target_consulted" if document.target_consulted else "target_not_consulted"
        yield key, texts(f"report.fact.{key}")
    if planned:
        params = {"n": number(totals.pending), "source": number(totals.source)}
        yield "to_do", texts("report.fact.to_do", **params)
    counted = {
        "failed": len(failures(document)),
        "refused": unopened(document),
        "refusals": sum(refused),
        "pending": 0 if planned else totals.pending,
        "quarantined": totals.quarantined,
        "checked": document.checked,
        "differences": len(document.differences or ()),
        "repairs": len(document.repairs or ()),
        "renames": len(document.renames or ()),
    }
    accounts = number(len(document.accounts))
    for key, count in counted.items():
        if count:
            yield key, texts(f"report.fact.{key}", n=number(count), accounts=accounts)
    yield from _followed(document, texts)
    yield from _compared(document, texts)
    if document.units is not None and document.seconds is not None:
        time, volume = duration(document.seconds, texts), size(document.bytes or 0)
        units = number(document.units)
        yield "estimate", texts("report.fact.estimate", time=time, units=units, bytes=volume)


def _followed(document: Document, texts: Texts) -> Iterator[tuple[str, str]]:
    """One line of what followed the source, and one of what can't."""
    done = document.followed
    if done and any((done.labels, done.trashed, done.untrashed, done.deleted, done.kept)):
        changed = number(done.labels + done.trashed + done.untrashed)
        deleted, kept = number(done.deleted), number(done.kept)
        yield (
            "followed",
            texts("report.fact.followed", changed=changed, deleted=deleted, kept=kept),
        )
    if done and done.open:
        yield "unfollowed", texts("report.fact.unfollowed", n=number(done.open))


def _compared(document: Document, texts: Texts) -> Iterator[tuple[str, str]]:
    """What came of the predictions, and what a plan has that another one had not."""
    ended = number(sum(line.count for line in document.confirmed or ()))
    if document.surprises:
        n = number(len(document.surprises))
        yield "surprises", texts("report.fact.surprises", n=n, all=ended)
    elif document.confirmed:
        yield "confirmed", texts("report.fact.confirmed", n=ended)
    if document.changes:
        yield "changes", texts("report.fact.changes", n=number(len(document.changes)))
    elif document.changes is not None:
        yield "no_changes", texts("report.fact.no_changes")


def verdict(document: Document, texts: Texts) -> Verdict:
    """The headline and, below it, what it does not say already; then the document's notes."""
    tone, key = _headline(document, texts)
    counts = {
        "failed": len(failures(document)),
        "pending": document.totals.pending,
        "differences": len(document.differences or ()),
        "quarantined": document.totals.quarantined,
        "refused": unopened(document),
        "unfinished": _unfinished(document),
        "checked": document.checked or 0,
    }
    headline = texts(
        f"report.headline.{key}",
        n=number(counts.get(key, 0)),
        source=number(document.totals.source),
        accounts=number(len(document.accounts)),
    )
    told = {key} - {"quarantined"}  # its fact says more than the headline
    facts = [sentence for name, sentence in _facts(document, texts) if name not in told]
    return Verdict(tone, headline, facts + [visible(note) for note in document.notes])


def summary(document: Document, texts: Texts) -> list[str]:
    """At most ten short lines for the terminal: the headline, the equation, then the facts."""
    said = verdict(document, texts)
    return [said.headline, equation(document, texts), *said.facts][:10]
