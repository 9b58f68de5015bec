"""How safe mail is today; it says nothing about where mail should live."""

from __future__ import annotations

from assess.catalog.model import Finding
from assess.report.charts import mail_path
from assess.report.charts.mail_path import Hop
from assess.report.charts.svg import Caption
from assess.report.paper import Block, Cell, Column, Figure, Heading, Prose, Section, Table
from assess.report.view import View
from assess.result import PostureFinding

SEVERITIES = ("high", "medium", "low", "unknown", "ok")

# Hop -> the question that tells its state today, who owns it on-premises and in a cloud.
_HOPS = {
    "sender": (None, "outside", "outside"),
    "filter": ("filter", "you", "both"),
    "mailbox": ("platform", "you", "provider"),
    "reader": ("mfa", "you", "you"),
}


def section(view: View) -> Section:
    posture = view.result.posture
    blocks: list[Block] = [
        _counts(view),
        Heading(view.say("posture.path")),
        _path(view),
    ]
    for measure, named in view.catalog.measures.items():
        found = [
            each for each in posture.findings if view.catalog.checks[each.check].measure == measure
        ]
        if found:
            blocks += [Heading(view.text(named.name)), _findings(view, found)]
    if any(each.raised for each in posture.findings):
        blocks.append(Prose(view.say("posture.raised")))
    return Section("posture", view.say("posture.title"), view.say("posture.lead"), blocks)


def _counts(view: View) -> Table:
    """The two classes of risk, and how many findings bear on each risk."""
    rows: list[list[str | Cell]] = []
    for kind in ("external", "internal"):
        for key, risk in view.catalog.risks.items():
            if risk.kind == kind:
                counts = view.result.posture.by_risk.get(key, {})
                rows.append(
                    [
                        Cell(view.text(risk.name), more=view.text(risk.text)),
                        view.say(f"posture.{kind}"),
                        *(_count(counts.get(severity, 0)) for severity in SEVERITIES),
                    ]
                )
    return Table(
        view.say("posture.counts"),
        [
            Column(view.say("posture.risk"), "wide"),
            Column(view.say("posture.class"), "short"),
            *(Column(view.say(f"severity.{each}"), "number") for each in SEVERITIES),
        ],
        rows,
    )


def _count(count: int) -> Cell:
    return Cell(str(count)) if count else Cell("0", "soft")


def _findings(view: View, found: list[PostureFinding]) -> Table:
    return Table(
        "",
        [
            Column(view.say("posture.severity")),
            Column(view.say("posture.finding"), "wide"),
            Column(view.say("posture.first"), "wide"),
            Column(view.say("posture.owner_onprem")),
            Column(view.say("posture.owner_cloud")),
        ],
        [_finding(view, each) for each in found],
    )


def _finding(view: View, each: PostureFinding) -> list[str | Cell]:
    check = view.catalog.checks[each.check]
    words = stated(view, each)
    why = view.text(words.why) if words and words.why else ""
    first = view.text(words.first) if words and words.first else "–"
    if not words:
        asked = view.catalog.questions[check.question]
        first = view.say("posture.ask", who=view.text(asked.who))
    title = view.text(words.title) if words else view.say("posture.unknown")
    severity = view.say(f"severity.{each.severity}") + ("*" if each.raised else "")
    return [
        Cell(severity, each.severity),
        Cell(view.say("posture.item", item=view.text(check.item), title=title), more=why),
        first,
        view.say(f"owner.{each.owner['onprem']}"),
        view.say(f"owner.{each.owner['cloud']}"),
    ]


def stated(view: View, each: PostureFinding) -> Finding | None:
    """What the catalogue says of the answer; None while it is unknown."""
    check = view.catalog.checks[each.check]
    if each.answer is None or each.severity == "unknown":
        return None
    if check.ranges:
        number = float(each.answer)
        return next((finding for span, finding in check.ranges if span.holds(number)), None)
    return check.findings.get(str(each.answer))


def _path(view: View) -> Figure:
    lanes = []
    for world, place in (("onprem", 1), ("cloud", 2)):
        hops = []
        for hop, owners in _HOPS.items():
            owner = owners[place]
            side = {"you": "onprem", "provider": "cloud", "both": "cloud"}.get(str(owner))
            hops.append(
                Hop(
                    view.say(f"hop.{hop}.{world}"),
                    view.say("owned", owner=view.say(f"owner.{owner}")),
                    side,  # type: ignore[arg-type]
                )
            )
        lanes.append((view.say(f"name.{world}"), hops))
    table = Table(
        view.say("path.caption"),
        [
            Column(view.say("path.hop")),
            Column(view.say("name.onprem")),
            Column(view.say("name.cloud")),
            Column(view.say("path.today"), "wide"),
        ],
        [
            [
                view.say(f"hop.{hop}.name"),
                view.say(f"owner.{onprem}"),
                view.say(f"owner.{cloud}"),
                view.said({question: view.answers.values.get(question)}) if question else "–",
            ]
            for hop, (question, onprem, cloud) in _HOPS.items()
        ],
    )
    caption = Caption("path", view.say("path.title"), view.say("path.description"))
    return Figure(mail_path(lanes, caption), view.say("path.note"), table)
