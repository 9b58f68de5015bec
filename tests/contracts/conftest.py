"""The contract suite runs against the sandbox or, where a rule is certain, against a real tenant:
`MAILHAUL_CONTRACT_KEY_FILE` and `MAILHAUL_CONTRACT_USER` name a key and a mailbox for tests only.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from migrate.sandbox.embed import running
from tests.contracts.gmail import Mailbox


@pytest.fixture(scope="session")
def mailbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailbox]:
    key_file = os.environ.get("MAILHAUL_CONTRACT_KEY_FILE")
    if key_file:
        user = os.environ["MAILHAUL_CONTRACT_USER"]
        tenant = Mailbox("https://gmail.googleapis.com", Path(key_file), user, real=True)
        yield tenant
        for start in range(0, len(tenant.made), 1000):
            ids = tenant.made[start : start + 1000]
            tenant.users().messages().batchDelete(userId="me", body={"ids": ids}).execute()
        return
    data = tmp_path_factory.mktemp("sandbox")
    with running(data, "owner@example.org,other@example.org") as sandbox:
        yield Mailbox(sandbox.url, sandbox.key_file, "owner@example.org")


@pytest.fixture
def assumed(mailbox: Mailbox) -> None:
    """For tests of behaviour that nobody has verified at Google: sandbox only."""
    if mailbox.real:
        pytest.skip("an assumption, not a certain rule")
