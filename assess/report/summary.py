"""Page one, for whoever decides: the outcome and why, what would change it, what is unknown."""

from __future__ import annotations

from typing import Literal

from assess import words
from assess.report.paper import Ask, Barrier, Change, Money, Reason, Summary
from assess.report.view import View, plan_side
from assess.result import Contribution, Flip, Plan, Threshold

DECIDED = ("cloud", "on-prem", "hybrid")
REASONS = 3
CHANGES = 4
ASKED = 5


def summary(view: View) -> Summary:
    result = view.result
    side = result.leaning or ("cloud" if result.margin > 0 else "on-prem")
    towards = 1 if side == "cloud" else -1
    ranked = sorted(result.contributions, key=lambda each: -each.points * towards)
    speak_for = [each for each in ranked[:REASONS] if each.points * towards > 0]
    contrary = ranked[-1] if ranked and ranked[-1].points * towards < 0 else None
    return Summary(
        tone=_tone(view),
        outcome=_outcome(view),
        lead=lead(view),
        conflict=[(view.question(q), view.answer(q, a)) for q, a in result.conflict.items()],
        figures=_figures(view),
        reasons_title=view.say(
            "page.reasons" if result.outcome in DECIDED else "page.speaks_for", side=view.side(side)
        ),
        reasons=[_reason(view, each) for each in speak_for],
        against=_reason(view, contrary) if contrary else None,
        barriers=_barriers(view),
        changes=changes(view),
        money=[_money(view, plan) for plan in view.plans],
        confidence=[view.say(f"failed.{each}") for each in result.confidence_failed]
        or [view.say("failed.none")],
        unknown=_unknown(view),
        ask=[
            Ask(
                who=_whom(view, each.question),
                question=view.question(each.question),
                matters=view.say(
                    "swing_veto" if each.veto else "swing", points=words.number(each.swing, 1)
                ),
            )
            for each in result.ask_next[:ASKED]
        ],
    )


def _tone(view: View) -> Literal["cloud", "onprem", "open", "stop"]:
    match view.result.outcome:
        case "cloud":
            return "cloud"
        case "on-prem" | "hybrid":
            return "onprem"
        case "no-feasible-option":
            return "stop"
        case _:
            return "open"


def _outcome(view: View) -> str:
    result = view.result
    # Hybrid means that the others go to the cloud, also if the middle values were to differ.
    ahead = "cloud" if result.outcome == "hybrid" else result.leaning
    against = {"cloud": -result.margin, "on-prem": result.margin}.get(result.outcome, 0.0)
    only = "_only" if against > 0 else ""
    return view.say(
        f"outcome.{result.outcome}{only}",
        side=view.side(ahead or "none"),
        share=view.percent(result.share_to_stay or 0),
    )


def lead(view: View) -> str:
    """The robustness, in words that promise no more than it is."""
    side, share = _ahead(view)
    return view.say(
        "robustness",
        side=view.side(side),
        share=view.percent(share),
        draws=words.number(view.result.inputs.draws),
        margin=words.points(view.result.margin),
    )


def _ahead(view: View) -> tuple[str, float]:
    """The side that is ahead in most draws, and in which share of them."""
    cloud = view.result.robustness
    return ("cloud", cloud) if cloud >= 0.5 else ("onprem", 1 - cloud)


def _figures(view: View) -> list[tuple[str, str, str]]:
    result = view.result
    low, _, high = result.quantiles
    side, share = _ahead(view)
    return [
        (
            view.say("figure.margin"),
            words.points(result.margin),
            view.say("figure.margin_note", low=words.points(low), high=words.points(high)),
        ),
        (
            view.say("figure.robustness"),
            view.percent(share),
            view.say(
                "figure.robustness_note",
                draws=words.number(result.inputs.draws),
                side=view.side(side),
            ),
        ),
        (
            view.say("figure.confidence"),
            result.confidence,
            view.say(f"figure.confidence_{result.confidence}"),
        ),
    ]


def _reason(view: View, each: Contribution) -> Reason:
    return Reason(
        question=view.question(each.question),
        answer=view.answer(each.question, each.answer),
        points=words.points(each.points),
        why=view.reason(each.question, each.criteria),
    )


def _barriers(view: View) -> list[Barrier]:
    """Vetoes that hold and take out more than an edition.

    Single editions are for the costs, unless together they leave no cloud at all.
    """
    held = [each for each in view.result.exclusions if each.state == "holds"]
    out = {target for each in held for target in each.excludes}
    clouds = [each.id for each in view.result.cost.plans if each.id != "onprem"]
    none_left = all({each, each.partition("/")[0]} & out for each in clouds)
    return [
        Barrier(
            cause=view.cause(each),
            effect=view.say(
                "excluded" if each.share is None else "excluded_share",
                what=view.joined([view.target(target) for target in each.excludes]),
                share=view.percent(each.share or 0),
            ),
            lift=view.text(view.catalog.vetoes[each.veto].lift),
        )
        for each in held
        if none_left or not any("/" in target for target in each.excludes)
    ]


def changes(view: View, most: int = CHANGES) -> list[Change]:
    """What would turn the result: answers first, then weights and prices."""
    result = view.result
    found = [_flip(view, each) for each in result.flips[:most]]
    found += [Change([], _threshold(view, each)) for each in result.thresholds[: most - len(found)]]
    return found or [Change([], view.say("change.none"))]


def _flip(view: View, flip: Flip) -> Change:
    if flip.vetoes:
        key = "veto" if flip.leaning else "stop"
    else:
        ahead = "cloud" if flip.margin > 0 else "on-prem"
        key = "flip" if view.result.leaning and flip.leaning == ahead else "feasible"
    return Change(
        [(view.question(each), view.answer(each, value)) for each, value in flip.answers.items()],
        view.say(
            f"change.{key}",
            margin=words.points(flip.margin),
            side=view.side(flip.leaning or "none"),
            vetoes=view.joined([view.text(view.catalog.vetoes[each].name) for each in flip.vetoes]),
        ),
    )


def _threshold(view: View, each: Threshold) -> str:
    if each.kind == "weight":
        what, unit = view.catalog.criteria[each.id].name, ""
    else:
        row = view.catalog.costs[each.id]
        what, unit = row.name, view.text(row.unit)
    return view.say(
        f"change.{each.kind}",
        what=view.text(what),
        now=words.amount(each.now),
        at=words.amount(each.at),
        unit=unit,
    )


def _unknown(view: View) -> str:
    missing = [each for each in view.asked if each in view.result.unanswered]
    key = "unknown" if view.result.ask_next else "unknown_rest" if missing else "unknown_none"
    return view.say(key, n=len(missing), all=len(view.asked))


def _money(view: View, plan: Plan) -> Money:
    band = plan.per_mailbox_month
    return Money(
        side=plan_side(plan),
        name=view.plan_name(plan.id),
        mid=view.yen(band.mid),
        dollars=view.dollars(band.mid),
        band=view.say("band", low=view.yen(band.low), high=view.yen(band.high)),
        start=view.say(
            "start_cost", yen=view.large(plan.start.mid), dollars=view.dollars(plan.start.mid)
        ),
    )


def _whom(view: View, question: str) -> str:
    asked = view.catalog.questions[question]
    return view.say("whom", role=view.say(f"role.{asked.role}"), who=view.text(asked.who))
