"""With CI=true a skipped test is a failure: it would hide that something is not tested any more."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

# A busy machine is no failure of the code under test.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


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
