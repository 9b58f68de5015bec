"""What is wrong with a catalogue, an answers file or a command, told so that it can be put right.

Cause and cure stand in `texts/errors.toml`, those of answers in `texts/ask_errors.toml`. The
params `where` (`questions.toml`, `answers.toml:12`) and `setting` (`[question.fte] role`) place a
problem. All problems of a file are gathered and raised at once.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from console.errors import EXIT_USAGE, MailhaulError


class AssessError(MailhaulError):
    """An expected error of the assessment; nothing was changed."""

    exit_code = EXIT_USAGE


class Problems(AssessError):
    """Several problems at once; `problems` holds each in the order of the files."""

    def __init__(self, problems: Sequence[AssessError]) -> None:
        self.problems = tuple(problems)
        super().__init__("several-problems", count=len(self.problems))


def raise_all(problems: Sequence[AssessError]) -> None:
    """Nothing for none, the problem itself for one, `Problems` for more."""
    if len(problems) > 1:
        raise Problems(problems)
    for problem in problems:
        raise problem


def misspelt(code: str, word: str, known: Sequence[str], **params: object) -> AssessError:
    """Problem `<code>-near` with a `suggestion`, or `<code>` with the list of all `known`."""
    near = difflib.get_close_matches(word.casefold(), known, 1, 0.6)
    if near:
        return AssessError(f"{code}-near", word=word, suggestion=near[0], **params)
    return AssessError(code, word=word, known=", ".join(known), **params)
