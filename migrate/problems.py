"""What is wrong with a setting, told so that it can be put right.

A problem is a `UsageError` whose cause and cure stand in `texts/config_errors.toml`; its params
`where` (`accounts.csv:3`, `--key`) and `setting` (`[source] url`) place it. All problems of a
folder are gathered and raised at once. No problem ever quotes a value that may be a secret.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from migrate.errors import UsageError
from migrate.texts import Texts


class Problems(UsageError):
    """Several problems at once; `problems` holds each in the order of the files."""

    def __init__(self, problems: Sequence[UsageError]) -> None:
        self.problems = tuple(problems)
        super().__init__("several-problems", count=len(self.problems))


def raise_all(problems: Sequence[UsageError]) -> None:
    """Nothing for none, the problem itself for one, `Problems` for more."""
    if len(problems) > 1:
        raise Problems(problems)
    for problem in problems:
        raise problem


def flat(error: UsageError) -> tuple[UsageError, ...]:
    """The single problems of `error`."""
    return error.problems if isinstance(error, Problems) else (error,)


def explain(error: UsageError, texts: Texts) -> tuple[str, str]:
    """Cause and cure of a problem of this package, in the reader's language."""
    params = {"where": "", "setting": ""} | error.params
    if isinstance(error, Problems):
        gap = "" if texts.lang == "ja" else " "
        each = (gap.join(explain(problem, texts)) for problem in error.problems)
        params["list"] = "\n".join(f"- {line}" for line in each)
    place = f"{params['where']} {params['setting']}".strip()
    cause, cure = (
        texts(f"config_errors.{error.code}.{part}", **params) for part in ("cause", "cure")
    )
    return f"{place}: {cause}" if place else cause, cure


def near(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` was probably meant to be."""
    return next(iter(difflib.get_close_matches(word.casefold(), list(known), 1, 0.6)), None)


def misspelt(code: str, word: str, known: Sequence[str], **params: object) -> UsageError:
    """Problem `<code>-near` with a `suggestion`, or `<code>` with the list of all `known`."""
    suggestion = near(word, known)
    if suggestion:
        return UsageError(f"{code}-near", word=word, suggestion=suggestion, **params)
    return UsageError(code, word=word, known=", ".join(known), **params)
