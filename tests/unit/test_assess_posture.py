"""How safe mail is today: every answer has its finding, and none of it moves the fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from assess.catalog import Catalog, load
from assess.catalog.model import Finding, Value
from assess.posture import ORDER, finding, posture

OURS = load()
MEASURES = ["spam", "authentication", "data-protection", "privacy", "anti-virus"]
ALONE = {
    *("spf", "dkim", "dmarc", "tls", "atrest", "access", "incident", "missend", "zip", "bulk"),
    *("training", "av", "avage", "purpose", "minimise", "storage", "disposal", "persons"),
    *("pop", "confidential"),
}
"""Asked for the posture only; training and anti-virus must never tilt the fit."""


def severity(check: str, **values: Value) -> str:
    found = {each.check: each for each in posture(OURS, values).findings}[check]
    return f"{found.severity} raised" if found.raised else found.severity


def findings() -> Iterator[tuple[str, Finding]]:
    for key, check in OURS.checks.items():
        for option, each in check.findings.items():
            yield f"{key}={option}", each
        for wanted, each in check.ranges:
            yield f"{key}={wanted}", each


# --- the content


def test_every_risk_and_each_of_the_five_measures_is_checked() -> None:
    assert list(OURS.measures) == MEASURES
    assert {check.measure for check in OURS.checks.values()} == set(MEASURES)
    assert {risk for check in OURS.checks.values() for risk in check.risks} == set(OURS.risks)
    assert {risk.kind for risk in OURS.risks.values()} == {"external", "internal"}
    assert all(check.risks for check in OURS.checks.values())


def test_what_is_asked_for_the_posture_never_tilts_the_fit() -> None:
    assert set(OURS.questions) >= ALONE
    scored = {question for each in OURS.criteria.values() for question in each.answers}
    vetoing = {
        question
        for veto in OURS.vetoes.values()
        for rule in veto.rules
        for question in (*rule.when, rule.partial)
    } | {limit.answer for veto in OURS.vetoes.values() for limit in veto.limits}
    assert ALONE & (scored | vetoing) == set()


def test_what_is_asked_for_the_posture_only_has_a_check_or_raises_one() -> None:
    used = {check.question for check in OURS.checks.values()}
    used |= {question for check in OURS.checks.values() for question in check.raised_by}
    assert used >= ALONE


@pytest.mark.parametrize(("answer", "said"), list(findings()))
def test_a_finding_says_why_and_what_to_do_first(answer: str, said: Finding) -> None:
    assert (said.severity == "ok") == (said.why is None) == (said.first is None)


def test_every_check_can_be_ok_and_can_fail() -> None:
    for key, check in OURS.checks.items():
        said = [*check.findings.values(), *(each for _, each in check.ranges)]
        severities = {each.severity for each in said}
        assert "ok" in severities and len(severities) > 1, key


def test_the_requirements_of_risks_and_measures_are_all_served() -> None:
    groups = (OURS.risks, OURS.measures, OURS.checks)
    served = {each for group in groups for entry in group.values() for each in entry.requirements}
    assert served >= {f"A{number}" for number in range(11, 43)}


def test_after_a_move_only_patches_and_the_platform_are_the_providers() -> None:
    """The settings of the tenant stay the customer's (A46)."""
    providers = {key for key, check in OURS.checks.items() if check.cloud == "provider"}
    assert providers == {"patch", "platform"}
    assert {check.onprem for check in OURS.checks.values()} == {"you"}


def test_an_encrypted_zip_is_said_to_be_unscanned_in_both_worlds() -> None:
    why = OURS.checks["zip"].findings["often"].why
    assert why and "cloud or in house" in why.en and "ウイルス検査ができず" in why.ja


# --- the function


def test_what_was_not_answered_is_unknown_and_never_bad() -> None:
    result = posture(OURS, {})
    assert {each.severity for each in result.findings} == {"unknown"}
    assert [each.check for each in result.findings] == list(OURS.checks)
    assert not any(each.raised for each in result.findings)


def test_the_worst_first_then_the_order_of_the_catalogue() -> None:
    values: Mapping[str, Value] = {"dmarc": "none", "spf": "none", "filter": "advanced", "av": 0.9}
    result = posture(OURS, values)
    ranks = [ORDER.index(each.severity) for each in result.findings]
    assert ranks == sorted(ranks)
    assert [each.check for each in result.findings[:3]] == ["spf", "dmarc", "av"]
    assert result.findings[-1].check == "filter"
    assert ORDER == ("high", "medium", "low", "unknown", "ok")


def test_the_counts_name_everything() -> None:
    result = posture(OURS, {"spf": "none", "dkim": "all"})
    assert result.by_measure["authentication"] == {
        "high": 1,
        "medium": 0,
        "low": 0,
        "unknown": 2,
        "ok": 1,
    }
    assert list(result.by_risk) == list(OURS.risks)
    for risk, counts in result.by_risk.items():
        assert sum(counts.values()) == sum(risk in each.risks for each in OURS.checks.values())


@pytest.mark.parametrize(
    ("confidential", "missend", "expected"),
    [
        ("few", "none", "medium"),
        ("most", "none", "high raised"),
        ("most", "rule", "medium raised"),
        ("most", "system", "ok"),
        (None, "none", "medium"),
    ],
)
def test_much_confidential_mail_raises_mis_sending(
    confidential: str | None, missend: str, expected: str
) -> None:
    values: dict[str, Value] = {"confidential": confidential} if confidential else {}
    assert severity("missend", missend=missend, **values) == expected


def test_many_persons_raise_what_leaks_them() -> None:
    assert severity("cc-bcc", missend="none", persons=">100000") == "high raised"
    assert severity("cc-bcc", missend="none", persons="<1000") == "medium"
    assert severity("missend", missend="none", persons=">100000") == "medium"
    assert severity("purpose", persons=">100000") == "unknown"


def test_high_stays_high_and_is_not_called_raised() -> None:
    assert severity("tls", tls="plain", confidential="most") == "high"


@pytest.mark.parametrize(
    ("share", "expected"),
    [(1.0, "ok"), (0.99, "low"), (0.95, "low"), (0.94, "medium"), (0.8, "medium"), (0.5, "high")],
)
def test_a_number_takes_the_first_range_that_holds(share: float, expected: str) -> None:
    assert severity("av", av=share) == expected
    assert finding(OURS.checks["av"], share).severity == expected


def test_owner_of_each_world() -> None:
    found = {each.check: each for each in posture(OURS, {}).findings}
    assert found["patch"].owner == {"onprem": "you", "cloud": "provider"}


def test_an_organisations_own_check_joins_in() -> None:
    own: Catalog = load(
        override_text="[check.spf.findings.soft]\nseverity = 'medium'\n"
        "why = { en = 'a', ja = '甲' }\nfirst = { en = 'b', ja = '乙' }\n"
    )
    found = {each.check: each.severity for each in posture(own, {"spf": "soft"}).findings}
    assert found["spf"] == "medium"
