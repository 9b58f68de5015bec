"""A result as the JSON of `check --json` (docs/json.md)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from migrate.errors import MailhaulError, UsageError
from migrate.explain import explain, explain_code
from migrate.figures import number, size
from migrate.preflight.finding import Bytes, Finding
from migrate.preflight.result import Checked, Problem, Result
from migrate.preflight.seen import Seen
from migrate.texts import Texts


def to_json(result: Result, texts: Texts) -> dict[str, Any]:
    levels = [each.level for each in result.accounts]
    return {
        "schema": 1,
        "command": "check",
        "complete": not result.errors,
        "summary": {
            "accounts": len(levels),
            **{level: levels.count(level) for level in ("ok", "warning", "error")},
        },
        "problems": [
            _problem(each, texts)
            for level in ("error", "warning")
            for each in result.problems(level)
        ],
        "checks": [{"check": name, **_finding(found, texts)} for name, found in result.project],
        "accounts": [_account(each, texts) for each in result.accounts],
    }


def sentences(finding: Finding, texts: Texts) -> tuple[str, str]:
    """(cause, cure), numbers as people write them."""
    # Of an error a number may be a port.
    as_said = str if finding.error is not None else number
    params = {name: _shown(value, as_said) for name, value in finding.params.items()}
    if isinstance(finding.error, UsageError):
        return explain(UsageError(finding.code, **params), texts)
    return explain_code(finding.code, params, texts)


def _shown(value: Any, as_said: Callable[[int], str]) -> object:
    match value:
        case (low, high):
            return f"{_shown(low, as_said)}–{_shown(high, as_said)}"
        case Bytes():
            return size(value)
        case int() if not isinstance(value, bool):
            return as_said(value)
    return value


def _account(checked: Checked, texts: Texts) -> dict[str, Any]:
    seen = checked.seen
    return {
        "source_user": seen.account.source_user,
        "target_user": seen.account.target_user,
        "level": checked.level,
        "source": _source(seen, texts),
        "target": _target(seen, texts),
        "checks": [
            {"check": name, **_finding(found, texts)} for name, found in checked.findings.items()
        ],
    }


def _source(seen: Seen, texts: Texts) -> dict[str, Any]:
    if isinstance(seen.source, MailhaulError):
        return _failed(seen.source, texts)
    folders = len(seen.source.folders)
    return {"ok": True, "folders": folders, "provider": seen.source.provider.id}


def _target(seen: Seen, texts: Texts) -> dict[str, Any]:
    if isinstance(seen.target, MailhaulError):
        return _failed(seen.target, texts)
    return {"ok": True, "labels": len(seen.target.labels)}


def _failed(error: MailhaulError, texts: Texts) -> dict[str, Any]:
    cause, cure = explain(error, texts)
    return {"ok": False, "error": {"code": error.code, "cause": cause, "cure": cure}}


def _problem(problem: Problem, texts: Texts) -> dict[str, Any]:
    cause, cure = sentences(problem.finding, texts)
    return {
        "check": problem.check,
        "level": problem.finding.level,
        "code": problem.finding.code,
        "cause": cause,
        "cure": cure,
        "accounts": [each.source_user for each in problem.accounts],
    }


def _finding(finding: Finding, texts: Texts) -> dict[str, Any]:
    told: dict[str, Any] = {"level": finding.level, "found": _plain(finding.params)}
    if finding.code:
        cause, cure = sentences(finding, texts)
        told |= {"code": finding.code, "cause": cause, "cure": cure}
    return told


def _plain(params: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _json(value) for name, value in params.items()}


def _json(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_json(each) for each in value]
    return value if isinstance(value, int | float | str | None) else str(value)
