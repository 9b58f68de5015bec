"""How safe is mail today: one finding per check, the same checklist for both worlds.

Pure, and apart from the fit: nothing here knows which side is ahead. There is no index over the
findings, because severities can't be added; counts say all that can be said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from assess.catalog.model import Catalog, Check, Finding, Severity, Value
from assess.conditions import holds
from assess.result import Posture, PostureFinding

State = Severity | Literal["unknown"]

ORDER: tuple[State, ...] = ("high", "medium", "low", "unknown", "ok")
"""The most urgent first; what nobody knows comes before what is in order."""

_RAISED: dict[State, State] = {"low": "medium", "medium": "high"}


def posture(catalog: Catalog, values: Mapping[str, Value]) -> Posture:
    """All findings, the most severe first, then in the order of the catalogue.

    The counts name every risk, measure and severity, also those without a finding.
    """
    findings = sorted(
        (_finding(key, check, values) for key, check in catalog.checks.items()),
        key=lambda finding: ORDER.index(finding.severity),
    )
    return Posture(
        findings=findings,
        by_risk={
            risk: _counts(f for f in findings if risk in catalog.checks[f.check].risks)
            for risk in catalog.risks
        },
        by_measure={
            measure: _counts(f for f in findings if catalog.checks[f.check].measure == measure)
            for measure in catalog.measures
        },
    )


def finding(check: Check, value: Value) -> Finding:
    """What the catalogue says of this answer; `checks.py` has proved that it says something."""
    if check.findings:
        return check.findings[str(value)]
    return next(said for wanted, said in check.ranges if wanted.holds(float(value)))


def _finding(key: str, check: Check, values: Mapping[str, Value]) -> PostureFinding:
    value = values.get(check.question)
    said: State = "unknown" if value is None else finding(check, value).severity
    at_stake = bool(check.raised_by) and holds(check.raised_by, values) is True
    severity = _RAISED.get(said, said) if at_stake else said
    return PostureFinding(
        check=key,
        answer=value,
        severity=severity,
        raised=severity != said,
        owner={"onprem": check.onprem, "cloud": check.cloud},
    )


def _counts(findings: Iterable[PostureFinding]) -> dict[str, int]:
    severities = [each.severity for each in findings]
    return {severity: severities.count(severity) for severity in ORDER}
