"""Whether unit, direction, target and division of a KPI fit what it counts. Told is what is wrong whatever the data."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from sqlglot import exp

from omnictl.errors import Finding, Severity
from omnictl.glossary.canonical import canonical
from omnictl.glossary.kpi import Kpi
from omnictl.glossary.meaning import Branch, Meaning
from omnictl.glossary.parts import Part
from omnictl.review.whole import Whole

NOT_OF_COUNTS = ("seconds", "minutes", "hours", "days", "ratio", "eur")
NOT_OF_SECONDS = ("count", "ratio", "eur", "minutes", "hours", "days")
NOT_OF_SHARES = ("count", "seconds", "minutes", "hours", "days", "eur", "percent", "percentage", "pct")
NAMED = {"s": "seconds", "EUR": "eur"}  # how a unit of columns is called as a unit of KPIs
_SAME_UNIT = (exp.Add, exp.Sub, exp.Neg, exp.Paren, exp.Coalesce, exp.Least, exp.Greatest, exp.Abs, exp.Round)
_PLAIN = (exp.Placeholder, exp.Add, exp.Sub, exp.Paren)


class Fault(NamedTuple):
    """What is wrong with one key of a KPI or variant."""

    key: str
    code: str
    message: str
    hint: str
    severity: Severity = "error"


def check_figures(whole: Whole) -> Iterator[Finding]:
    for kpi in whole.kpis.values():
        yield from _direction(whole, kpi)
        told: set[str] = set()  # what the KPI has, its variants have from it
        for variant, meaning in whole.of(kpi):
            for fault in (*_unit(meaning), *_division(meaning)):
                if fault.code in told:
                    continue
                told |= set() if variant else {fault.code}
                key = f"variants.{variant}" if variant else fault.key
                yield whole.finding(fault.code, fault.message, kpi, key, fault.hint, fault.severity)


def _direction(whole: Whole, kpi: Kpi) -> Iterator[Finding]:
    bounds = [] if isinstance(kpi.better, str) else [bound for bound in kpi.better if bound is not None]
    if len(bounds) == 2 and bounds[0] > bounds[1]:
        message = f"`better` of `{kpi.id}` lies between {bounds[0]} and {bounds[1]}: there is nothing between them"
        yield whole.finding("direction-contradicts", message, kpi, "better", "the lowest first", "error")
    aims = kpi.target.amounts if kpi.target is not None else ()
    for key, values in (("target", aims), ("better", bounds)):
        beyond = next((each for each in values if kpi.rollup == "share" and not 0 <= each <= 1), None)
        if beyond is not None:
            message = f"`{key}` of `{kpi.id}` is {beyond}: a share lies between 0 and 1"
            hint = f"write {beyond / Decimal(100)}" if 1 < beyond <= 100 else "a fraction, such as 0.8"
            yield whole.finding("target-out-of-range", message, kpi, key, hint, "error")


def _unit(meaning: Meaning) -> Iterator[Fault]:
    kpi = meaning.kpi
    said = kpi.unit.casefold()
    if kpi.rollup == "share" and said in NOT_OF_SHARES:
        message = f"`{kpi.address}` is a share: its unit is not `{kpi.unit}`"
        yield Fault("unit", "unit-contradicts", message, "unit: ratio, which is shown in %")
        return
    if kpi.rollup not in ("sum", "distinct", "percentile", "mean", "stock"):
        return
    for branch in meaning.branches:
        for name, part in branch.parts.items():
            if name == "denominator" or not all(isinstance(each, _PLAIN) for each in part.tree.walk()):
                continue
            message, hint = _contradiction(kpi, said, branch, part)
            if message:
                yield Fault("unit", "unit-contradicts", message, hint)
                return


def _contradiction(kpi: Kpi, said: str, branch: Branch, part: Part) -> tuple[str, str]:
    """Why the unit cannot be that of a part, and a hint; two empty texts when it can."""
    counts = {"count", "distinct"} >= {each.kind for each in part.aggregates}
    if counts and said in NOT_OF_COUNTS:
        return f"`{kpi.address}` counts: its unit is not `{kpi.unit}`", "unit: count"
    units = _units(branch, part)
    if units == {"s"} and said in NOT_OF_SECONDS:
        return f"`{kpi.address}` is made of seconds: its unit is not `{kpi.unit}`", "unit: seconds"
    if (
        said in ("seconds", "eur")
        and units
        and None not in units
        and said not in {NAMED.get(each or "") for each in units}
    ):
        what = ", ".join(sorted(str(each) for each in units))
        return f"`{kpi.address}` adds up {what}: its unit is not `{kpi.unit}`", "name the unit of the column"
    return "", ""


def _units(branch: Branch, part: Part) -> set[str | None]:
    """The units of what a part sums or ranks; None stands for one that cannot be told."""
    found: set[str | None] = set()
    for aggregate in part.aggregates:
        if aggregate.argument is not None and aggregate.kind in ("sum", "percentile"):
            found |= _units_of(branch, aggregate.argument)
    return found


def _units_of(branch: Branch, node: exp.Expression) -> set[str | None]:
    if isinstance(node, exp.Column):
        named = branch.reach.find(node.name)
        return {(named.column.unit or None) if named is not None else None}
    if isinstance(node, exp.DateDiff):
        return {"s"}
    if isinstance(node, (exp.Literal, exp.Null)):
        return set()
    if isinstance(node, exp.Case):
        results = [each.args["true"] for each in node.args["ifs"]]
        results += [node.args["default"]] if node.args.get("default") is not None else []
        return set().union(*(_units_of(branch, each) for each in results))
    if isinstance(node, _SAME_UNIT):
        inner = [each for each in node.iter_expressions() if isinstance(each, exp.Expression)]
        return set().union(*(_units_of(branch, each) for each in inner))
    return {None}


def _division(meaning: Meaning) -> Iterator[Fault]:
    """Divisions that say nothing: of a thing by itself, of unlike things as a share, of one rate by another."""
    kpi = meaning.kpi
    if {"numerator", "denominator"} <= set(meaning.parts) and not kpi.denominator_over:
        told = canonical(meaning)
        above = {key.removeprefix("numerator"): text for key, text in told.items() if key.startswith("numerator")}
        below = {key.removeprefix("denominator"): text for key, text in told.items() if key.startswith("denominator")}
        if above == below:
            message = f"numerator and denominator of `{kpi.address}` are the same: it is 1 or nothing"
            yield Fault("numerator", "division-without-meaning", message, "say what is counted among them")
    if kpi.rollup == "share":
        above_units, below_units = (_units_of_side(meaning, side) for side in ("numerator", "denominator"))
        if above_units and below_units and None not in above_units | below_units and above_units != below_units:
            names = [" and ".join(sorted(map(str, units))) for units in (above_units, below_units)]
            message = f"`{kpi.address}` is a share and divides {names[0]} by {names[1]}: it is no part of them"
            yield Fault("rollup", "division-without-meaning", message, "rollup: ratio, or mean")
    for node in meaning.formula.find_all(exp.Div) if kpi.rollup == "index" else ():
        sides = [_rate(meaning, node.this), _rate(meaning, node.expression)]
        if all(sides):
            message = f"`{kpi.address}` divides the rate `{sides[0]}` by the rate `{sides[1]}`"
            hint = "a ratio of ratios hides four figures: divide what they count"
            yield Fault("formula", "division-without-meaning", message, hint, "warning")


def _units_of_side(meaning: Meaning, side: str) -> set[str | None]:
    """The units of a numerator or denominator; none when it is not there."""
    if side in meaning.composed:
        return {meaning.kpis[address].kpi.unit.casefold() for address in meaning.composed[side].kpis}
    found: set[str | None] = set()
    for branch in meaning.branches:
        if side in branch.parts:
            part = branch.parts[side]
            counts = {"count", "distinct"} >= {each.kind for each in part.aggregates}
            found |= {"count"} if counts else {NAMED.get(unit or "", unit) for unit in _units(branch, part)}
    return found


def _rate(meaning: Meaning, node: exp.Expression) -> str:
    """The rate that a side of a division is; '' when it is something else."""
    names = [each.name for each in node.find_all(exp.Placeholder)]
    part = meaning.composed.get(names[0]) if len(names) == 1 else None
    rates = [address for address in part.kpis if meaning.kpis[address].kpi.rollup == "share"] if part else []
    return rates[0] if part is not None and len(rates) == len(part.kpis) == 1 else ""
