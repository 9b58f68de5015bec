"""One sandbox for all; each example takes a mailbox of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sandboxes import running

from ..functional.every_case.embedded import Places


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    data = tmp_path_factory.mktemp("property")
    with running(data / "sandbox") as sandbox:
        yield Places(sandbox, data)
