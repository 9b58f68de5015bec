"""Cause and cure of every error, and what every code of a report means, in the reader's language.

The catalogues of texts that the code itself uses are the only source: a code without a text fails
a test, and so does a text without a code.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from migrate import problems
from migrate.errors import MailhaulError, UsageError
from migrate.texts import Texts, catalogue

_AREAS = ("errors", "source_errors", "target_errors", "config_errors", "check_errors")
_WORDS = ("rules.verdict", "rules.skip", "rules.rename", "rules.why", "report.difference")

REFUSED_AS = {
    "from-missing": "gmail-from-count",
    "from-several": "gmail-from-count",
    "from-invalid": "gmail-from-invalid",
    "empty": "gmail-from-count",
    "attachment-blocked": "gmail-attachment",
    "attachment-archive": "gmail-attachment",
    "oversize": "gmail-too-large",
}
"""Predicted verdict → the code under which the message is quarantined, should it come true."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code says, wherever it appears."""

    code: str
    kind: str
    """`error`, `verdict`, `skip`, `rename`, `why`, `difference`."""
    cause: str
    cure: str
    """Empty where there is nothing to mend."""


class _Unknown(dict[str, object]):
    """A report that is made again later may not know every parameter any more."""

    def __missing__(self, _: str) -> str:
        return "…"


class _Named(dict[str, object]):
    """Of a code without an occasion: the parameter's name stands for it."""

    def __missing__(self, name: str) -> str:
        return f"<{name}>"


def explain(error: MailhaulError, texts: Texts) -> tuple[str, str]:
    """(cause, cure) of an error that was just raised."""
    if isinstance(error, UsageError) and f"config_errors.{error.code}.cause" in texts:
        return problems.explain(error, texts)
    return explain_code(error.code, error.params, texts)


def explain_code(code: str, params: Mapping[str, object], texts: Texts) -> tuple[str, str]:
    """(cause, cure) of a code of the ledger; the code itself when it has no text."""
    return _filled(code, _Unknown(params), texts) or (code, "")


def meanings(texts: Texts) -> Iterator[Meaning]:
    """Every code there is: errors by name, then what stands in plans and reports."""
    keys = (key for area in _AREAS for key in catalogue(area))
    codes = {key.split(".")[1] for key in keys if key.endswith(".cause")}
    # `…-near` is the same problem, told with a suggestion.
    for code in sorted(each for each in codes if not each.endswith("-near")):
        yield Meaning(code, "error", *(_filled(code, _Named(), texts) or ("", "")))
    for group in _WORDS:
        area, _, kind = group.partition(".")
        for key, text in catalogue(area).items():
            if key.startswith(f"{group}."):
                code = key.removeprefix(f"{group}.")
                same = _filled(REFUSED_AS.get(code, ""), _Named(), texts)
                yield Meaning(code, kind, text[texts.lang], same[1] if same else "")


def _filled(code: str, params: Mapping[str, object], texts: Texts) -> tuple[str, str] | None:
    for area in _AREAS:
        entries = catalogue(area)
        if f"{area}.{code}.cause" in entries:
            cause, cure = (
                entries[f"{area}.{code}.{part}"][texts.lang].format_map(params)
                for part in ("cause", "cure")
            )
            return cause, cure
    return None
