"""The certificate as one page: A4, no script, no external resource; see `report/page.py`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from migrate.ledger.verifications import Verification
from migrate.report.certificate.document import Certificate
from migrate.report.document import CLASSES, Document, Totals
from migrate.report.page import BAR, ROWS, bar, environment, style
from migrate.report.tables import Cell, Column, Kind, Table
from migrate.report.verdict import accounting
from migrate.report.words import equation, explain, iso, moment, number
from migrate.texts import Texts

RUNS = 12
"""The most runs that the page names."""

_KINDS: dict[str, Kind] = {
    **dict.fromkeys(("source", *CLASSES, "count"), "number"),
    **dict.fromkeys(("rule", "cause", "why", "started", "ended"), "prose"),
    "uid": "uid",
}


def render(made: Certificate, proof: Sequence[str], texts: Texts) -> str:
    """`proof`: the two digests; name and hash of the file of messages, and of the document."""
    whole = _whole(made)
    sheet, sheet_hash = style("page.css", "certificate.css")
    tone = {"complete": "good", "exceptions": "attention", "incomplete": "open"}[made.outcome]
    return (
        environment()
        .get_template("certificate.html.j2")
        .render(
            t=texts,
            made=made,
            tone=tone,
            title=texts(f"certificate.title.{made.outcome}"),
            headline=texts(
                f"certificate.headline.{made.outcome}",
                n=number(made.account.totals.source),
                away=number(made.account.totals.quarantined),
            ),
            lacks=list(_lacks(made, texts)),
            facts=list(_facts(made, texts)),
            equation=equation(whole, texts),
            sums=accounting(whole, texts),
            bar=bar(whole.totals.classes()),
            bar_width=BAR,
            classes=[(name, count) for name, count in whole.totals.classes() if count],
            tables=[each for each in _tables(made, texts) if each.rows],
            rows=ROWS,
            verified=list(_verified(made, texts)),
            since=list(_since(made, texts)),
            proof=proof,
            recipe=RECIPE.format(file=proof[2]),
            style=sheet,
            style_hash=sheet_hash,
        )
    )


RECIPE = """\
sha256sum '{file}'
python3 -c '
import hashlib, json, sys
digest = hashlib.sha256()
for line in open(sys.argv[1], encoding="utf-8"):
    m = json.loads(line)
    row = [m["folder"], str(m["uidvalidity"]), str(m["uid"]), m["sha256"] or ""]
    digest.update(("\\0".join(row) + "\\n").encode())
print(digest.hexdigest())
' '{file}'"""
"""As in `docs/json.md`; the names of our files need no more than quotes."""


def _whole(made: Certificate) -> Document:
    """The account as a report of its own: its sums are told and checked like any other's."""
    line = made.account
    complete = made.outcome == "complete"
    parts = "report", None, complete, line.totals, [line], iso(made.created), made.version
    return Document(*parts)


def _lacks(made: Certificate, texts: Texts) -> Iterator[str]:
    for each in made.lacks:
        state = explain("report.state", made.account.state, texts)
        yield texts(f"certificate.lack.{each.what}", n=number(each.count), state=state)
    if made.account.error:
        yield str(made.account.error["cause"])
        yield str(made.account.error["cure"])


def _facts(made: Certificate, texts: Texts) -> Iterator[tuple[str, str]]:
    def fact(name: str, value: str) -> tuple[str, str]:
        return texts(f"certificate.fact.{name}"), value

    yield fact("source_user", made.account.source_user)
    yield fact("target_user", made.account.target_user)
    yield fact("source", made.source or "–")
    yield fact("target", made.target or "–")
    if made.runs:
        ended = made.runs[-1].ended or made.runs[-1].started
        yield fact("first", moment(iso(made.runs[0].started), texts))
        yield fact("last", moment(iso(ended), texts))
    yield fact("created", moment(iso(made.created), texts))
    yield fact("version", f"mailhaul {made.version}")


def _tables(made: Certificate, texts: Texts) -> Iterator[Table]:
    totals = made.account.totals
    shown = [name for name in CLASSES if name != "pending" or totals.pending]

    def counts(of: Totals) -> list[int]:
        return [of.source, *(getattr(of, name) for name in shown)]

    def table(key: str, columns: Sequence[str], rows: Any, total: Sequence[Cell] = ()) -> Table:
        headings = [
            texts(f"report.class.{each}" if each in CLASSES else f"report.column.{each}")
            if each not in ("started", "ended", "run")
            else texts(f"certificate.column.{each}")
            for each in columns
        ]
        kinds = [_KINDS.get(each, "name") for each in columns]
        return Table(
            key,
            texts(f"certificate.table.{key}.title"),
            texts(f"certificate.table.{key}.lead"),
            [Column(*each) for each in zip(headings, kinds, strict=True)],
            list(rows),
            tuple(total),
        )

    yield table(
        "folders",
        ("folder", "label", "source", *shown),
        ((each.name, each.label, *counts(each.totals)) for each in made.account.folders),
        (texts("report.total"), None, *counts(totals)),
    )
    yield table(
        "skips",
        ("rule", "count"),
        ((explain("rules.skip", each.rule, texts), each.count) for each in made.skips),
    )
    yield table("causes", ("cause", "count"), ((each.cause, each.count) for each in made.causes))
    yield table(
        "exceptions",
        ("folder", "uid", "cause"),
        ((each.folder, each.uid, each.cause) for each in made.exceptions),
    )
    yield table(
        "repairs",
        ("field", "why", "count"),
        ((each.field, explain("rules.why", each.why, texts), each.count) for each in made.repairs),
    )
    yield table(
        "runs",
        ("run", "started", "ended", "count"),
        (
            (each.id, _at(each.started, texts), _at(each.ended, texts), each.messages)
            for each in made.runs[-RUNS:]
        ),
    )


def _at(seconds: float | None, texts: Texts) -> str | None:
    return None if seconds is None else moment(iso(seconds), texts)


def _verified(made: Certificate, texts: Texts) -> Iterator[str]:
    last, deep = made.verification, made.deep
    if last is None:
        yield texts("certificate.verified.never")
        return
    yield _verification(last, texts)
    if deep and deep != last:
        yield _verification(deep, texts)
    if not last.compared:
        yield texts("certificate.verified.unread")
    if made.since.brought:
        yield texts("certificate.verified.brought", n=number(made.since.brought))


def _verification(found: Verification, texts: Texts) -> str:
    return texts(
        f"certificate.verified.{'deep' if found.deep else 'plain'}",
        at=moment(iso(found.ended), texts),
        n=number(found.checked),
        differences=number(found.differences),
    )


def _since(made: Certificate, texts: Texts) -> Iterator[str]:
    """What its owner and the source did apart from the copy."""
    changed = max(made.since.touched, made.verification.changed if made.verification else 0)
    counts = {
        "touched": changed,
        "deleted": made.since.deleted,
        "kept": made.since.kept,
        "open": made.since.open,
    }
    for name, count in counts.items():
        if count:
            yield texts(f"certificate.since.{name}", n=number(count))
    if made.since.notice:
        yield texts("certificate.since.notice")
    elif not any(counts.values()):
        yield texts("certificate.since.nothing")
