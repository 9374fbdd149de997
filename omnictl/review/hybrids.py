"""From one definition to another, rule by rule: the rules in which two KPIs differ, and the KPIs that lie between them.

A rule is a key of the definition, or one condition of those that `where` or `count_if` joins by `and`. They are taken
in the order of the definition: channels, time, condition, window, parameters, then what is counted. Where a KPI in
between would be no KPI (a window that nothing asks for), a rule is taken together with the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlglot import exp

from omnictl.errors import DefinitionError, Place
from omnictl.glossary.canonical import normal_text
from omnictl.glossary.expressions import parse_expression
from omnictl.glossary.glossary import Glossary
from omnictl.glossary.kpi import DEFAULT, ByChannel, Kpi
from omnictl.glossary.meaning import Meaning, Meanings
from omnictl.glossary.normal import normal
from omnictl.glossary.parts import conjuncts
from omnictl.glossary.written import Written
from omnictl.zone import Zone

NOWHERE = Place("between")
COUNT_ALL = "count(*)"


@dataclass(frozen=True)
class Rule:
    """One difference between two definitions.

    Attributes:
        key: of the definition: `where`, `numerator`, `parameters answer_threshold`.
        old, new: what is said of it; None for nothing.
        change: makes of a KPI with the old rule one with the new.
    """

    key: str
    old: str | None
    new: str | None
    change: Callable[[Kpi], Kpi]


@dataclass(frozen=True)
class Between:
    """A KPI on the way, and the rules by which it differs from the one before; the first has none."""

    rules: tuple[Rule, ...]
    kpi: Kpi
    meaning: Meaning


class Overlaid(Glossary):
    """A glossary with further KPIs, by whatever name; they hide those of the same name."""

    def __init__(self, below: Glossary, further: Mapping[str, Kpi]) -> None:
        vars(self).update(vars(below))
        self.further = further

    def resolve(self, address: str) -> Kpi:
        return self.further[address] if address in self.further else super().resolve(address)


def on_the_way(glossary: Glossary, one: Kpi, other: Kpi, zone: Zone | None = None) -> list[Between]:
    """The KPIs from one to another, both included, each with an id that no glossary can hold.

    Args:
        zone: whose local days parameters change on.

    Raises:
        DefinitionError: either of the two is wrong.
    """
    kpi = replace(one, parameters={**other.parameters, **one.parameters})
    found = [Between((), *_understood(glossary, kpi, 0, zone))]
    pending: list[Rule] = []
    rules = list(rules_between(kpi, other))
    for number, rule in enumerate(rules, 1):
        pending.append(rule)
        kpi = rule.change(kpi)
        try:
            found.append(Between(tuple(pending), *_understood(glossary, kpi, len(found), zone)))
        except DefinitionError:
            if number == len(rules):
                raise
            continue
        pending = []
    return found


def _understood(glossary: Glossary, kpi: Kpi, number: int, zone: Zone | None) -> tuple[Kpi, Meaning]:
    named = replace(kpi, id=f"step {number}", variant="", overridden=())
    return named, Meanings(Overlaid(glossary, {named.id: named}), zone).of(named.id)


def rules_between(one: Kpi, other: Kpi) -> Iterator[Rule]:
    """The rules in which two KPIs differ, in the order of the definition."""
    if _set(one.channels) != _set(other.channels):
        yield Rule("channels", _names(one.channels), _names(other.channels), _taking("channels", other.channels))
    for key, field in (("from", "relation"), ("at", "at"), ("open since", "since"), ("open until", "until")):
        yield from _whole(key, getattr(one, field), getattr(other, field), field)
    yield from _conditions(one, other)
    if (one.window.text if one.window else None) != (other.window.text if other.window else None):
        old, new = (each.text if each is not None else None for each in (one.window, other.window))
        yield Rule("window", old, new, _taking("window", other.window))
    if one.over_time != other.over_time:
        yield Rule("over_time", one.over_time, other.over_time, _taking("over_time", other.over_time))
    for name, parameter in other.parameters.items():
        before = one.parameters.get(name)
        if before is not None and before.normal != parameter.normal:
            yield Rule(f"parameters {name}", before.told, parameter.told, _setting("parameters", name, parameter))
    yield from _counted(one, other)
    old, new = (", ".join(written.text for written in each.denominator_over) or None for each in (one, other))
    if old != new:
        yield Rule("denominator_over", old, new, _taking("denominator_over", other.denominator_over))


def _set(channels: tuple[str, ...] | None) -> frozenset[str] | None:
    return None if channels is None else frozenset(channels)


def _names(channels: tuple[str, ...] | None) -> str | None:
    return None if channels is None else ", ".join(channels)


def _taking(field: str, value: Any) -> Callable[[Kpi], Kpi]:
    return lambda kpi: _changed(kpi, field, value)


def _setting(field: str, name: str, value: Any) -> Callable[[Kpi], Kpi]:
    return lambda kpi: _changed(kpi, field, {**getattr(kpi, field), name: value})


def _changed(kpi: Kpi, field: str, value: Any) -> Kpi:
    changes: dict[str, Any] = {field: value}
    return replace(kpi, **changes)


def _normal(by_channel: ByChannel) -> dict[str, str]:
    return {channel: normal_text(written.text) for channel, written in by_channel.items()}


def _told(by_channel: ByChannel) -> str | None:
    texts = _normal(by_channel)
    if set(texts) <= {DEFAULT}:
        return texts.get(DEFAULT)
    return "; ".join(f"{channel}: {text}" for channel, text in sorted(texts.items()))


def _whole(key: str, old: ByChannel, new: ByChannel, field: str) -> Iterator[Rule]:
    """Expressions that change as one."""
    if _normal(old) != _normal(new):
        yield Rule(key, _told(old), _told(new), _taking(field, new))


def _made_of(kpi: Kpi) -> str:
    return f"{kpi.rollup}: " + "; ".join(f"{name}: {_told(by_channel)}" for name, by_channel in kpi.parts.items())


def _counted(one: Kpi, other: Kpi) -> Iterator[Rule]:
    """The rules of what is counted: roll-up, parts, formula."""
    if set(one.parts) != set(other.parts):
        old, new = map(_made_of, (one, other))

        def changed(kpi: Kpi) -> Kpi:
            return replace(kpi, rollup=other.rollup, parts=other.parts, formula=other.formula)

        yield Rule("rollup", old, new, changed)
        return
    if one.rollup != other.rollup:
        yield Rule("rollup", one.rollup, other.rollup, _taking("rollup", other.rollup))
    for name, by_channel in other.parts.items():
        yield from _part(name, one.parts[name], by_channel)
    old_formula, new_formula = (normal_text(each.formula.text) if each.formula else None for each in (one, other))
    if old_formula != new_formula:
        yield Rule("formula", old_formula, new_formula, _taking("formula", other.formula))


# one condition at a time


def _conditions(one: Kpi, other: Kpi) -> Iterator[Rule]:
    """The conditions of `where`, each a rule of its own where neither KPI has others by channel."""
    if _normal(one.where) == _normal(other.where):
        return
    sides = [_joined(_text(each.where)) if set(each.where) <= {DEFAULT} else None for each in (one, other)]
    if sides[0] is None or sides[1] is None:
        yield from _whole("where", one.where, other.where, "where")
        return
    held = list(sides[0])
    for old, new in _paired(sides[0], sides[1]):
        held = _exchanged(held, old, new)
        yield Rule("where", old, new, _taking("where", _written(" and ".join(map(_bracketed, held)))))


def _part(name: str, old: ByChannel, new: ByChannel) -> Iterator[Rule]:
    """The rules of one part: the conditions of a count of rows one by one, anything else as a whole."""
    if _normal(old) == _normal(new):
        return
    sides = [tested(_text(each)) if set(each) == {DEFAULT} else None for each in (old, new)]
    if sides[0] is None or sides[1] is None:
        yield Rule(name, _told(old), _told(new), _setting("parts", name, new))
        return
    held = list(sides[0])
    for gone, come in _paired(sides[0], sides[1]):
        held = _exchanged(held, gone, come)
        text = f"count_if({' and '.join(map(_bracketed, held))})" if held else COUNT_ALL
        yield Rule(name, gone, come, _setting("parts", name, _written(text)))


def _text(by_channel: ByChannel) -> str:
    return by_channel[DEFAULT].text if by_channel else ""


def _written(text: str) -> ByChannel:
    return {DEFAULT: Written(text, NOWHERE)} if text else {}


def tested(text: str) -> list[str] | None:
    """The conditions of a count of rows; None for another figure."""
    tree = parse_expression(text, [])
    while isinstance(tree, exp.Paren):
        tree = tree.this
    if tree is None or normal(tree) == COUNT_ALL:
        return [] if tree is not None else None
    found = parse_expression(normal(tree), [])
    return _joined(normal(found.this)) if isinstance(found, exp.CountIf) else None


def _joined(text: str) -> list[str] | None:
    """The normal texts of what a condition joins by `and`; None where they do not read as they were written."""
    if not text.strip():
        return []
    tree = parse_expression(text, [])
    found = list(dict.fromkeys(normal(each) for each in conjuncts(tree)))
    return found if found and all(normal_text(each) == each for each in found) else None


def _bracketed(text: str) -> str:
    tree = parse_expression(text, [])
    return f"({text})" if isinstance(tree, exp.Or) else text


def _paired(old: Sequence[str], new: Sequence[str]) -> list[tuple[str | None, str | None]]:
    """What goes and what comes; a condition that comes takes the place of one that goes and names the same columns, or
    else one of them, or is the only other one."""
    gone, come = [each for each in old if each not in new], [each for each in new if each not in old]
    if len(old) == len(new) == len(gone) == len(come) == 1:
        return [(gone[0], come[0])]
    instead: dict[str, str] = {}
    for alike in (frozenset.__eq__, lambda one, other: bool(one & other)):
        for each in gone:
            found = next((text for text in come if alike(_columns(text), _columns(each))), None)
            if each not in instead and found is not None:
                come.remove(found)
                instead[each] = found
    return [*((each, instead.get(each)) for each in gone), *((None, each) for each in come)]


def _columns(text: str) -> frozenset[str]:
    tree = parse_expression(text, [])
    return (
        frozenset(column.name.casefold() for column in tree.find_all(exp.Column)) if tree is not None else frozenset()
    )


def _exchanged(held: Iterable[str], old: str | None, new: str | None) -> list[str]:
    """The conditions with one removed, added, or put in the place of another."""
    if old is None:
        return [*held, new] if new is not None else list(held)
    return [each if each != old else new or "" for each in held if each != old or new is not None]
