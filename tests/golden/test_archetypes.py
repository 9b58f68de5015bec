"""Cases whose outcome people who know the field agree on; the tool has to agree, too.

The tool must be able to say on-premises: a table of points that can't is a sales brochure.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

import pytest

from assess.catalog import load
from assess.fit.value import Model
from assess.reading import read
from assess.result import Assessment

CASES = Path(__file__).parents[1] / "data" / "assess"
DAY = date(2026, 11, 24)

GOLDEN = {
    "accountancy": ("cloud", 28.3),
    "defence-contractor": ("on-prem", None),
    "manufacturer": ("cloud", 26.9),
    "municipality": ("hybrid", None),
    "university": ("close-call", -0.3),
    "startup": ("cloud", 48.8),
    "regional-bank": ("on-prem", -8.6),
    "island-clinic": ("no-feasible-option", None),
    "half-unanswered": ("need-more-information", None),
    "isp": ("on-prem", None),
}
"""Case -> outcome and, where the answers are the published ones, the margin of the prototype."""


@cache
def assessed(case: str) -> Assessment:
    return read(CASES / f"{case}.toml", None).assess(DAY, draws=4000)


@pytest.mark.parametrize("case", GOLDEN)
def test_outcome(case: str) -> None:
    found, (outcome, margin) = assessed(case), GOLDEN[case]
    assert found.outcome == outcome
    if margin is not None:
        assert found.margin == pytest.approx(margin, abs=1.0)


def test_every_case_is_golden() -> None:
    assert {path.stem for path in CASES.glob("*.toml")} == set(GOLDEN)


@pytest.mark.parametrize(
    ("case", "vetoes"),
    [
        ("accountancy", ["V3", "V6"]),
        ("defence-contractor", ["V1", "V2"]),
        ("manufacturer", ["V9"]),
        ("municipality", ["V1"]),
        ("university", []),
        ("island-clinic", ["V3", "V5", "V9"]),
        ("isp", ["V2"]),
    ],
)
def test_vetoes(case: str, vetoes: list[str]) -> None:
    assert assessed(case).vetoes == vetoes


def test_the_share_that_must_stay() -> None:
    assert assessed("municipality").share_to_stay == 0.35


def test_answers_in_conflict() -> None:
    assert assessed("island-clinic").conflict == {"fte": "0", "msp": "no", "uplink": "poor"}


def test_what_is_asked_next_is_what_may_rule_a_side_out() -> None:
    first = assessed("half-unanswered").ask_next[0]
    assert (first.question, first.veto) == ("forbid", True)


@pytest.mark.parametrize("case", GOLDEN)
def test_contributions_add_up(case: str) -> None:
    found = assessed(case)
    whole = found.tilt + sum(each.points for each in found.contributions)
    assert abs(whole - found.margin) < 1e-9
    assert abs(sum(each.points for each in found.criteria) - found.margin) < 1e-9
    assert all(abs(sum(c.criteria.values()) - c.points) < 1e-9 for c in found.contributions)


def test_the_tilt_is_told_and_clear_calls_stand_without_it() -> None:
    assert Model(load()).tilt == pytest.approx(14.16, abs=0.01)
    for case in ("accountancy", "manufacturer", "startup"):
        assert assessed(case).margin - assessed(case).tilt > 0
    for case in ("defence-contractor", "regional-bank", "isp"):
        assert assessed(case).margin < 0
