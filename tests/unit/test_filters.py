"""Which messages a filter leaves out, and what it does where nothing is known."""

from __future__ import annotations

from datetime import date

import pytest

from migrate.filters import Filters, start_of

DAY = 86_400


@pytest.mark.parametrize(
    ("filters", "message", "rule"),
    [
        (Filters(), {}, None),
        (Filters(since=5 * DAY), {"dated": 5 * DAY - 1}, "filter-since"),
        (Filters(since=5 * DAY), {"dated": 5 * DAY}, None),
        (Filters(before=5 * DAY), {"dated": 5 * DAY}, "filter-before"),
        (Filters(before=5 * DAY), {"dated": 5 * DAY - 1}, None),
        (Filters(since=5 * DAY, before=5 * DAY), {"dated": None}, None),
        (Filters(min_size=10), {"size": 9}, "filter-min-size"),
        (Filters(min_size=10), {"size": 10}, None),
        (Filters(min_size=10), {"size": 0}, None),
        (Filters(max_size=10), {"size": 11}, "filter-max-size"),
        (Filters(max_size=10), {"size": 10}, None),
        (Filters(search="SEEN"), {"matched": {2}}, "filter-search"),
        (Filters(search="SEEN"), {"matched": {1}}, None),
        (Filters(skip_deleted=True), {"flags": {"\\Deleted"}}, "deleted"),
        (Filters(), {"flags": {"\\Deleted"}}, None),
    ],
)
def test_rule(filters: Filters, message: dict[str, object], rule: str | None) -> None:
    known = {"uid": 1, "flags": set(), "size": 100, "dated": 0, "matched": None}
    assert filters.rule(**(known | message)) == rule  # type: ignore[arg-type]


def test_a_day_begins_at_midnight_utc() -> None:
    assert start_of(date(1970, 1, 3)) == 2 * DAY
    assert start_of(None) is None
