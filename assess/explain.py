"""Cause and cure of an error, in the reader's language."""

from __future__ import annotations

from pathlib import Path

from assess.errors import Problems
from assess.texts import Texts
from console.errors import MailhaulError
from console.visible import visible

_AREAS = ("errors", "ask_errors")


def explain(error: MailhaulError, texts: Texts) -> tuple[str, str]:
    """(cause, cure) from the texts; KeyError for a code without an entry there."""
    params = {"where": "", "setting": ""} | error.params
    # A line end in somebody's file must not begin a line of ours.
    params = {
        key: visible(str(each)) if isinstance(each, str | Path) else each
        for key, each in params.items()
    }
    if isinstance(error, Problems):
        gap = "" if texts.lang == "ja" else " "
        each = (gap.join(explain(problem, texts)) for problem in error.problems)
        params["list"] = "\n".join(f"- {line}" for line in each)
    place = f"{params['where']} {params['setting']}".strip()
    area = "ask_errors" if f"ask_errors.{error.code}.cause" in texts else "errors"
    cause, cure = (texts(f"{area}.{error.code}.{part}", **params) for part in ("cause", "cure"))
    return f"{place}: {cause}" if place else cause, cure
