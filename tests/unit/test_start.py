"""What a command imports before it does anything. Each import is paid for at every start."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_HEAVY = {
    "asyncio",
    "cryptography",
    "dns",
    "google.auth",
    "googleapiclient",
    "httplib2",
    "imapclient",
    "jinja2",
    "oauthlib",
    "pycurl",
    "pydantic",
    "sqlalchemy",
    "uvicorn",
    "xlsxwriter",
}
_SHOW = """
import atexit, sys
atexit.register(lambda: print(*sys.modules, file=sys.stderr))
from mailhaul import app
app()
"""


def imported(*words: str) -> set[str]:
    """All modules that are there when this command line has ended well."""
    done = subprocess.run(
        [sys.executable, "-c", _SHOW, *words], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout
    return set(done.stderr.split())


@pytest.mark.parametrize(
    ("words", "needed", "other"),
    [
        (["--help"], "console.later", "migrate.cli"),
        (["migrate", "run", "--help"], "migrate.cli.copying", "migrate.cli.undoing"),
        (["sandbox", "serve", "--help"], "migrate.cli.sandbox", "assess"),
    ],
)
def test_a_help_imports_nothing_of_the_work(words: list[str], needed: str, other: str) -> None:
    modules = imported(*words)
    assert needed in modules
    assert modules & (_HEAVY | {other}) == set()
