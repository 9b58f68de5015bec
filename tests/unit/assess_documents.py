"""Assessments of believable organisations, with hostile words where people may type."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime
from functools import cache

from assess.answers import Answer, Answers
from assess.catalog import Catalog, digest, load
from assess.catalog.model import Value
from assess.fit.score import Files, score
from assess.result import Assessment

HOSTILE = '<script>alert(1)</script>\u202egpj.exe\x07 "&" |=cmd` {{ 7*7 }}'
TODAY = date(2026, 11, 24)
Case = tuple[Assessment, Catalog, Answers]


@cache
def catalog() -> Catalog:
    return load()


def assessed(
    name: str | None,
    values: dict[str, Value],
    weights: dict[str, float] | None = None,
    **given: Answer,
) -> Case:
    every = {key: Answer(value=value) for key, value in values.items()} | given
    answers = Answers(name, every, weights or {})
    files = Files(json.dumps(values), None, digest())
    result = score(catalog(), answers, files, today=TODAY, draws=400)
    return result, catalog(), answers


_MANUFACTURER: dict[str, Value] = {
    "mailboxes": 300, "growth": "<5%", "organisation": "private", "remote": "10-40%",
    "speed": "3-12m", "capex_max": 40_000_000, "opex_max": 5000, "accounting": "opex",
    "tools": 600_000, "gmailuse": 0.4, "fte": "<0.5", "cover": "hours", "bus": "0-1",
    "msp": "yes", "sso": "no", "training": "once", "forbid": 0, "confidential": "most",
    "location": "none", "policy": "some", "keys": "no", "cert": "required", "incident": "none",
    "retention": "records", "privacy": "partial", "lockin": "medium", "platform": "eol",
    "stack": "exchange", "mbsize": "10-50GB", "pop": 0.2, "integr": "some", "uplink": "single",
    "rto": "4-24h", "outage": ">8h", "site2": "none", "backup": "untested", "patch": ">30d",
    "filter": "basic", "mfa": "none", "logs": "none", "spf": "soft", "dkim": "none",
    "dmarc": "none", "tls": "opportunistic", "atrest": "no", "access": "days", "missend": "rule",
    "zip": "often", "bulk": "<5000", "av": 0.9, "avage": "<=7d", "persons": ">100000",
    "purpose": "yes",
}  # fmt: skip

_BANK: dict[str, Value] = {
    "mailboxes": 1500, "fte": "2+", "cover": "24x7", "bus": "3+", "msp": "yes", "sso": "yes",
    "patch": "<=14d", "filter": "advanced", "mfa": "all", "logs": "siem", "backup": "tested",
    "platform": "supported", "location": "us-eu", "policy": "strict", "lockin": "high",
    "retention": "immutable", "privacy": "done", "cert": "required", "site2": "hot",
    "rto": "<=4h", "outage": "<1h", "uplink": "redundant", "growth": "<5%", "remote": "<10%",
    "speed": ">12m", "integr": "many", "mbsize": "10-50GB", "forbid": 0, "stack": "exchange",
    "organisation": "finance", "accounting": "capex",
}  # fmt: skip


def manufacturer() -> Case:
    note = Answer(
        value="eol",
        by="情報システム課　佐藤",
        at=datetime(2026, 11, 20, 9, 30),
        note=HOSTILE,
        evidence="サーバー台帳 2026-11",
    )
    return assessed(f"山田精密工業株式会社 {HOSTILE}", _MANUFACTURER, platform=note)


def bank() -> Case:
    return assessed("Kita Regional Bank", _BANK)


def municipality() -> Case:
    """A third of the mailboxes may not leave."""
    values = _MANUFACTURER | {
        "mailboxes": 800, "organisation": "municipality", "lgwan": "alpha", "forbid": 0.35,
        "platform": "supported", "fte": "0.5-2", "listing": "none", "opex_max": 9000,
    }  # fmt: skip
    return assessed("Minato City", values)


def university() -> Case:
    """Its own team, its own weights, and a price that nobody publishes: neither side is better."""
    values: dict[str, Value] = {
        "mailboxes": 12000, "fte": "2+", "cover": "oncall", "bus": "3+", "msp": "yes",
        "sso": "yes", "patch": "<=14d", "filter": "advanced", "mfa": "partial", "logs": "kept",
        "backup": "untested", "platform": "eol-soon", "location": "none", "policy": "some",
        "lockin": "medium", "retention": "none", "privacy": "done", "cert": "none",
        "site2": "cold", "rto": "4-24h", "outage": "1-8h", "uplink": "redundant",
        "growth": "<5%", "remote": ">40%", "speed": "3-12m", "integr": "many",
        "mbsize": "<10GB", "forbid": 0, "organisation": "private", "keys": "no",
    }  # fmt: skip
    measured = Answer(value="<10GB", source="measured", evidence="quota report")
    weights = {"cost": 30.0, "people": 25.0}
    return assessed("Nishi University", values, weights, mbsize=measured)


def clinic() -> Case:
    """A poor line and nobody to run a server: nothing is feasible."""
    values: dict[str, Value] = {
        "mailboxes": 30, "organisation": "health", "fte": "0", "msp": "no", "uplink": "poor",
        "forbid": 0, "location": "none", "policy": "none",
    }  # fmt: skip
    return assessed("Island Clinic", values)


def nothing() -> Case:
    """Nothing answered, one question asked in vain, no name."""
    return assessed(None, {}, fte=Answer(unknown=True))


ALL: dict[str, Callable[[], Case]] = {
    each.__name__: cache(each)
    for each in (manufacturer, bank, municipality, university, clinic, nothing)
}
