"""The sections after page one, in their order."""

from __future__ import annotations

from assess.report.paper import Section
from assess.report.sections import answers, costs, method, posture, sources, vetoes
from assess.report.view import View


def sections(view: View) -> list[Section]:
    parts = (posture, costs, answers, vetoes, method, sources)
    return [each.section(view) for each in parts]
