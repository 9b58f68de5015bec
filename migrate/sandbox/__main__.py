"""`python -m migrate.sandbox`: the server without the rest of mailhaul; options as `serve` has."""

from __future__ import annotations

import console.starting  # noqa: F401 - before everything else

# isort: split
import argparse
import sys
from pathlib import Path

from migrate.sandbox.assumptions import parse, size
from migrate.sandbox.options import Options, addresses, seconds, share, signed_seconds, whole


def options(argv: list[str] | None = None) -> Options:
    parser = argparse.ArgumentParser(prog="python -m migrate.sandbox", allow_abbrev=False)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--key-out", dest="key_file", type=Path)
    parser.add_argument("--adc-out", type=Path)
    parser.add_argument("--client-out", type=Path)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--users", type=addresses, default=frozenset())
    parser.add_argument("--directory", type=Path)
    parser.add_argument("--quota", choices=("2026", "legacy", "off"), default="off")
    for name in ("--units-per-user", "--units-per-project", "--units-per-day"):
        parser.add_argument(name, type=whole)
    parser.add_argument("--latency", type=seconds, default=0.0)
    parser.add_argument("--faults", type=Path)
    parser.add_argument("--discard", action="store_true")
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--assume", action="append", default=[])
    parser.add_argument("--storage-limit", type=size, default=0)
    parser.add_argument("--spam-share", type=share, default=0.0)
    parser.add_argument("--clock-skew", type=signed_seconds, default=0.0)
    parser.add_argument("--search-lag", type=seconds, default=0.0)
    parser.add_argument("--upload-lifetime", type=seconds, default=604_800.0)
    parser.add_argument("--authorized-scopes", type=lambda text: frozenset(text.split(",")))
    parser.add_argument("--token-lifetime", type=seconds, default=3600.0)
    parser.add_argument("--history-kept", type=int, default=1_000_000)
    parser.add_argument("--json", action="store_true")
    given = vars(parser.parse_args(argv))
    if not (given["users"] or given["directory"]):
        given["users"] = None
    return Options(**given | {"assume": parse(given["assume"])})


if __name__ == "__main__":
    from migrate.sandbox.server import serve

    try:
        serve(options())
    except (OSError, ValueError) as error:
        sys.exit(f"sandbox: {error}")
