"""What a reviewed plan says of folders, in the run that it binds and in those after it."""

from __future__ import annotations

import pytest

from migrate.errors import BrakeError
from migrate.labels import LabelRules
from migrate.ledger import scanning
from tests.unit.scanned import Desk, FakeSource, listed


def test_a_plan_that_binds_knows_every_folder(desk: Desk) -> None:
    content = FakeSource(Work=[listed(1)], Parent=[])
    content.attributes["Parent"] = "\\noselect"
    desk.scan(content, planned=frozenset({"Work"}))
    content.messages["New"], content.validity["New"] = [listed(2)], 7
    with pytest.raises(BrakeError) as refused:
        desk.scan(content, planned=frozenset({"Work"}))
    assert (refused.value.code, refused.value.params) == ("plan-new-folder", {"folder": "New"})
    assert set(desk.states()) == {1}


def test_what_a_plan_made_of_a_folder_stays(desk: Desk) -> None:
    """Until another plan says otherwise, also when the folder is rebuilt."""
    content = FakeSource(Work=[listed(1)], Old=[listed(2)], Other=[listed(3)])
    reviewed = {"Work": "Agreed", "Old": None, "Other": "Other"}
    desk.scan(content, rules=LabelRules(reviewed=reviewed))
    content.validity["Work"] = 8
    content.messages["New"], content.validity["New"] = [listed(4)], 7
    for _ in range(2):
        desk.scan(content, rules=LabelRules(prefix="All"))
        with desk.ledger.read() as conn:
            labels = {each.name: each.label for each in scanning.folders(conn, desk.account.id)}
        assert labels == {"Work": "Agreed", "Old": None, "Other": "All/Other", "New": "All/New"}
    back = LabelRules(reviewed={"Work": "Work", "Old": "Old", "Other": "Other", "New": "New"})
    desk.scan(content, rules=back)
    desk.scan(content, rules=LabelRules(prefix="All"))
    with desk.ledger.read() as conn:
        labels = {each.name: each.label for each in scanning.folders(conn, desk.account.id)}
    assert labels == {name: f"All/{name}" for name in ("Work", "Old", "Other", "New")}
