"""The matrix: what is loaded, times the stage in which the run is killed."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from benchmarks.kills.exports import FIRST_LOAD, INCREMENTS, Exports
from benchmarks.kills.runs import Aim, Trace, aims, killed_run, plain_run, traced_run
from benchmarks.kills.stages import STAGES, publishing
from benchmarks.kills.state import State, differences, published_state

AGAIN = 0.2  # the share of kills after which the next run is killed too


@dataclass(frozen=True)
class Scenario:
    """A workspace before a run, and what the run does when nobody kills it."""

    name: str
    start: Path
    before: State | None
    after: State
    trace: Trace
    left: frozenset[str]  # the files in the store's folder after it


@dataclass
class Found:
    """What came of the kills."""

    kills: Counter[tuple[str, str]] = field(default_factory=Counter)  # by scenario and stage
    reruns: Counter[str] = field(default_factory=Counter)  # by scenario
    losses: list[tuple[str, str, str]] = field(default_factory=list)  # scenario, stage, what was lost
    hashes: dict[str, dict[str, set[str]]] = field(default_factory=dict)  # after the rerun, by scenario and table


def scenarios(folder: Path, rows: int, seed: int) -> list[Scenario]:
    """Write the workspaces and run each to its end."""
    first = folder / "start" / "first"
    Exports(first, rows, seed).begin()
    loaded = Path(shutil.copytree(first, folder / "start" / "loaded"))
    if plain_run(loaded) != 0:
        raise RuntimeError(f"the first load in {loaded} failed")
    made = [_scenario(FIRST_LOAD, first, folder)]
    for name, change in INCREMENTS.items():
        start = Path(shutil.copytree(loaded, folder / "start" / name.split()[0]))
        change(Exports(start, rows, seed))
        made.append(_scenario(name, start, folder))
    return made


def _scenario(name: str, start: Path, folder: Path) -> Scenario:
    whole = Path(shutil.copytree(start, folder / "whole" / start.name))
    trace = traced_run(whole)
    after, before = published_state(whole / ".omnictl"), published_state(start / ".omnictl")
    if after is None or not differences(after, before):
        raise RuntimeError(f"{name}: the run changes nothing, so nothing could be lost")
    missing = [stage for stage in STAGES if stage not in trace.stages]
    if missing or len(publishing(trace.events)) != 1:
        raise RuntimeError(f"{name}: the run was not understood: no stage {', '.join(missing)}")
    return Scenario(name, start, before, after, trace, _files(whole))


def _files(workspace: Path) -> frozenset[str]:
    return frozenset(path.name for path in (workspace / ".omnictl").iterdir())


def kill(folder: Path, scenario: Scenario, stage: str, draw: random.Random, found: Found) -> bool:
    """Kill one run, look at what is published, run again, look again. False: it had ended before it could be killed."""
    place = Path(shutil.copytree(scenario.start, folder / "killed"))
    try:
        aim = aims(scenario.trace, stage, draw)
        events = killed_run(place, aim)
        if events is None or not events:
            return False
        hit = scenario.trace.stages[min(len(events), len(scenario.trace.stages)) - 1]
        found.kills[scenario.name, hit] += 1
        lost = _lost_at_once(place, scenario, len(events))
        if draw.random() < AGAIN:
            killed_run(place, Aim(0, draw.random() * scenario.trace.ended))
            found.reruns[scenario.name] += 1
        lost += _lost_after_rerun(place, scenario, found)
        found.losses += [(scenario.name, hit, each) for each in lost]
        return True
    finally:
        shutil.rmtree(place)


def _lost_at_once(place: Path, scenario: Scenario, told: int) -> list[str]:
    """What is published after a kill: all of the state before, or all of the state after, as the moment demands."""
    (publishes,) = publishing(scenario.trace.events)
    allowed = {"before": scenario.before, "after": scenario.after}
    if told - 1 < publishes:
        del allowed["after"]
    elif told - 1 > publishes:
        del allowed["before"]
    try:
        state = published_state(place / ".omnictl")
    except duckdb.Error as error:
        return [f"the published store cannot be read: {error}"]
    wrong = {name: differences(state, expected) for name, expected in allowed.items()}
    return [] if "" in wrong.values() else [f"published is not the state {name}: {d}" for name, d in wrong.items()]


def _lost_after_rerun(place: Path, scenario: Scenario, found: Found) -> list[str]:
    found.reruns[scenario.name] += 1
    code = plain_run(place)
    try:
        state = published_state(place / ".omnictl")
    except duckdb.Error as error:
        return [f"exit {code}, and the published store cannot be read: {error}"]
    for table, told in (state or {}).items():
        found.hashes.setdefault(scenario.name, {}).setdefault(table, set()).add(told)
    lost = [f"the next run gives exit {code}"] if code != 0 else []
    if wrong := differences(state, scenario.after):
        lost.append(f"the next run gives {wrong}")
    if left := _files(place) ^ scenario.left:
        lost.append(f"files in the folder of the store differ: {', '.join(sorted(left))}")
    return lost
