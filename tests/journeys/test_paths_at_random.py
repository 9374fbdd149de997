"""Paths of random rows are those of brute force."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from random import Random
from typing import Any

import pytest
from funnel_rows import MINUTE, connected
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omnictl.journeys.paths.trails import TRANSFORMS, Asked, count_trails, find_paths, together

SILENCE = 30
LASTS = {"W": 45, "C": 10}  # minutes; the others end as they begin
Rows = list[tuple[int, str]]


def texts(seed: int) -> list[Rows]:
    chance = Random(seed)
    return [
        sorted({chance.randrange(0, 200, 5): chance.choice("WWFFPC") for _ in range(chance.randint(1, 12))}.items())
        for _ in range(30)
    ]


def over(minute: int, name: str) -> int:
    return minute + LASTS.get(name, 0) + SILENCE


def load(con: Any, units: list[Rows], goal: str) -> None:
    for table in ("funnel_rows", "path_names", "path_rows", "path_named", "paths_found"):
        con.execute(f"drop table if exists {table}")
    con.execute(
        "create temp table funnel_rows (place bigint, unit bigint, moment bigint, until bigint, person_id bigint,"
        " step_1 boolean, step_2 boolean, cut_1 varchar, cut_2 varchar, cut_3 varchar)"
    )
    cells = [
        (place, unit, minute * MINUTE, over(minute, name) * MINUTE, unit, True, name == goal, name,
         "contact" if name in "PC" else "visit", "handled" if name == "P" else "abandoned")
        for place, (unit, minute, name) in enumerate(
            (unit, minute, name) for unit, rows in enumerate(units) for minute, name in rows
        )
    ]  # fmt: skip
    con.execute(
        f"insert into funnel_rows values {', '.join(['(' + ', '.join('?' * 10) + ')'] * len(cells))}",
        [cell for row in cells for cell in row],
    )


def cut(rows: Rows, anchored: str, goal: str) -> list[tuple[Rows, int]]:
    """The paths of one unit, each with when its silence is over."""
    chains: list[Rows] = []
    for row in rows:
        if chains and row[0] <= max(over(*each) for each in chains[-1]):
            chains[-1].append(row)
        else:
            chains.append([row])
    found = []
    for chain in chains:
        silent = max(over(*each) for each in chain)
        if anchored == "start":
            places = [place for place, (_, name) in enumerate(chain) if name == goal]
            found += [(chain[places[0] :], silent)] if places else []
        elif anchored == "end":
            path: Rows = []
            for row in chain:
                path.append(row)
                if row[1] == goal:
                    found.append((path, silent))
                    path = []
            found += [(path, silent)] if path else []
        else:
            found.append((chain, silent))
    return found


def named(path: Rows, asked: Asked, goal: str) -> tuple[tuple[tuple[str, int], ...], bool]:
    names = [name for _, name in path]
    if asked.anchored == "end" and names[-1] == goal:
        names = names[:-1]
    told = [(name, 1) for name in names]
    if asked.transform == "exposure":
        told = [(name, 1) for name, _ in groupby(names)]
    elif asked.transform in ("first", "frequency"):
        often = Counter(names)
        told = [(name, often[name] if asked.transform == "frequency" else 1) for name in dict.fromkeys(names)]
    more = len(told) > asked.length
    return tuple(told[-asked.length :] if asked.anchored == "end" else told[: asked.length]), more


@pytest.mark.parametrize("anchored", ["", "start", "end"])
def test_as_by_brute_force(anchored: Any) -> None:
    con = connected()

    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(TRANSFORMS), st.integers(1, 4), st.integers(0, 10**6), st.sampled_from([None, 170]))
    def check(transform: Any, length: int, seed: int, watermark: int | None) -> None:
        goal, units = "P", texts(seed)
        until = None if watermark is None else watermark * MINUTE
        asked = Asked(anchored, transform, length, 20 * MINUTE, 180 * MINUTE, until)
        load(con, units, goal)
        whole = find_paths(con, asked)
        expected: dict[Any, dict[str, Any]] = {}
        immature = 0
        for unit, rows in enumerate(units):
            for path, silent in cut(rows, anchored, goal):
                edge = path[-1][0] if anchored == "end" else path[0][0]
                if not 20 <= edge < 180:
                    continue
                if watermark is not None and silent > watermark:
                    immature += 1
                    continue
                key = named(path, asked, goal)
                cell = expected.setdefault(key, {"hit": [], "missed": [], "contacts": 0, "handled": 0})
                hit = anchored != "end" or path[-1][1] == goal
                cell["hit" if hit else "missed"].append(unit)
                cell["contacts"] += hit and path[-1][1] in "PC"
                cell["handled"] += hit and path[-1][1] == "P"
        trails = count_trails(con, asked)
        told = {
            (each.names, each.more): (each.units, each.paths, each.missed_units, each.missed, each.contacts,
                                      each.handled, each.people)
            for each in trails
        }  # fmt: skip
        assert told == {
            key: (len(set(each["hit"])), len(each["hit"]), len(set(each["missed"])), len(each["missed"]),
                  each["contacts"], each["handled"], len({*each["hit"], *each["missed"]}))
            for key, each in expected.items()
        }  # fmt: skip
        assert whole.immature == immature
        assert whole.all_paths == sum(len(each["hit"]) + len(each["missed"]) for each in expected.values())
        assert [each.units for each in trails] == sorted((each.units for each in trails), reverse=True)
        rest = together(con, asked, trails[:2])
        kept = {(each.names, each.more) for each in trails[:2]}
        left = [each for key, each in expected.items() if key not in kept]
        assert rest["units"] == len({unit for each in left for unit in each["hit"]})
        assert rest["missed"] == sum(len(each["missed"]) for each in left)

    check()
