"""What an answer may be cut by: a column, the hour or weekday, what the referential says, a field of `attributes`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlglot import exp

from omnictl.calendars import default_of
from omnictl.compiler.named import attributes_of
from omnictl.errors import DefinitionError, Finding, did_you_mean
from omnictl.glossary.deferred import BY_CALENDAR, LOCAL, OBJECTS, REFERENTIAL, deferred_in
from omnictl.glossary.expressions import parse_expression
from omnictl.glossary.meaning import Branch
from omnictl.glossary.reach import Reach
from omnictl.referential import Referential
from omnictl.relations.steps import STEPS

WRITE_ONE = 'calendars: {support: {open: {mon-fri: "08:30-19:00"}, holidays: FR}} in referential.yml'
_NAME = re.compile(r"\w+\Z")
STEP = "step"  # `step.article`: what the interaction's steps of a type are about
STEP_TYPES = next(column.among for column in STEPS.columns if column.name == "type")
_CALLS = ("attribute", "interaction")


@dataclass(frozen=True)
class Dimension:
    """What rows are cut by. `personal`: whether its values may say something of one person."""

    name: str
    personal: bool = False


def step_of(name: str) -> str | None:
    """The type of step of a cut such as `step.article`; None when it is another cut."""
    kind, dot, rest = name.casefold().partition(".")
    return rest if kind == STEP and dot and rest in STEP_TYPES else None


def repeated_note(by: Iterable[str]) -> list[str]:
    """What must be said of a cut that has a row several times."""
    told = "an interaction counts once for each: the whole is less than the sum"
    return [f"by {name} {told}" for name in by if step_of(name) is not None]


def tree_of(name: str) -> exp.Expression:
    """A cut as it is written, as an expression that is yet to be guarded."""
    if _NAME.match(name):
        return exp.column(name)
    found = parse_expression(name, [])
    called = isinstance(found, exp.Anonymous) and str(found.this).casefold() in _CALLS
    return found if found is not None and (called or isinstance(found, exp.Column)) else exp.column(name)


def column_of(name: str) -> str:
    """The column that a cut shows, also where it is reached by `interaction('…')`; itself for any other."""
    tree = tree_of(name)
    reached = isinstance(tree, exp.Anonymous) and str(tree.this).casefold() == "interaction" and tree.expressions
    return str(tree.expressions[0].name) if reached else name


def dimension_of(name: str, reach: Reach) -> Dimension | None:
    """A cut as a relation's rows have it; None when they lack it."""
    tree = tree_of(name)
    if isinstance(tree, exp.Anonymous):
        called = str(tree.this).casefold()
        given = tree.expressions[0].name if len(tree.expressions) == 1 else ""
        found = reach.find("attributes") if called == "attribute" else reach.find_in_parent(given)
        return Dimension(name, found.column.personal) if found is not None else None
    if step_of(name) is not None:
        return Dimension(name) if reach.relation.name == "interactions" else None
    if isinstance(tree, exp.Column) and tree.table:
        column = OBJECTS.get(tree.table.casefold())
        return Dimension(name) if column is not None and reach.find(column) is not None else None
    found = reach.find(name)
    if found is not None:
        return Dimension(name, found.column.personal)
    return Dimension(name) if name.casefold() in LOCAL and reach.times else None


def further_names(reaches: Iterable[Reach], referential: Referential) -> Iterator[str]:
    """The cuts of some relations that are no columns."""
    for reach in reaches:
        yield from LOCAL if reach.times else ()
        yield from (f"{STEP}.{kind}" for kind in STEP_TYPES if reach.relation.name == "interactions")
        for kind, column in OBJECTS.items():
            if reach.find(column) is not None:
                yield from (f"{kind}.{name}" for name in attributes_of(referential, kind))


def check_known(trees: Iterable[exp.Expression], referential: Referential) -> None:
    """See that the workspace has the calendars and attributes that expressions name.

    Raises:
        DefinitionError: with each that it lacks, once.
    """
    found: dict[Finding, None] = {}
    for node in (node for tree in trees for node in deferred_in(tree)):
        texts = [each.name for each in node.expressions[1:]]
        lacking = None
        if node.name in BY_CALENDAR:
            lacking = _no_calendar(texts[0], referential)
        elif node.name == REFERENTIAL:
            lacking = _no_attribute(texts[0], texts[1], referential)
        if lacking is not None:
            found[lacking] = None
    if found:
        raise DefinitionError(list(found))


def trees_of(branch: Branch) -> Iterator[exp.Expression]:
    """Everything that is worked out of a branch's rows."""
    yield from (tree for tree in (branch.where, branch.at, branch.until) if tree is not None)
    for part in branch.parts.values():
        for aggregate in part.aggregates:
            yield from (tree for tree in (aggregate.argument, aggregate.condition) if tree is not None)


def _no_calendar(name: str, referential: Referential) -> Finding | None:
    calendars = referential.calendars
    if name in calendars or (not name and default_of(calendars) is not None):
        return None
    if name:
        hint = did_you_mean(name, calendars) or WRITE_ONE
        return Finding("unknown-calendar", f"there is no calendar `{name}`", hint=hint)
    if not calendars:
        return Finding("calendar-missing", "no calendar says when the service is open", hint=WRITE_ONE)
    hint = f"name one, in_hours(started_at, '{next(iter(calendars))}'), or say `default: true` in one of them"
    return Finding("calendar-missing", "there are several calendars, and none is the default one", hint=hint)


def _no_attribute(kind: str, name: str, referential: Referential) -> Finding | None:
    known = attributes_of(referential, kind)
    if name in known:
        return None
    hint = did_you_mean(name, known)
    return Finding("unknown-attribute", f"the referential says no `{name}` of a {kind}", hint=hint)
