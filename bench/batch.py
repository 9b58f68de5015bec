"""200 accounts of 500 messages, five of them broken in different ways: `python bench/batch.py`.

The first run must bring every account that is in order and name what is wrong with each of the
others; then these are put right, and the same command must finish. Dovecot over TLS → the sandbox,
which keeps what it gets. Each run is measured: its start, its reports and certificates included.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.migration import Spent, measured
from tests.functional.batch import Batch, source
from tests.functional.dovecot import running_dovecot
from tests.functional.migration import stats, uploads


def _run(batch: Batch, *, mended: bool) -> tuple[Spent, Any, int, int]:
    """What it took, the report, and how many messages were sent and are there."""
    with batch.sandbox(mended=mended) as sandbox:
        folder = batch.migration(sandbox, mended=mended).directory
        words = [sys.executable, "-m", "mailhaul", "migrate", "run", "--dir", str(folder), "--json"]
        spent = measured(words, 0, code=0 if mended else 5)
        report = json.loads((folder / "reports" / "run.json").read_text("utf-8"))
        return spent, report, uploads(sandbox), stats(sandbox)["messages"]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--accounts", type=int, default=200)
    parser.add_argument("--messages", type=int, default=500)
    parser.add_argument("--size", type=int, default=2_000)
    given = parser.parse_args()
    with running_dovecot() as dovecot, tempfile.TemporaryDirectory() as name:
        batch = Batch(dovecot, Path(name), given.accounts, given.messages, given.size)
        for mended in (False, True):
            spent, report, sent, there = _run(batch, mended=mended)
            totals = report["totals"]
            print(f"{'mended' if mended else 'first run'}: {spent.seconds:,.0f} s", end=", ")
            print(f"{spent.cpu:,.0f} s of CPU, {spent.peak:,.0f} MiB, {sent:,} sent", end=", ")
            print(f"{sent / spent.seconds:,.0f} messages/s, {totals}")
            for each in report["accounts"]:
                if each["error"]:
                    print(f"  {each['source_user']}: {each['error']['code']}")
            broken = {} if mended else batch.broken
            assert {e["source_user"] for e in report["accounts"] if e["error"]} == {
                source(each) for each in broken
            }
            whole = (given.accounts - len(broken)) * given.messages
            assert totals["imported"] == whole == there, (totals, there)


if __name__ == "__main__":
    main()
