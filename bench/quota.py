"""How the quota is kept: `python bench/quota.py [--minutes 3] [--svg FILE]`.

A real `mailhaul migrate run` from Dovecot into the sandbox, which enforces a limit and answers
after 150 ms: with the limits of new and of older projects, and with one that nobody told mailhaul
and that no refusal names. Beside it an hour in virtual time (`simulated.py`). Prints the figures
and, with `--svg`, draws them.
"""

from __future__ import annotations

import argparse
import http.client
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench import plot, simulated
from bench.child import ROOT
from bench.folder import PASSWORD, target_of, write
from bench.load import Target
from bench.mail import mailbox
from migrate.sandbox.embed import Running, running
from tests.functional.dovecot import running_dovecot

USER = "user@example.jp"
LATENCY, IMPORT = "150ms", 25
SAMPLE = 0.25


@dataclass(frozen=True, slots=True)
class Case:
    title: str
    limit: int
    """Units a minute that the sandbox allows."""
    configured: int
    minutes: float
    since: float
    """Seconds from when on the quota is to be held."""
    counted: str = "fixed"
    """How the sandbox counts its minutes."""


CASES = (
    Case("6,000 units a minute", 6_000, 6_000, 1, 0),
    Case("15,000 units a minute", 15_000, 15_000, 1, 0),
    Case("6,000 in any sixty seconds", 6_000, 6_000, 1, 0, "sliding"),
    Case("6,000, unknown; 15,000 configured", 6_000, 15_000, 2, 90),
)


@dataclass(frozen=True, slots=True)
class Sample:
    at: float
    units: int
    """Of all requests that the sandbox carried out so far."""
    requests: int
    refused: int


def measure(case: Case, minutes: float) -> plot.Panel:
    count = int(case.minutes * minutes * case.limit / IMPORT)
    options = ["--quota", "2026", "--units-per-user", str(case.limit), "--latency", LATENCY]
    options += ["--assume", "quota-details=none", "--assume", f"quota-minute={case.counted}"]
    with (
        tempfile.TemporaryDirectory() as name,
        running_dovecot() as server,
        running(Path(name, "sandbox"), target_of(USER), extra=options) as gmail,
    ):
        server.add_user(USER, PASSWORD)
        for folder, found in mailbox(USER, count).items():
            server.seed(USER, folder, found)
        move = Path(name, "move")
        move.mkdir(mode=0o700)
        target = Target(gmail.url, gmail.key_file, gmail.ca_file)
        limits = f"units_per_minute_user = {case.configured}\n"
        write(move, server.imaps_port, server.ca, target, [USER], limits)
        samples = _watched(move, gmail, count)
    return _panel(case, samples)


def _watched(move: Path, gmail: Running, count: int) -> list[Sample]:
    """Run it to its end; what the sandbox had seen by then, four times a second."""
    words = [sys.executable, "-m", "mailhaul", "migrate", "run", "--dir", str(move), "--json"]
    with tempfile.TemporaryFile() as out:
        child = subprocess.Popen(words, stdout=out, stderr=out, cwd=ROOT)
        samples, begun = [_sample(gmail, 0.0)], time.monotonic()
        while child.poll() is None:
            time.sleep(SAMPLE)
            samples.append(_sample(gmail, time.monotonic() - begun))
        out.seek(0)
        said = out.read().decode()
    assert child.returncode == 0 and f'"imported": {count}' in said, said[-2000:]
    return samples


def _sample(gmail: Running, at: float) -> Sample:
    address = urlsplit(gmail.url)
    assert address.hostname
    connection = http.client.HTTPConnection(address.hostname, address.port)
    connection.request("GET", "/_sandbox/stats")
    found = json.loads(connection.getresponse().read())
    connection.close()
    refused = sum(found["statuses"].get(status, 0) for status in ("403", "429"))
    requests = sum(n for name, n in found["requests"].items() if name.startswith("gmail."))
    return Sample(at, sum(found["units"].values()), requests, refused)


def _panel(case: Case, samples: Sequence[Sample]) -> plot.Panel:
    """From the first import to the last."""
    imports = [after for before, after in pairwise(samples) if after.units - before.units >= IMPORT]
    begun, ended = imports[0], imports[-1]
    held = [each for each in imports if each.at >= begun.at + case.since]
    units = held[-1].units - held[0].units
    share = units / (held[-1].at - held[0].at) / (case.limit / 60)
    moments = [
        (after.at - begun.at, after.units - before.units, after.refused - before.refused)
        for before, after in pairwise(samples)
        if begun.at <= after.at <= ended.at
    ]
    last = samples[-1]
    return plot.Panel(
        case.title, case.limit / 60, case.since, moments, share, last.requests, last.refused
    )


def simulate(limit: int, configured: int, since: float) -> plot.Panel:
    hour = 3600.0
    sent = simulated.simulate(simulated.SlidingMinute(limit), configured, hour)
    moments = [(each.at, IMPORT * each.accepted, int(not each.accepted)) for each in sent]
    share = simulated.held(sent, limit, since, hour)
    refused = sum(not each.accepted for each in sent)
    title = f"an hour, simulated: {limit:,}, unknown; {configured:,} configured"
    return plot.Panel(title, limit / 60, since, moments, share, len(sent), refused)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=2.5, help="of each real run")
    parser.add_argument("--svg", type=Path, help="where the plot is written")
    given = parser.parse_args()
    panels = []
    for case in CASES:
        panels.append(measure(case, given.minutes))
        print(plot.row(panels[-1]), flush=True)
    panels.append(simulate(6_000, 15_000, 120))
    print(plot.row(panels[-1]))
    if given.svg:
        given.svg.write_text(plot.svg(panels), encoding="utf-8")


if __name__ == "__main__":
    main()
