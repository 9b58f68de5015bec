"""One sandbox for all; each example takes a mailbox of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from migrate.sandbox.embed import running

from .mailbox import Mover


@pytest.fixture(scope="module")
def mover(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mover]:
    data = tmp_path_factory.mktemp("property")
    with running(data / "sandbox") as sandbox:
        yield Mover(sandbox, data)
