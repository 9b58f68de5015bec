"""What must hold for any answers at all."""

from __future__ import annotations

from datetime import date
from functools import cache
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assess.answers import Answer, Answers
from assess.catalog import Catalog, load
from assess.catalog.model import Points, Sides, Value
from assess.conditions import both, counting, holds
from assess.explanation import explanation
from assess.fit.draws import options, sample, stream
from assess.fit.flips import answer_flips, price_thresholds, stands, weight_thresholds
from assess.fit.relevance import relevant
from assess.fit.score import Files, evidenced, score, seed_of
from assess.fit.value import Model
from assess.fit.verdict import decide, infeasible, leaning
from assess.fit.vetoes import Out
from assess.reading import read
from assess.report import to_json
from assess.result import Assessment

DAY = date(2026, 11, 24)
FILES = Files("", None, "0" * 64)


@cache
def model() -> Model:
    return Model(load())


def some_answers(catalog: Catalog) -> st.SearchStrategy[dict[str, Value]]:
    """Any of the questions that have options or plausible numbers, answered anyhow."""
    return st.fixed_dictionaries(
        {},
        optional={
            key: st.sampled_from(options(question))
            for key, question in catalog.questions.items()
            if options(question)
        },
    )


anyhow = some_answers(load())


def assess(values: dict[str, Value], *, draws: int = 400, weights: dict[str, float] | None = None,
           catalog: Catalog | None = None) -> Assessment:  # fmt: skip
    answers = Answers(None, {key: Answer(value=v) for key, v in values.items()}, weights or {})
    return score(catalog or model().catalog, answers, FILES, today=DAY, draws=draws)


@given(anyhow)
def test_the_contributions_and_the_tilt_are_the_margin(values: dict[str, Value]) -> None:
    points = [p for c in model().contributions(values).values() for p in c.values()]
    assert abs(model().tilt + sum(points) - model().margin(values)) < 1e-9


@given(anyhow)
def test_values_and_margin_keep_to_their_bounds(values: dict[str, Value]) -> None:
    sides = [each for pair in model().values(values).values() for each in pair]
    assert all(-1e-9 <= each <= 100 + 1e-9 for each in sides)
    assert -100 <= model().margin(values) <= 100


@given(anyhow, st.integers(0, 2**32))
@settings(max_examples=20)
def test_every_draw_keeps_to_its_bounds(values: dict[str, Value], seed: int) -> None:
    drawn = sample(model(), values, 50, seed)
    assert all(-100 <= each <= 100 for each in drawn.margins)
    assert sum(drawn.histogram()) == 50


TOWARDS_ONPREM = ("fte", "cover", "bus", "filter", "logs", "backup")
TOWARDS_CLOUD = ("patch", "outage", "uplink", "remote")
"""Questions whose options go one way: more staff can't speak for the cloud, and so on.

A second site is none of them: it makes own mail safer and dearer."""


@pytest.mark.parametrize(
    ("question", "towards"),
    [*((each, -1) for each in TOWARDS_ONPREM), *((each, 1) for each in TOWARDS_CLOUD)],
)
@given(values=anyhow)
@settings(max_examples=25)
def test_more_of_it_never_moves_the_margin_the_wrong_way(
    question: str, towards: int, values: dict[str, Value]
) -> None:
    ids = model().catalog.questions[question].ids
    margins = [model().margin({**values, question: each}) for each in ids]
    assert all((b - a) * towards >= -1e-9 for a, b in pairwise(margins))


@pytest.mark.parametrize("row", ["gws_enterprise", "gws_plus", "gws_standard", "gws_starter"])
@given(values=anyhow, share=st.floats(0.1, 0.9))
@settings(max_examples=25)
def test_a_cheaper_cloud_never_speaks_for_on_premises(
    row: str, values: dict[str, Value], share: float
) -> None:
    cheaper = {**model().pricing.prices, row: model().pricing.prices[row] * share}
    margin = model().margin(values, model().pricing.priced(values, cheaper))
    assert margin >= model().margin(values) - 1e-9


def swapped(catalog: Catalog) -> Catalog:
    """Every table with the sides exchanged; costs aside, for they are formulas."""
    criteria = {}
    for key, each in catalog.criteria.items():
        base = each.base and Sides(onprem=each.base.cloud, cloud=each.base.onprem)
        answers = {
            question: Points(onprem=p.cloud, cloud=p.onprem, reason=p.reason)
            for question, p in each.answers.items()
        }
        weight = 0.0 if each.worst_yen is not None else each.weight
        update = {"base": base, "answers": answers, "weight": weight}
        criteria[key] = each.model_copy(update=update)
    return catalog.model_copy(update={"criteria": criteria})


