"""The whole assessment of one answers file: a pure function of files and date."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from assess.answers import Answers
from assess.catalog.model import Catalog, Value
from assess.conditions import applies, counting
from assess.cost.costs import costs
from assess.fit import flips, relevance, verdict
from assess.fit.draws import sample, stream
from assess.fit.value import Model
from assess.fit.verdict import leaning
from assess.posture import posture
from assess.result import Assessment, Contribution, Costs, Criterion, Exclusion, Inputs

DRAWS = 10_000
COST_DRAWS = 2_000


@dataclass(frozen=True)
class Files:
    """What was read, as it was read, so that the result can be made again."""

    answers: str
    overrides: str | None
    catalog: str  # SHA-256 of our own files


def score(
    catalog: Catalog,
    answers: Answers,
    files: Files,
    *,
    today: date,
    draws: int = DRAWS,
    seed: int | None = None,
) -> Assessment:
    """Outcome, reasons, costs and posture. `seed`: that of another result, to compare with it."""
    values = counting(catalog.questions, answers.values)
    model = Model(catalog, answers.weights)
    seed = seed_of(values, answers.weights, files) if seed is None else seed
    sampled = sample(model, values, draws, seed)
    exclusions = model.pricing.exclusions(values)
    out = model.pricing.vetoes.out(exclusions)
    shifts = [sampled.by_answer(key) for key in sampled.picks]
    result = verdict.outcome(sampled.robustness, model.pricing.vetoes, exclusions, shifts)
    margin = model.margin(values)
    open_questions = {
        key
        for each in exclusions
        if each.state == "open"
        and (model.pricing.vetoes.blocking(each) or result == "need-more-information")
        for key, value in each.answers.items()
        if value is None
    }
    missed = verdict.missed(
        open_veto=bool(open_questions),
        evidenced=evidenced(model, answers, values),
        robustness=sampled.robustness,
    )
    money = costs(
        catalog, values, _reasons(exclusions), COST_DRAWS, stream(seed), today,
        chosen=model.pricing.edition(values),
    )  # fmt: skip
    return Assessment(
        schema=1,
        as_of=today,
        organisation=answers.organisation,
        outcome=result,
        leaning=leaning(margin, out),
        margin=margin,
        robustness=sampled.robustness,
        confidence="ABCD"[len(missed)],  # type: ignore[arg-type]
        confidence_failed=list(missed),
        share_to_stay=out.share,
        conflict=verdict.conflict(exclusions) if result == "no-feasible-option" else {},
        vetoes=list(dict.fromkeys(each.veto for each in exclusions if each.state == "holds")),
        exclusions=[*exclusions, *_warnings(model, values, exclusions, money)],
        tilt=model.tilt,
        contributions=_contributions(model, values),
        criteria=_criteria(model, values),
        histogram=sampled.histogram(),
        quantiles=list(sampled.quantiles()),
        flips=flips.answer_flips(model, answers.values),
        thresholds=flips.thresholds(model, values),
        ask_next=relevance.ask_next(model, values, sampled, open_questions),
        unanswered=[key for key in catalog.questions if key not in values],
        cost=money,
        posture=posture(catalog, values),
        inputs=Inputs(
            answers=files.answers,
            overrides=files.overrides,
            catalog=files.catalog,
            seed=str(seed),
            draws=draws,
        ),
    )


def seed_of(values: Mapping[str, Value], weights: Mapping[str, float], files: Files) -> int:
    """From what the result depends on, so nobody can choose it; notes and dates don't matter."""
    whole = [dict(values), dict(weights), files.catalog, files.overrides]
    canonical = json.dumps(whole, ensure_ascii=False, sort_keys=True).encode()
    return int.from_bytes(hashlib.sha256(canonical).digest()[:8], "big")


def evidenced(model: Model, answers: Answers, values: Mapping[str, Value]) -> float:
    """Share (0 to 1) of the weight that rests on answers that are measured or have evidence."""
    known = {key for key, each in answers.answers.items() if key in values and each.shown}
    found = 0.0
    for criterion, weight in model.weights.items():
        if criterion == model.cost:
            asked = model.catalog.questions
            spans = {
                key: 1.0
                for key in model.pricing.questions
                if applies(key, asked, values) is not False
            }
        else:
            spans = {t.question: _span(t.onprem, t.cloud) for t in model.terms
                     if t.criterion == criterion}  # fmt: skip
        whole = sum(spans.values())
        # A criterion that no answer moves needs no evidence.
        share = sum(spans[key] for key in spans.keys() & known) / whole if whole else 1.0
        found += weight / 100 * share
    return found


def _span(own: Mapping[str, float], hosted: Mapping[str, float]) -> float:
    differences = [hosted[key] - own[key] for key in own]
    return max(differences) - min(differences)


def _contributions(model: Model, values: Mapping[str, Value]) -> list[Contribution]:
    """The largest first."""
    found = [
        Contribution(
            question=key, answer=values.get(key), points=sum(points.values()), criteria=points
        )
        for key, points in model.contributions(values).items()
    ]
    return sorted(found, key=lambda each: (-abs(each.points), each.question))


def _criteria(model: Model, values: Mapping[str, Value]) -> list[Criterion]:
    return [
        Criterion(
            id=key,
            weight=model.weights[key],
            onprem=own,
            cloud=hosted,
            points=model.weights[key] / 100 * (hosted - own),
        )
        for key, (own, hosted) in model.values(values).items()
    ]


def _reasons(exclusions: list[Exclusion]) -> dict[str, list[str]]:
    """What is out -> the vetoes behind it."""
    found: dict[str, list[str]] = {}
    for each in exclusions:
        if each.state == "holds" and each.share is None:
            for excluded in each.excludes:
                found.setdefault(excluded, []).append(each.veto)
    return found


def _warnings(
    model: Model, values: Mapping[str, Value], held: list[Exclusion], money: Costs
) -> Iterator[Exclusion]:
    """Limits that are passed at the high end of the costs, though not in the middle."""
    known = {(each.veto, each.rule, *each.excludes) for each in held}
    for key, veto in model.catalog.vetoes.items():
        for number, limit in enumerate(veto.limits, len(veto.rules)):
            most = values.get(limit.answer)
            for plan in (each for each in money.plans if each.chosen):
                side = "onprem" if plan.id == "onprem" else "cloud"
                band = plan.start if limit.cost == "start" else plan.running
                if most is None or band.high <= float(most) or (key, number, side) in known:
                    continue
                yield Exclusion(
                    veto=key,
                    state="warning",
                    excludes=[side],
                    rule=number,
                    answers={limit.answer: most},
                )
