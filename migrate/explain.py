"""Cause and cure of every error, in the reader's language, from the catalogues of texts."""

from __future__ import annotations

from collections.abc import Mapping

from migrate import problems
from migrate.errors import MailhaulError, UsageError
from migrate.texts import Texts, catalogue

_AREAS = ("errors", "source_errors", "config_errors")


class _Params(dict[str, object]):
    """A report that is made again later may not know every parameter any more."""

    def __missing__(self, _: str) -> str:
        return "…"


def explain(error: MailhaulError, texts: Texts) -> tuple[str, str]:
    """(cause, cure) of an error that was just raised."""
    if isinstance(error, UsageError) and f"config_errors.{error.code}.cause" in texts:
        return problems.explain(error, texts)
    return explain_code(error.code, error.params, texts)


def explain_code(code: str, params: Mapping[str, object], texts: Texts) -> tuple[str, str]:
    """(cause, cure) of a code of the ledger; the code itself when it has no text."""
    for area in _AREAS:
        entries = catalogue(area)
        if f"{area}.{code}.cause" in entries:
            cause, cure = (
                entries[f"{area}.{code}.{part}"][texts.lang].format_map(_Params(params))
                for part in ("cause", "cure")
            )
            return cause, cure
    return code, ""
