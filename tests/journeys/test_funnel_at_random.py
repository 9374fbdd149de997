"""Funnels of random rows are those of brute force, under all rules that go together."""

from __future__ import annotations

from itertools import pairwise
from random import Random
from typing import Any

import pytest
from funnel_by_hand import Brute
from funnel_rows import MINUTE, connected, load
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omnictl.errors import OmnictlError
from omnictl.journeys.funnel.figures import judge, reached
from omnictl.journeys.funnel.rules import EFFECTS, ENTRIES, LATER, REPRESENTS, Exclusion, Rules, check_rules
from omnictl.journeys.funnel.spots import find_spots
from omnictl.journeys.funnel.walk import walk

APART = ("ABC", "ABCD", "AB", "CBA")
MIXED = (("A", "A", "B"), ("A", "AB", "B"), ("A", "B", "A"), ("AB", "A", "C", "A"), ("ABC", "BC", "C", "C"))
UNITS = 25
CON = connected()


OUTSIDE = 40  # the minute that lies outside the period


def texts(seed: int) -> list[str]:
    chance = Random(seed)

    def row() -> str:
        minute = chance.choice((0, 0, 10, 10, 20, 30, 40, 50, 60, 70, 71, 90))
        letter = chance.choice("AABBBCCDEXA")
        return f"{letter.lower() if minute == OUTSIDE else letter}{minute}"

    return [" ".join(row() for _ in range(chance.randint(1, 8))) for _ in range(UNITS)]


@st.composite
def asked(draw: st.DrawFn, order: str) -> tuple[Rules, list[str], list[str]]:
    steps = list(draw(st.sampled_from(APART + (MIXED if order != "any" else ()))))
    count = len(steps)
    effects = draw(st.lists(st.sampled_from(EFFECTS), max_size=2))
    span = st.sampled_from([(1, count), (1, count), (1, 2), (count - 1, count)])
    exclusions = tuple(Exclusion(*draw(span), effect) for effect in effects)
    gone = [draw(st.sampled_from(["E", "E", "EX", "D"])) for _ in effects]
    middle = st.sets(st.integers(2, max(2, count - 1)), max_size=2)
    rules = Rules(
        steps=count,
        optional=frozenset(draw(middle)) if draw(st.integers(0, 3)) == 0 else frozenset(),
        order=order,  # type: ignore[arg-type]
        anchored=frozenset(draw(st.sets(st.integers(1, count), max_size=2))) if order == "any" else frozenset(),
        step_window=60 * MINUTE if draw(st.integers(0, 3)) == 0 else None,
        entry=draw(st.sampled_from(ENTRIES)),
        represents=draw(st.sampled_from(REPRESENTS)),
        ties=draw(st.sampled_from([0, 0, LATER, 10 * MINUTE])),
        exclusions=exclusions,
    )
    return rules, steps, gone


def together(rules: Rules) -> bool:
    try:
        check_rules(rules)
    except OmnictlError:
        return False
    return True


def found(rules: Rules, steps: list[str], units: list[str], gone: list[str], watermark: int | None) -> dict[int, Any]:
    load(CON, steps, units, 60, gone)
    walk(CON, rules, find_spots(CON, rules), None if watermark is None else watermark * MINUTE)
    judge(CON, rules)
    columns = ", ".join(f"at_{step}" for step in rules.numbers)
    rows = CON.execute(f"select unit, fate, {reached(rules)}, {columns} from funnel_units").fetchall()
    by_unit: dict[int, list[Any]] = {}
    for unit, fate, furthest, *times in rows:
        done = {step: at // MINUTE for step, at in enumerate(times, 1) if at is not None}
        if rules.step_window is not None and rules.order == "ordered":
            path = [done[step] for step in range(1, furthest + 1)]
            assert all(0 <= b - a <= 60 or rules.ties > 0 for a, b in pairwise(path))
            done = {step: done[step] for step in (1, furthest)}
        by_unit.setdefault(unit, []).append((fate, furthest, sorted(done.items())))
    return {unit: sorted(each) for unit, each in by_unit.items()}


def compare(asked: tuple[Rules, list[str], list[str]], seed: int, watermark: int | None) -> None:
    rules, steps, gone = asked
    units = texts(seed)
    try:
        given_ = found(rules, steps, units, gone, watermark)
    except OmnictlError as refused:
        assert "one row can be step" in refused.message
        return
    expected = {}
    for unit, text in enumerate(units):
        told = Brute.of(text, rules, steps, gone, 60).outcomes(watermark)
        if told:
            expected[unit] = sorted((fate, furthest, sorted(at.items())) for fate, furthest, at in told)
    wrong = {
        unit: (units[unit], expected.get(unit), given_.get(unit))
        for unit in expected.keys() | given_.keys()
        if expected.get(unit) != given_.get(unit)
    }
    assert not wrong


@pytest.mark.parametrize("order", ["ordered", "strict", "any"])
def test_as_by_brute_force(order: str) -> None:
    @settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        asked(order).filter(lambda each: together(each[0])), st.integers(0, 10**6), st.sampled_from([None, None, 75])
    )
    def check(each: tuple[Rules, list[str], list[str]], seed: int, watermark: int | None) -> None:
        compare(each, seed, watermark)

    check()
