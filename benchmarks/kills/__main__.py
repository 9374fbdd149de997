"""`python -m benchmarks.kills`: kill runs, print what came of it, exit 1 when anything was lost."""

from __future__ import annotations

import argparse
import itertools
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.kills.matrix import Found, Scenario, kill, scenarios
from benchmarks.kills.stages import STAGES


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.kills", description="omnictl run, killed in every stage"
    )
    parser.add_argument("--kills", type=int, default=200, help="how many; default 200")
    parser.add_argument("--rows", type=int, default=8_000, help="calls of one file; default 8,000")
    parser.add_argument("--seed", type=int, default=1, help="of the exports and of the moments; default 1")
    parser.add_argument("--folder", type=Path, help="where to work, and leave the stores; default: a temporary folder")
    given = parser.parse_args()
    folder = (given.folder or Path(tempfile.mkdtemp(prefix="omnictl-kills-"))).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    draw = random.Random(given.seed)
    try:
        made = scenarios(folder, given.rows, given.seed)
        found = killed(folder, made, given.kills, draw)
    except RuntimeError as error:  # a run that nobody killed is not as it should be
        print(error, file=sys.stderr)
        return 1
    finally:
        if given.folder is None:
            shutil.rmtree(folder, ignore_errors=True)
    print(report(made, found))
    return 1 if found.losses else 0


def killed(folder: Path, made: list[Scenario], kills: int, draw: random.Random) -> Found:
    """Kill so many runs, every stage of every scenario in turn."""
    found = Found()
    began = time.monotonic()
    for scenario, stage in itertools.cycle(itertools.product(made, STAGES)):
        if (done := sum(found.kills.values())) >= kills:
            return found
        before = len(found.losses)
        kill(folder, scenario, stage, draw, found)
        for where, hit, lost in found.losses[before:]:
            print(f"lost: {where}, {hit}: {lost}", file=sys.stderr, flush=True)
        if done % 20 == 0:
            print(f"{done} of {kills} killed, {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return found


def report(made: list[Scenario], found: Found) -> str:
    """The tables as text: kills by stage, and the hash of every table after the reruns."""
    names = [scenario.name for scenario in made]
    lines = [f"{'stage hit':12}" + "".join(f"{name:>16}" for name in names) + f"{'losses':>10}"]
    for stage in STAGES:
        lost = sum(1 for _, hit, _ in found.losses if hit == stage)
        lines.append(f"{stage:12}" + "".join(f"{found.kills[name, stage]:16}" for name in names) + f"{lost:10}")
    killed_of = {name: sum(count for (where, _), count in found.kills.items() if where == name) for name in names}
    lines.append(f"{'kills':12}" + "".join(f"{killed_of[name]:16}" for name in names) + f"{len(found.losses):10}")
    lines.append(f"{'reruns':12}" + "".join(f"{found.reruns[name]:16}" for name in names))
    for scenario in made:
        lines += ["", f"{scenario.name}: rows and hash after the reruns"]
        for table, told in scenario.after.items():
            reached = found.hashes.get(scenario.name, {}).get(table, set())
            if not reached or (told.startswith("0 rows") and reached == {told}):
                continue
            verdict = "as never killed" if reached == {told} else f"{len(reached | {told})} states"
            lines.append(f"  {table:14}{told:>34}  {verdict}")
    missed = [stage for stage in STAGES if not any(found.kills[name, stage] for name in names)]
    lines += ["", f"kills: {sum(found.kills.values())}, reruns: {sum(found.reruns.values())}"]
    if missed:
        lines.append(f"stages never hit: {', '.join(missed)}")
    return "\n".join([*lines, f"losses: {len(found.losses)}"])


if __name__ == "__main__":
    sys.exit(main())