@cache
def without_costs() -> Model:
    """The weight of the costs is 0, as it is in what is `swapped`."""
    catalog = load()
    update = {"weight": 0.0}
    criteria = {
        key: each.model_copy(update=update) if each.worst_yen else each
        for key, each in catalog.criteria.items()
    }
    return Model(catalog.model_copy(update={"criteria": criteria}))


@cache
def exchanged() -> Model:
    return Model(swapped(load()))


@given(anyhow)
def test_exchanging_the_sides_negates_the_margin(values: dict[str, Value]) -> None:
    assert exchanged().margin(values) == pytest.approx(-without_costs().margin(values))


def test_nothing_answered_needs_more_information() -> None:
    found = assess({})
    assert found.outcome == "need-more-information"
    assert found.contributions[0].question == "prices"
    assert found.vetoes == []
    assert "forbid" in {each.question for each in found.ask_next if each.veto}


def test_the_same_inputs_are_the_same_bytes() -> None:
    values: dict[str, Value] = {"fte": "0.5-2", "forbid": 0.0, "mailboxes": 300.0}
    backwards = dict(reversed(values.items()))
    assert to_json(assess(values)) == to_json(assess(backwards))
    assert to_json(assess(values)) != to_json(assess({**values, "fte": "2+"}))


def test_notes_and_names_leave_the_draws_alone() -> None:
    values: dict[str, Value] = {"fte": "2+"}
    plain = score(load(), Answers(None, {"fte": Answer(value="2+")}), FILES, today=DAY, draws=100)
    noted = Answers("Somebody", {"fte": Answer(value="2+", note="sure", by="IT")})
    again = score(load(), noted, Files("other text", None, FILES.catalog), today=DAY, draws=100)
    assert plain.quantiles == again.quantiles
    assert seed_of(values, {}, FILES) != seed_of({"fte": "0"}, {}, FILES)
    assert seed_of(values, {}, FILES) != seed_of(values, {"cost": 1.0}, FILES)


def test_the_draws_use_the_stream_that_python_promises_to_keep() -> None:
    assert [stream(1)() for _ in range(2)] == [Random(1).random()] * 2
    assert Random(1).random() == 0.13436424411240122


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([], True),
        ([True, True], True),
        ([True, None], None),
        ([None, False], False),
        ([False, True], False),
    ],
)
def test_three_valued_and(states: list[bool | None], expected: bool | None) -> None:
    assert both(states) is expected


VETOES: list[tuple[dict[str, Value], str, str]] = [
    ({"forbid": 1.0}, "V1", "holds"),
    ({"forbid": 0.35}, "V1", "holds"),
    ({"forbid": 0.0}, "V1", "none"),
    ({}, "V1", "open"),
    ({"location": "japan"}, "V2", "holds"),
    ({"location": "domestic-law"}, "V2", "holds"),
    ({"location": "us-eu"}, "V2", "none"),
    ({}, "V2", "open"),
    ({"fte": "0", "msp": "no"}, "V3", "holds"),
    ({"fte": "0", "msp": "yes"}, "V3", "none"),
    ({"fte": "<0.5", "msp": "no"}, "V3", "none"),
    ({"fte": "0"}, "V3", "open"),
    ({"msp": "yes"}, "V3", "none"),
    ({"rto": "<=4h", "cover": "hours", "msp": "no"}, "V4", "holds"),
    ({"rto": "<=4h", "cover": "oncall", "msp": "no"}, "V4", "none"),
    ({"rto": "<=4h", "cover": "hours"}, "V4", "open"),
    ({"uplink": "poor"}, "V5", "holds"),
    ({"uplink": "single"}, "V5", "none"),
    ({"capex_max": 1.0}, "V6", "holds"),
    ({"capex_max": 1e12}, "V6", "none"),
    ({"opex_max": 1.0}, "V6", "holds"),
    ({}, "V6", "none"),
    ({"policy": "strict", "keys": "yes"}, "V7", "holds"),
    ({"policy": "strict"}, "V7", "open"),
    ({"policy": "none"}, "V7", "none"),
    ({}, "V7", "none"),
    ({"organisation": "state", "listing": "ismap", "listed": "no"}, "V8", "holds"),
    ({"organisation": "state", "listing": "ismap", "listed": "yes"}, "V8", "none"),
    ({"organisation": "state", "listing": "ismap"}, "V8", "open"),
    ({"organisation": "state"}, "V8", "open"),
    ({"listing": "ismap", "organisation": "private", "listed": "no"}, "V8", "none"),
    ({"organisation": "private"}, "V8", "none"),
    ({"platform": "eol"}, "V9", "holds"),
    ({"platform": "supported"}, "V9", "none"),
]


