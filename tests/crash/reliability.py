"""`make reliability`: run the whole matrix and write down what came of it.

    python -m tests.crash.reliability [--workers N] [--only WHAT] [--json FILE] [--no-docs]
    python -m tests.crash.reliability --from FILE…

`--only` runs `copy`, `second pass` or `undo` alone, `--from` writes the tables of what was kept
with `--json`. Exits with 1 when a trial failed; the tables are written all the same, and tell.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from importlib.metadata import version
from pathlib import Path

from tests.crash import following, matrix
from tests.crash.arena import Arena, arena
from tests.crash.following import second_pass
from tests.crash.killer import FOLLOWING, UNDOING
from tests.crash.matrix import Row
from tests.crash.report import rewritten, tables
from tests.crash.trial import MOMENTS, STEPS_EACH, Result, steps_of, trial
from tests.crash.undoing import undo

ROOT = Path(__file__).parents[2]
PAGES = {"en": ROOT / "docs" / "reliability.md", "ja": ROOT / "docs" / "reliability.ja.md"}

Trial = Callable[[Arena], Result]


def everything(only: str | None = None) -> list[Trial]:
    """All trials: rows of the matrix, second passes, undos."""
    copies: list[Trial] = [
        partial(trial, row=row, steps=steps_of(number, STEPS_EACH), moments=MOMENTS)
        for number, row in enumerate(matrix.rows())
    ]
    steps = list(FOLLOWING)
    passes: list[Trial] = [
        partial(second_pass, row=row, steps=steps, moments=2) for row in following.rows()
    ]
    undos: list[Trial] = [
        partial(undo, row=row, steps=list(UNDOING), moments=2, given_up=given_up)
        for row in following.rows()
        for given_up in (False, True)
    ]
    found = {"copy": copies, "second pass": passes, "undo": undos}
    return found[only] if only else [*copies, *passes, *undos]


def part(number: int, workers: int, only: str | None) -> list[Result]:
    """Every `workers`-th trial from this number on, each told of on standard error."""
    results = []
    with (
        tempfile.TemporaryDirectory(prefix="mailhaul-crash-") as directory,
        arena(Path(directory)) as place,
    ):
        for each in everything(only)[number::workers]:
            results.append(each(place))
            _tell(results[-1])
    return results


def run(workers: int, only: str | None) -> list[Result]:
    """All trials, in so many processes, each with servers of its own."""
    with tempfile.TemporaryDirectory(prefix="mailhaul-reliability-") as directory:
        files = [Path(directory, f"{number}.json") for number in range(workers)]
        command = [sys.executable, "-m", "tests.crash.reliability", "--workers", str(workers)]
        command += ["--only", only] if only else []
        children = [
            subprocess.Popen([*command, "--part", str(number), "--json", str(file)], cwd=ROOT)
            for number, file in enumerate(files)
        ]
        codes = [child.wait() for child in children]
        if set(codes) - {0, 1} or not all(file.exists() for file in files):
            raise RuntimeError(f"a part broke off (exit codes {codes}); what it said stands above")
        parts = [kept(file)[0] for file in files]
    # As they were dealt out.
    count = sum(map(len, parts))
    return [parts[each % workers][each // workers] for each in range(count)]


def kept(file: Path) -> tuple[list[Result], float]:
    """What `--json` has kept, and how many seconds it took."""
    whole = json.loads(file.read_text("utf-8"))
    results = [Result(Row(**each.pop("row")), **each) for each in whole["results"]]
    return results, whole["seconds"]


def write(results: Sequence[Result], seconds: float) -> None:
    """The tables in both documents."""
    about = {
        "seconds": f"{seconds:,.0f}",
        "version": version("mailhaul"),
        "date": time.strftime("%Y-%m-%d"),
    }
    for lang, page in PAGES.items():
        text = rewritten(page.read_text("utf-8"), tables(results, about, lang))
        page.write_text(text, "utf-8")


def _tell(found: Result) -> None:
    figures = f"kills {found.kills}, lost {found.lost}, twice {found.twice}/{found.allowed}"
    line = f"{'ok  ' if found.passed else 'FAIL'} {found.what} {found.row}: {figures}"
    why = [] if found.passed else [*found.details, *found.wrong]
    print("\n    ".join([line, *why]), file=sys.stderr, flush=True)


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--part", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--only", choices=["copy", "second pass", "undo"])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--no-docs", action="store_true")
    parser.add_argument("--from", dest="files", type=Path, nargs="+")
    given = parser.parse_args(words)
    start = time.monotonic()
    whole = given.part is None
    if given.files:
        found = [kept(file) for file in given.files]
        results = [each for some, _ in found for each in some]
        seconds = sum(taken for _, taken in found)
    else:
        only = given.only
        results = run(given.workers, only) if whole else part(given.part, given.workers, only)
        seconds = time.monotonic() - start
    if given.json:
        document = {"seconds": seconds, "results": [asdict(each) for each in results]}
        given.json.write_text(json.dumps(document, indent=1), "utf-8")
    if whole and not given.no_docs:
        write(results, seconds)
    failed = sum(not each.passed for each in results)
    if whole:
        kills = sum(each.kills for each in results)
        print(f"{len(results)} trials, {kills} kills, {failed} failed", file=sys.stderr)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
