"""Costs: the formula against sums made by hand and the archetypes, prices, editions, what it
hangs on."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assess.catalog.load import load
from assess.catalog.model import Value
from assess.cost.break_even import price as equal_price
from assess.cost.costs import costs
from assess.cost.editions import choose, obstacles
from assess.cost.formula import Situation, cloud, cloud_npv, onprem, onprem_npv, servers
from assess.cost.prices import draw, medians
from assess.cost.situation import QUESTIONS, situation
from assess.result import Costs, Plan

CATALOG = load()
PRICES = medians(CATALOG.costs)
TODAY = date(2026, 11, 24)
S = situation({}, CATALOG)

ARCHETYPES: dict[str, tuple[dict[str, Value], str, int, int]] = {
    # answers, edition, on-premises and cloud: P50 of the model's prototype, yen
    "1 accountancy": (
        {"mailboxes": 20, "retention": "records", "mbsize": "10-50GB"}, "plus", 17_072, 5_717,
    ),
    "2 defence": (
        {"mailboxes": 5000, "retention": "immutable", "site2": "hot", "mbsize": "10-50GB",
         "stack": "exchange"}, "enterprise", 1_770, 3_337,
    ),
    "3 manufacturer": (
        {"mailboxes": 300, "retention": "records", "mbsize": "10-50GB", "stack": "exchange"},
        "plus", 2_687, 3_244,
    ),
    "5 university": ({"mailboxes": 12000, "site2": "cold"}, "enterprise", 1_130, 3_335),
    "6 start-up": ({"mailboxes": 40, "growth": ">20%"}, "starter", 5_578, 2_104),
    "7 bank": (
        {"mailboxes": 1500, "retention": "immutable", "site2": "hot", "mbsize": "10-50GB",
         "stack": "exchange"}, "enterprise", 1_904, 3_362,
    ),
}  # fmt: skip

situations = st.builds(
    Situation,
    mailboxes=st.integers(1, 100_000).map(float),
    growth=st.sampled_from([0.0, 0.02, 0.12, 0.30]),
    mailbox_gb=st.sampled_from([5.0, 25.0, 70.0]),
    archive=st.booleans(),
    second_site=st.booleans(),
    exchange=st.booleans(),
    avoided=st.floats(0, 1e8),
    gmail_share=st.floats(0, 1),
)


def assessed(values: dict[str, Value], chosen: str = "google-workspace/plus", **more: int) -> Costs:
    excluded = {"google-workspace": ["V2"], "onprem": ["V3"], "google-workspace/plus": ["V7", "V2"]}
    draws = more.get("draws", 200)
    return costs(CATALOG, values, excluded, draws, Random(1).random, TODAY, chosen=chosen)


def plan(found: Costs, name: str) -> Plan:
    return next(each for each in found.plans if each.id == name)


# --- the formula


def test_onprem_is_the_sum_made_by_hand() -> None:
    s = Situation(1000, 0.1, 25, True, True, True, 0, 0)
    p = PRICES
    per_mailbox = (
        p["software_exchange"] + p["security"] + p["backup"] + p["archive"]
        + p["downtime_onprem"] * p["productivity_lost"] * p["wage"]
    )  # fmt: skip
    start = (
        4 * p["server"]
        + 1000 * 25 * p["storage_gb"]
        + p["project_fixed"]
        + 1000 * p["project_user"]
    )
    running = 0.0
    for year in range(1, 6):
        n = 1000 * 1.1 ** (year - 1)
        spent = (p["onprem_fte_fixed"] + p["onprem_fte_per_1000"] * n / 1000) * p["staff"]
        spent += n * per_mailbox + 4 * p["space"] + p["audit"]
        spent += 4 * p["watts"] * 8.76 * p["pue"] * p["kwh"]
        running += spent / (1 + p["discount"]) ** year
    found = onprem(s, p)
    months = 12_000 * (1 + 1.1 + 1.1**2 + 1.1**3 + 1.1**4)
    assert found.start == pytest.approx(start)
    assert found.npv == pytest.approx(start + running)
    assert found.per_mailbox_month == pytest.approx((start + running) / months)
    assert found.running == pytest.approx(running / months)


def test_cloud_is_the_sum_made_by_hand() -> None:
    s = Situation(1000, 0.1, 25, True, True, True, 500_000, 0.4)
    p = PRICES
    start = p["migration_fixed"] + 1000 * p["migration_user"]
    start += 1000 * p["training_hours"] * 0.6 * p["wage"]
    years = [start]
    for year in range(5):
        n = 1000 * 1.1**year
        spent = (p["cloud_fte_fixed"] + p["cloud_fte_per_1000"] * n / 1000) * p["staff"] - 500_000
        spent += n * 12 * (2000 * (1 + p["drift"]) ** year + p["cloud_backup"])
        spent += n * p["downtime_cloud"] * p["productivity_lost"] * p["wage"]
        years.append(spent)
    found = cloud(s, 2000, p)
    assert found.years == pytest.approx(years)
    assert found.npv == pytest.approx(
        sum(spent / (1 + p["discount"]) ** year for year, spent in enumerate(years))
    )


@pytest.mark.parametrize(
    ("mailboxes", "hot", "count"),
    [(1, False, 2), (1500, False, 2), (1501, False, 3), (12000, False, 9), (1500, True, 4)],
)
def test_servers(mailboxes: float, hot: bool, count: int) -> None:
    assert servers(replace(S, mailboxes=mailboxes, second_site=hot)) == count


@given(situations)
def test_parts_add_up(s: Situation) -> None:
    assert sum(onprem_npv(s, PRICES).values()) == pytest.approx(onprem(s, PRICES).npv)
    total = sum(cloud_npv(s, 1234, PRICES).values())
    assert total == pytest.approx(cloud(s, 1234, PRICES).npv, abs=1e-3)


@given(situations)
def test_what_costs_more_costs_more(s: Situation) -> None:
    dearer = {row: price * 1.5 for row, price in PRICES.items()} | {"discount": PRICES["discount"]}
    s = replace(s, avoided=0.0)
    assert onprem(s, dearer).npv > onprem(s, PRICES).npv
    assert cloud(s, 1500, dearer).npv > cloud(s, 1500, PRICES).npv
    assert cloud(s, 1501, PRICES).npv > cloud(s, 1500, PRICES).npv
    assert onprem(s, PRICES | {"discount": 0.2}).npv < onprem(s, PRICES).npv


@pytest.mark.parametrize("name", ARCHETYPES)
def test_archetypes_cost_what_the_model_says(name: str) -> None:
    values, edition, own, hosted = ARCHETYPES[name]
    s = situation(values, CATALOG)
    assert choose(CATALOG, s, "private", ()) == f"google-workspace/{edition}"
    row = CATALOG.profiles["google-workspace"].editions[edition].price
    assert onprem(s, PRICES).per_mailbox_month == pytest.approx(own, rel=0.05)
    assert cloud(s, PRICES[row], PRICES).per_mailbox_month == pytest.approx(hosted, rel=0.05)


# --- prices


def test_half_of_each_triangle_lies_below_its_median() -> None:
    for row, cost in CATALOG.costs.items():
        low, mode, high, x = cost.low, cost.mode, cost.high, PRICES[row]
        if low == high:
            assert x == low
        elif x <= mode:
            assert (x - low) ** 2 / ((high - low) * (mode - low)) == pytest.approx(0.5)
        else:
            assert (high - x) ** 2 / ((high - low) * (high - mode)) == pytest.approx(0.5)


@given(st.floats(0, 1, exclude_max=True))
def test_draws_stay_within_the_triangle(u: float) -> None:
    for row, x in draw(CATALOG.costs, lambda: u).items():
        assert CATALOG.costs[row].low <= x <= CATALOG.costs[row].high


def test_a_fixed_price_leaves_the_stream_of_the_others_alone() -> None:
    fixed = CATALOG.costs["staff"].model_copy(update={"low": 7e6, "mode": 7e6, "high": 7e6})
    before = draw(CATALOG.costs, Random(5).random)
    after = draw({**CATALOG.costs, "staff": fixed}, Random(5).random)
    assert before != after
    assert before | {"staff": 7e6} == after


# --- situation and editions


def test_answers_become_a_situation() -> None:
    values: dict[str, Value] = {
        "mailboxes": 40, "growth": ">20%", "mbsize": ">50GB", "retention": "records",
        "site2": "hot", "stack": "exchange", "tools": 1e6, "gmailuse": 0.5,
    }  # fmt: skip
    assert situation(values, CATALOG) == Situation(40, 0.30, 70, True, True, True, 1e6, 0.5)
    assert situation({}, CATALOG) == Situation(300, 0.02, 5, False, False, False, 0, 0)
    assert situation({"site2": "cold"}, CATALOG) == S


def test_only_the_listed_questions_move_the_costs() -> None:
    for key, question in CATALOG.questions.items():
        others = question.ids or question.plausible or (0.5,)
        moved = any(situation({key: other}, CATALOG) != S for other in others)
        assert moved == (key in QUESTIONS and key != "organisation"), key


GWS = "google-workspace"


@pytest.mark.parametrize(
    ("values", "organisation", "excluded", "wanted"),
    [
        ({}, "private", (), "google-workspace/starter"),
        ({"mbsize": "10-50GB"}, "private", (), "google-workspace/standard"),
        ({"retention": "records"}, "private", (), "google-workspace/plus"),
        ({"mailboxes": 301}, "private", (), "google-workspace/enterprise"),
        ({"mailboxes": 12000}, "education", (), "google-workspace/education"),
        ({"mailboxes": 12000}, "private", (), "google-workspace/enterprise"),
        ({"mailboxes": 20001}, "education", (), "google-workspace/enterprise"),
        ({}, "private", ("google-workspace/starter",), "google-workspace/standard"),
        ({}, "private", (GWS, "domestic-hosted"), "m365/business-basic"),
        ({"mailboxes": 301}, "private", (GWS, "domestic-hosted"), "m365/e3"),
        ({}, "private", (GWS, "m365"), "domestic-hosted/hosted"),
        ({}, "private", (GWS, "m365", "domestic-hosted"), None),
    ],
)
def test_the_first_edition_that_suits(
    values: dict[str, Value], organisation: str, excluded: tuple[str, ...], wanted: str | None
) -> None:
    assert choose(CATALOG, situation(values, CATALOG), organisation, excluded) == wanted


def test_obstacles_name_all_that_an_edition_lacks() -> None:
    editions = CATALOG.profiles[GWS].editions
    s = replace(S, mailboxes=301, mailbox_gb=25, archive=True)
    assert obstacles(editions["starter"], s, "private") == ["mailboxes", "storage", "archive"]
    large = replace(s, mailboxes=5000)
    assert obstacles(editions["education"], large, "private") == ["organisation", "storage"]
    assert obstacles(editions["enterprise"], large, "private") == []


# --- the whole


def test_every_plan_is_priced() -> None:
    found = assessed({"mailboxes": 290, "retention": "records"})
    editions = [f"{p}/{e}" for p, each in CATALOG.profiles.items() for e in each.editions]
    assert [each.id for each in found.plans] == ["onprem", *editions]
    assert [each.id for each in found.plans if each.chosen] == ["onprem", "google-workspace/plus"]
    assert plan(found, "onprem").obstacles == ["V3"]
    assert plan(found, "google-workspace/plus").obstacles == ["V2", "V7"]
    assert plan(found, "google-workspace/starter").obstacles == ["archive", "V2"]
    assert plan(found, "m365/e3").obstacles == []
    for each in found.plans:
        assert len(each.years) == 6
        for band in (each.per_mailbox_month, each.start, each.running, *each.years):
            assert band.low < band.mid < band.high
    money = onprem(situation({"mailboxes": 290, "retention": "records"}, CATALOG), PRICES)
    assert plan(found, "onprem").per_mailbox_month.mid == money.per_mailbox_month
    assert plan(found, "onprem").running.mid == money.running
    assert [each.mid for each in plan(found, "onprem").years] == list(money.years)


def test_nine_draws_of_ten_lie_within_the_band() -> None:
    band = plan(assessed({}, draws=1000), "onprem").per_mailbox_month
    random = Random(1).random
    drawn = [onprem(S, draw(CATALOG.costs, random)).per_mailbox_month for _ in range(1000)]
    assert sum(band.low <= each <= band.high for each in drawn) == pytest.approx(900, abs=2)
    assert sum(each < band.low for each in drawn) == pytest.approx(50, abs=1)


def test_the_same_stream_gives_the_same_costs() -> None:
    assert assessed({}) == assessed({})
    assert assessed({}, draws=0).plans[0].start.low == onprem(S, PRICES).start


def test_drivers_are_the_rows_that_move_the_difference() -> None:
    found = assessed({"stack": "exchange"})
    rows = [each.row for each in found.drivers]
    effects = [abs(each.high - each.low) for each in found.drivers]
    assert effects == sorted(effects, reverse=True)
    assert "software_exchange" in rows and "gws_plus" in rows
    # not in use: open source, the archive, other editions, the rate, a price without a range
    assert not {"software_open_source", "archive", "m365_e3", "usd_jpy", "gws_education"} & {*rows}
    assert found.quotes == [row for row in rows if CATALOG.costs[row].quote]
    assert "software_exchange" in found.quotes and "gws_enterprise" not in found.quotes
    staff = next(each for each in found.drivers if each.row == "staff")
    low = PRICES | {"staff": CATALOG.costs["staff"].low}
    s = replace(S, exchange=True)
    hosted = cloud(s, PRICES["gws_plus"], low).per_mailbox_month
    assert staff.low == pytest.approx(hosted - onprem(s, low).per_mailbox_month)


def test_stale_rows_are_flagged() -> None:
    later = costs(
        CATALOG, {}, {}, 1, Random(1).random, date(2027, 9, 1), chosen="google-workspace/plus"
    )
    stale = {each.row for each in later.drivers if each.stale}
    assert "gws_plus" in stale and "wage" not in stale
    assert not any(each.stale for each in assessed({}).drivers)


@settings(max_examples=30)
@given(situations)
def test_at_the_break_even_price_both_cost_the_same(s: Situation) -> None:
    equal = equal_price(s, PRICES)
    if equal is None:
        assert cloud(s, 0, PRICES).npv > onprem(s, PRICES).npv
    else:
        assert cloud(s, equal, PRICES).npv == pytest.approx(onprem(s, PRICES).npv)


def test_beside_a_price_beyond_all_measure_there_is_no_break_even() -> None:
    beyond = {**PRICES, "cloud_fte_fixed": 1e12, "staff": 1e12}
    assert equal_price(replace(S, mailboxes=40.0), beyond) is None


def test_break_even_sizes_are_where_the_cheaper_side_changes() -> None:
    found = {each.plan: each for each in assessed({"stack": "exchange"}).break_even}
    e3 = found["m365/e3"]
    assert e3.sizes

    def cloud_ahead(n: float) -> bool:
        s = replace(S, mailboxes=n, exchange=True)
        return cloud(s, e3.now, PRICES).npv < onprem(s, PRICES).npv

    for size in e3.sizes:
        assert cloud_ahead(size - 1) != cloud_ahead(size)
    assert cloud_ahead(1) and not cloud_ahead(100_000)
    assert found["google-workspace/education"].sizes == []  # free, so always the cheaper


@pytest.mark.parametrize(
    ("mailboxes", "growth", "year"),
    [(290, "<5%", 3), (290, "5-20%", 2), (200, "<5%", None), (100, ">20%", None), (110, ">20%", 5)],
)
def test_the_year_in_which_the_edition_is_outgrown(
    mailboxes: int, growth: str, year: int | None
) -> None:
    assert assessed({"mailboxes": mailboxes, "growth": growth}, draws=1).outgrows == year
    enterprise = assessed({"mailboxes": 290}, "google-workspace/enterprise", draws=1)
    assert enterprise.outgrows is None