@pytest.mark.parametrize(("values", "veto", "state"), VETOES)
def test_veto(values: dict[str, Value], veto: str, state: str) -> None:
    counted = counting(model().catalog.questions, values)
    states = {each.state for each in model().pricing.exclusions(counted) if each.veto == veto}
    assert (state in states) if state != "none" else states <= {"warning"}


def test_own_keys_take_out_the_editions_that_have_none() -> None:
    values: dict[str, Value] = {"mailboxes": 20.0, "policy": "strict"}
    assert model().pricing.edition(values) == "google-workspace/starter"
    assert model().pricing.edition({**values, "keys": "yes"}) == "google-workspace/enterprise"


def test_another_cloud_is_priced_where_the_law_takes_one_out() -> None:
    assert model().pricing.edition({"location": "japan"}).startswith("domestic-hosted/")
    assert not model().pricing.vetoes.out(model().pricing.exclusions({"location": "japan"})).cloud


IN = Out(onprem=False, cloud=False, share=None)


@pytest.mark.parametrize(
    ("robustness", "out", "expected"),
    [
        (0.8, IN, "cloud"),
        (0.79, IN, "close-call"),
        (0.21, IN, "close-call"),
        (0.2, IN, "on-prem"),
        (0.0, Out(onprem=True, cloud=False, share=None), "cloud"),
        (1.0, Out(onprem=False, cloud=True, share=None), "on-prem"),
        (0.5, Out(onprem=True, cloud=True, share=None), "no-feasible-option"),
        (0.9, Out(onprem=False, cloud=False, share=0.3), "hybrid"),
        (0.5, Out(onprem=False, cloud=False, share=0.3), "hybrid"),
        (0.4, Out(onprem=False, cloud=False, share=0.3), "close-call"),
        (0.1, Out(onprem=False, cloud=False, share=0.3), "on-prem"),
        (0.9, Out(onprem=True, cloud=False, share=0.3), "no-feasible-option"),
    ],
)
def test_outcome(robustness: float, out: Out, expected: str) -> None:
    assert decide(robustness, out) == expected


@given(st.floats(-100, 100), st.booleans(), st.booleans())
def test_what_is_out_never_leads(margin: float, own: bool, hosted: bool) -> None:
    out = Out(onprem=own, cloud=hosted, share=None)
    side = leaning(margin, out)
    assert (side is None) == infeasible(out)
    assert not (side == "cloud" and hosted) and not (side == "on-prem" and own)


@given(anyhow)
@settings(max_examples=15, deadline=None)
def test_a_flip_flips(values: dict[str, Value]) -> None:
    side, _, _ = stands(model(), values)
    for flip in answer_flips(model(), values):
        changed = {**values, **flip.answers}
        assert stands(model(), changed)[0] == flip.leaning != side


@given(anyhow)
@settings(max_examples=15, deadline=None)
def test_at_a_threshold_the_margin_is_zero(values: dict[str, Value]) -> None:
    for each in weight_thresholds(model(), values):
        others = {k: w for k, w in model().weights.items() if k != each.id}
        scale = (100 - each.at) / sum(others.values())
        own = {k: w * scale for k, w in others.items()} | {each.id: each.at}
        assert abs(Model(load(), own).margin(values)) < 1e-6
    for each in price_thresholds(model(), values):
        changed = {**model().pricing.prices, each.id: each.at}
        assert abs(model().margin(values, model().pricing.priced(values, changed))) < 1e-3


def test_own_weights_are_scaled_to_a_hundred() -> None:
    found = assess({"fte": "2+"}, weights={"cost": 300.0, "people": 0.0})
    weights = {each.id: each.weight for each in found.criteria}
    assert sum(weights.values()) == pytest.approx(100)
    assert weights["people"] == 0 and weights["cost"] > 80


def test_measured_answers_raise_the_confidence() -> None:
    plain = read_all(source="asked")
    shown = read_all(source="measured")
    assert evidenced(model(), plain, counting(load().questions, plain.values)) == 0
    assert evidenced(model(), shown, counting(load().questions, shown.values)) == pytest.approx(1)
    letters = [score(load(), a, FILES, today=DAY, draws=200) for a in (plain, shown)]
    assert letters[0].confidence > letters[1].confidence
    assert "evidence" in letters[0].confidence_failed
    assert "evidence" not in letters[1].confidence_failed


def read_all(source: str) -> Answers:
    """Every question answered, with its first option or 1."""
    return Answers(
        None,
        {
            key: Answer.model_validate({"value": (*options(question), 1.0)[0], "source": source})
            for key, question in load().questions.items()
        },
    )


def test_an_answer_to_a_question_that_no_longer_applies_counts_for_nothing() -> None:
    values: dict[str, Value] = {"policy": "none", "keys": "yes", "forbid": 0.0}
    assert "V7" not in assess(values).vetoes
    assert "V7" in assess({**values, "policy": "some"}).vetoes


