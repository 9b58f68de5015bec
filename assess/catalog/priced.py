"""What the formulas of the costs rely on, whatever an organisation's own file says."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assess.catalog.model import Catalog
from assess.errors import AssessError

Fault = tuple[str, str, str, AssessError]
"""Table, id of the entry, field, what is wrong with it."""

PRICED = {
    "mailboxes": "count",
    "growth": "choice",
    "mbsize": "choice",
    "retention": "choice",
    "site2": "choice",
    "stack": "choice",
    "tools": "money",
    "gmailuse": "share",
    "organisation": "choice",
}
"""Questions whose answers, or references, the costs are calculated from, and their kinds."""

NUMBERED = {"growth": (-1, 10), "mbsize": (0, 1e6)}
"""Of these, the ones whose options stand for a number, and its bounds: a year, GB."""

_NAME = re.compile(r"[a-z][a-z0-9_]*")  # a row is a defined name of the workbook, too


def faults(catalog: Catalog) -> Iterator[Fault]:
    """What the formulas of the costs rely on."""
    for key, kind in PRICED.items():
        question = catalog.questions.get(key)
        if question is None:
            yield "question", key, "", AssessError("formula-needs", kind=kind)
            continue
        if question.kind != kind:
            yield (
                "question",
                key,
                "kind",
                AssessError("kind-wrong", kind=question.kind, wanted=kind),
            )
        if question.reference is None:
            yield "question", key, "reference", AssessError("key-missing", key="reference")
        for place, option in enumerate(question.options, 1):
            if key not in NUMBERED:
                continue
            least, most = NUMBERED[key]
            if option.number is None:
                missing = AssessError("key-missing", key="number")
                yield "question", key, f"options[{place}]", missing
            elif not least <= option.number <= most:
                bounds = {"least": f"{least:g}", "most": f"{most:,.0f}"}
                beyond = AssessError("option-number", number=f"{option.number:g}", **bounds)
                yield "question", key, f"options[{place}].number", beyond
    rate = catalog.costs.get("usd_jpy")
    if rate and rate.low <= 0:
        yield "cost", "usd_jpy", "low", AssessError("cost-zero")
    for key in catalog.costs:
        if not _NAME.fullmatch(key):
            yield "cost", key, "", AssessError("cost-id")
    priced = [key for key, each in catalog.criteria.items() if each.worst_yen is not None]
    for key in priced[1:]:
        yield "criterion", key, "worst_yen", AssessError("cost-criterion", first=priced[0])
