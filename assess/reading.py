"""An assessment from files: answers and an organisation's own entries, or a report of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pydantic import ValidationError

from assess import answers_file
from assess.answers import Answers
from assess.catalog import Catalog, digest, load
from assess.catalog.model import Value
from assess.conditions import counting
from assess.errors import AssessError
from assess.fit.score import DRAWS, Files, score
from assess.result import Assessment


@dataclass(frozen=True)
class Case:
    """What is assessed."""

    catalog: Catalog
    answers: Answers
    files: Files

    def assess(self, today: date, *, draws: int = DRAWS, seed: int | None = None) -> Assessment:
        """The result; with the `seed` of another result, to compare with it."""
        return score(self.catalog, self.answers, self.files, today=today, draws=draws, seed=seed)

    def again(self, report: Assessment) -> Assessment:
        """What the inputs of `report` give, for its date and number of draws."""
        return self.assess(report.as_of, draws=report.inputs.draws)

    @property
    def values(self) -> dict[str, Value]:
        """The answers that count."""
        return counting(self.catalog.questions, self.answers.values)


def read(answers: Path, own: Path | None) -> Case:
    """AssessError, Problems: all that is wrong in either file."""
    catalog = load(own)
    overrides = None if own is None else answers_file.text(own)
    text = answers_file.text(answers)
    given = answers_file.loads(text, catalog, str(answers))
    return Case(catalog, given, Files(text, overrides, digest()))


def read_report(path: Path) -> tuple[Assessment, Case]:
    """A report, and the case that it says it was made from."""
    try:
        text = answers_file.text(path, missing="report-missing")
        report = Assessment.model_validate_json(text.removeprefix("\ufeff"))
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(each) for each in first["loc"])
        raise AssessError("report-unreadable", where=path, setting=field) from None
    inputs = report.inputs
    catalog = load(override_text=inputs.overrides)
    given = answers_file.loads(inputs.answers, catalog, str(path))
    return report, Case(catalog, given, Files(inputs.answers, inputs.overrides, digest()))
