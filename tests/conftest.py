"""With CI=true a skipped test is a failure: it would hide that something is not tested any more."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# A busy machine is no failure of the code under test.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


LONGEST_FIRST = ("crash", "functional", "property", "golden", "contracts", "unit")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In the order in which the files are given to the workers (Makefile), the short ones, which
    come last, fill what the long ones leave of the time."""
    here = Path(__file__).parent
    items.sort(key=lambda each: LONGEST_FIRST.index(each.path.relative_to(here).parts[0]))


def _skipped(config: pytest.Config) -> int:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or os.environ.get("CI") != "true":
        return 0
    return len(reporter.stats.get("skipped", ()))


def pytest_sessionfinish(session: pytest.Session) -> None:
    if _skipped(session.config) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if count := _skipped(config):
        terminalreporter.write_line(f"{count} skipped: with CI=true that is a failure", red=True)
