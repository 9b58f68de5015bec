"""`make reliability`: run the whole matrix and write down what came of it.

    python -m tests.crash.reliability [--workers N] [--json FILE] [--no-docs]

Exits with 1 when a trial failed; the tables are written all the same, and tell.
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

from tests.crash import matrix
from tests.crash.arena import Arena, arena
from tests.crash.matrix import Row
from tests.crash.report import rewritten, tables
from tests.crash.trial import MOMENTS, STEPS_EACH, Result, steps_of, trial

ROOT = Path(__file__).parents[2]
PAGES = {"en": ROOT / "docs" / "reliability.md", "ja": ROOT / "docs" / "reliability.ja.md"}

Trial = Callable[[Arena], Result]


def everything() -> list[Trial]:
    """All trials: rows of the matrix."""
    return [
        partial(trial, row=row, steps=steps_of(number, STEPS_EACH), moments=MOMENTS)
        for number, row in enumerate(matrix.rows())
    ]


def part(number: int, workers: int) -> list[Result]:
    """Every `workers`-th trial from this number on, each told of on standard error."""
    results = []
    with (
        tempfile.TemporaryDirectory(prefix="mailhaul-crash-") as directory,
        arena(Path(directory)) as place,
    ):
        for each in everything()[number::workers]:
            results.append(each(place))
            _tell(results[-1])
    return results


def run(workers: int) -> list[Result]:
    """All trials, in so many processes, each with servers of its own."""
    with tempfile.TemporaryDirectory(prefix="mailhaul-reliability-") as directory:
        files = [Path(directory, f"{number}.json") for number in range(workers)]
        command = [sys.executable, "-m", "tests.crash.reliability", "--workers", str(workers)]
        children = [
            subprocess.Popen([*command, "--part", str(number), "--json", str(file)], cwd=ROOT)
            for number, file in enumerate(files)
        ]
        codes = [child.wait() for child in children]
        if set(codes) - {0, 1}:
            raise RuntimeError(codes)
        parts = [json.loads(file.read_text("utf-8")) for file in files]
    # As they were dealt out.
    count = sum(map(len, parts))
    return [_result(parts[each % workers][each // workers]) for each in range(count)]


def _result(given: dict[str, object]) -> Result:
    row = given.pop("row")
    assert isinstance(row, dict)
    return Result(Row(**row), **given)  # type: ignore[arg-type]


def _tell(found: Result) -> None:
    figures = f"kills {found.kills}, lost {found.lost}, twice {found.twice}/{found.allowed}"
    line = f"{'ok  ' if found.passed else 'FAIL'} {found.what} {found.row}: {figures}"
    why = [] if found.passed else [*found.details, *found.wrong]
    print("\n    ".join([line, *why]), file=sys.stderr, flush=True)


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--part", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--no-docs", action="store_true")
    given = parser.parse_args(words)
    start = time.monotonic()
    whole = given.part is None
    results = run(given.workers) if whole else part(given.part, given.workers)
    if given.json:
        given.json.write_text(json.dumps([asdict(each) for each in results], indent=1), "utf-8")
    if whole and not given.no_docs:
        about = {
            "seconds": f"{time.monotonic() - start:.0f}",
            "version": version("mailhaul"),
            "date": time.strftime("%Y-%m-%d"),
        }
        for lang, page in PAGES.items():
            text = rewritten(page.read_text("utf-8"), tables(results, about, lang))
            page.write_text(text, "utf-8")
    failed = sum(not each.passed for each in results)
    if whole:
        kills = sum(each.kills for each in results)
        print(f"{len(results)} trials, {kills} kills, {failed} failed", file=sys.stderr)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
