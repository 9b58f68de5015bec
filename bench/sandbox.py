"""How many imports a second the sandbox takes: `python bench/sandbox.py`.

Each round runs the bare stub and the sandbox one after the other, so that their ratio survives a
noisy machine. Server and load generator share the processor. `--stored N` first fills the sandbox
with N small messages.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.load import Target, run
from bench.stub import running as stub_running
from migrate.sandbox.embed import running


@contextmanager
def sandbox(extra: list[str]) -> Iterator[tuple[Target, int]]:
    with (
        tempfile.TemporaryDirectory() as folder,
        running(Path(folder), extra=["--tls", *extra]) as child,
    ):
        yield Target(child.url, child.key_file, child.ca_file), child.pid


def resident(pid: int) -> float:
    """Peak resident memory of a process in MiB; 0 when it has ended."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next((int(each.split()[1]) for each in lines if each.startswith("VmHWM")), 0) / 1024


def spent(pid: int) -> float:
    """CPU seconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=5000)
    parser.add_argument("--size", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--stored", type=int, default=0)
    given = parser.parse_args()
    kinds: dict[str, list[str]] = {"sandbox": [], "sandbox --discard": ["--discard"]}
    for name, extra in kinds.items():
        rates, ratios, cpu = [], [], []
        with sandbox(extra) as (target, pid), stub_running(target) as bare:
            if given.stored:
                filled = run(target, given.stored, 400)
                print(f"{name}: filled with {given.stored} messages at {filled.rate():.0f}/s")
            for _ in range(given.rounds):
                base = run(bare, given.messages, given.size)
                before = spent(pid)
                result = run(target, given.messages, given.size)
                assert set(result.statuses) == {200}, result.statuses
                rates.append(result.rate())
                ratios.append(result.rate() / base.rate())
                cpu.append((spent(pid) - before) / given.messages * 1000)
            print(
                f"{name}: {statistics.median(rates):.0f} imports/s of {given.size} bytes, "
                f"{statistics.median(cpu):.2f} CPU s per 1,000, "
                f"{statistics.median(ratios):.2f} of the bare stub, {resident(pid):.0f} MiB peak"
            )


if __name__ == "__main__":
    main()
