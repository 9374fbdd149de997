"""`python -m benchmarks`: measure, print the table, exit 1 when a target is missed."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks.measures import MEASURES
from benchmarks.pairs import Measure, report


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="omnictl beside hand-written DuckDB")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"what to measure: {', '.join(MEASURES)}; default all")
    parser.add_argument("--rows", type=int, default=10_000_000, help="rows of the large store; default 10,000,000")
    parser.add_argument("--pairs", type=int, default=5, help="least number of pairs; default 5")
    parser.add_argument("--folder", type=Path, help="where to make the data, and leave it; default: a temporary folder")
    given = parser.parse_args()
    unknown = [name for name in given.names if name not in MEASURES]
    if unknown:
        parser.error(f"no such measure: {', '.join(unknown)}; there are {', '.join(MEASURES)}")
    folder = (given.folder or Path(tempfile.mkdtemp(prefix="omnictl-benchmarks-"))).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    found: list[Measure] = []
    try:
        for name, measure in MEASURES.items():
            if given.names and name not in given.names:
                continue
            for line in measure(folder, given.rows, given.pairs):
                print(f"{line.name}: {line.value:.2f} {line.unit}", file=sys.stderr, flush=True)
                found.append(line)
    finally:
        if given.folder is None:
            shutil.rmtree(folder, ignore_errors=True)
    print(report(found))
    return 0 if all(line.met for line in found) else 1


if __name__ == "__main__":
    sys.exit(main())