def test_questions_that_can_change_nothing_any_more() -> None:
    assert "bus" in relevant(model(), {})
    decided = relevant(model(), {"forbid": 1.0})
    assert "bus" not in decided and "lockin" not in decided
    assert "fte" in decided  # nobody to run it would leave no side at all
    assert "dmarc" in decided  # the posture is the same question whichever way


@given(anyhow)
@settings(max_examples=10, deadline=None)
def test_what_cannot_change_the_leaning_is_said_so_rightly(values: dict[str, Value]) -> None:
    side, _, _ = stands(model(), values)
    still = relevant(model(), values)
    for key, question in model().catalog.questions.items():
        if key not in values and key not in still:
            assert {stands(model(), {**values, key: o})[0] for o in options(question)} <= {side}


def test_a_condition_on_numbers() -> None:
    rule = load().vetoes["V1"].rules[1]
    assert holds(rule.when, {"forbid": 0.5}) is True
    assert holds(rule.when, {"forbid": 1.0}) is False
    assert holds(rule.when, {}) is None


STARTUP = read(Path(__file__).parents[1] / "data" / "assess" / "startup.toml", None).answers.values
"""A case that is clearly one for the cloud."""


@pytest.mark.parametrize(
    ("changed", "question"),
    [
        ({"organisation": "state"}, "listing"),
        ({"location": "japan", "policy": "strict"}, "keys"),
        ({"forbid": None}, "forbid"),
    ],
)
def test_an_open_veto_that_could_turn_the_outcome_holds_it_up(
    changed: dict[str, Value | None], question: str
) -> None:
    whole = {key: v for key, v in {**STARTUP, **changed}.items() if v is not None}
    found = assess(whole)
    assert found.outcome == "need-more-information"
    assert "open-veto" in found.confidence_failed
    assert found.ask_next[0].veto and question in {e.question for e in found.ask_next if e.veto}
    assert assess(dict(STARTUP)).outcome == "cloud"


def test_a_cloud_over_the_budget_makes_room_for_the_next() -> None:
    values = {**STARTUP, "mailboxes": 1000.0}
    dear, cheap = (assess({**values, "opex_max": most}) for most in (1e6, 1500.0))
    chosen = [next(p.id for p in a.cost.plans if p.chosen and p.id != "onprem")
              for a in (dear, cheap)]  # fmt: skip
    assert chosen == ["google-workspace/enterprise", "domestic-hosted/hosted"]
    out = [e.excludes for e in cheap.exclusions if e.veto == "V6" and e.state == "holds"]
    assert ["google-workspace/enterprise"] in out and ["cloud"] not in out
    none = assess({**values, "opex_max": 100.0})
    assert ["cloud"] in [e.excludes for e in none.exclusions if e.veto == "V6"]


def test_clouds_that_fall_one_by_one_are_in_the_conflict() -> None:
    values = {**STARTUP, "location": "japan", "policy": "strict", "keys": "yes"}
    assert assess(values).outcome == "on-prem"
    found = assess({**values, "fte": "0", "msp": "no"})
    assert found.outcome == "no-feasible-option"
    assert found.conflict == {"fte": "0", "msp": "no", "location": "japan", "keys": "yes"}
    # The answer that takes the question away takes the veto with it, and is a flip.
    flips = assess(values).flips
    assert {"policy": "none"} in [flip.answers for flip in flips] or {"policy": "some"} in [
        flip.answers for flip in flips
    ]


def test_explain_counts_what_score_counts() -> None:
    for values in ({**STARTUP, "location": "japan"}, {**STARTUP, "policy": "strict"}):
        answers = Answers(None, {key: Answer(value=v) for key, v in values.items()})
        told = explanation(load(), answers, "keys")
        assert told.asked == (values["policy"] != "none")
        for each in told.alternatives:
            assert each.margin == assess({**values, "keys": each.answer}, draws=10).margin


def test_a_space_is_no_evidence() -> None:
    whole = {key: Answer(value=v, evidence=" ") for key, v in STARTUP.items()}
    assert evidenced(model(), Answers(None, whole), STARTUP) == 0


def test_a_criterion_that_no_answer_moves_needs_no_evidence() -> None:
    criteria = dict(load().criteria)
    criteria["people"] = criteria["people"].model_copy(update={"answers": {}})
    flat = load().model_copy(update={"criteria": criteria})
    found = assess({"fte": "2+"}, catalog=flat)
    assert 0 <= found.robustness <= 1


def test_break_even_sizes_keep_to_the_edition() -> None:
    sizes = {each.plan: each.sizes for each in assess(dict(STARTUP)).cost.break_even}
    assert all(size <= 300 for size in sizes["google-workspace/starter"])
    assert any(size > 300 for plan in sizes.values() for size in plan)
