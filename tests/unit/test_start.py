"""What a command imports before it does anything. Each import is paid for at every start."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from migrate.config import init_files, load, private_directory
from migrate.ledger import Ledger

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
import atexit, gc, sys
usual = gc.get_threshold()
def show():
    looks = sum(each["collections"] for each in gc.get_stats()[1:])
    assert gc.get_freeze_count() > 1000, "Python will look through all of it when it ends"
    gc.unfreeze()
    gc.collect()
    print(looks, gc.get_threshold() == usual, *sys.modules, file=sys.stderr)
atexit.register(show)
from mailhaul import app
app()
"""


def imported(*words: str) -> set[str]:
    """All modules that are there when this command line has ended well.

    Until then nobody looks for cycles among older objects, and from the first look on as usual.
    """
    done = subprocess.run(
        [sys.executable, "-c", _SHOW, *words], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout
    looks, as_usual, *modules = done.stderr.split()
    assert (looks, as_usual) == ("0", "True")
    return set(modules)


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


def test_a_look_at_the_ledger_imports_neither_side(tmp_path: Path) -> None:
    init_files(tmp_path, source_url="imaps://mail.example.jp")
    config = load(tmp_path)
    private_directory(config.ledger_path.parent)
    with Ledger(config.ledger_url):
        pass
    modules = imported("migrate", "status", "--dir", str(tmp_path))
    assert "sqlalchemy.dialects.sqlite" in modules
    assert modules & {"migrate.message", "sqlalchemy.dialects.postgresql"} == set()
    assert modules & (_HEAVY - {"asyncio", "pydantic", "sqlalchemy"}) == set()
