"""What has changed between two plans is told in words, verdicts too."""

from __future__ import annotations

import pytest

from migrate.report.document import Change, Document, Totals
from migrate.report.rows import changes
from migrate.texts import Lang, Texts


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_a_verdict_is_no_code(lang: Lang) -> None:
    texts = Texts(lang)
    document = Document("plan", None, True, Totals(), [], "", "")
    document.changes = [Change("", "", "predicted", "from-missing: 6", "from-missing: 0")]
    ((_, _, what, before, after),) = changes(document, texts)
    assert what == texts("report.change.predicted")
    sentence = texts("rules.verdict.from-missing")
    assert (before, after) == (f"{sentence} 6", f"{sentence} 0")
