"""What several unit tests stand on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.ledgers import opened
from tests.unit.scanned import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """An account in an empty ledger, to scan into."""
    with opened(tmp_path) as ledger:
        yield Desk(ledger)
