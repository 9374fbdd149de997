"""What a KPI wants of the data, read from its compiled trees: relations, columns, kinds of rows, values, identifiers.

A column is `needed` when the KPI cannot be computed without it, `helps` when NULL has a meaning in its place or another
column can stand in, `cut` when only a breakdown asks for it. Columns of derived relations are traced to what a source
must record by `lineage`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from sqlglot import exp

from omnictl.compiler.dimensions import column_of, dimension_of, step_of, tree_of
from omnictl.glossary.deferred import BY_CALENDAR, LOCAL, OBJECTS, REFERENTIAL
from omnictl.glossary.leaves import leaves_of
from omnictl.glossary.meaning import Branch, Meaning
from omnictl.glossary.parts import conjuncts
from omnictl.glossary.reach import Reach
from omnictl.glossary.scope import COST, FOLLOWUP, LINKED, PARENT, PERSON, PRICED
from omnictl.glossary.watch import family_of
from omnictl.relations import RELATIONS
from omnictl.relations.column import CHANNELS
from omnictl.tracking.lineage import Traced, traced_column, traced_cost, traced_family, traced_person
from omnictl.tracking.plan import TOLD_BY

if TYPE_CHECKING:
    from omnictl.referential import Rate

# What omnictl fills by itself: a channel has its kind.
GIVEN = {"interactions": ("source", "kind", "intent_source")}

Level = Literal["needed", "helps", "cut"]
Channels = tuple[str, ...] | None  # None: every channel the plan is about


@dataclass(frozen=True)
class Want:
    """One column that a KPI wants of one kind of row.

    Attributes:
        kinds: the types of steps, questions or kinds of segments; () for any.
        visits: whether only visits (True) or contacts (False) are meant; None for both.
        values: those that the KPI looks for.
        cut: the breakdown that asks for it.
        one_of: whether another identifier does as well.
        but: channels of which other rows are meant.
        timed: whether it is needed where the rate card prices the seconds of a channel.
    """

    relation: str
    column: str
    level: Level
    channels: Channels = None
    kinds: tuple[str, ...] = ()
    visits: bool | None = None
    values: frozenset[str] = frozenset()
    cut: str = ""
    one_of: bool = False
    but: tuple[str, ...] = ()
    timed: bool = False


class Rows(NamedTuple):
    """The rows of a source that a branch, or what it was traced to, is about."""

    relation: str
    channels: Channels
    kinds: tuple[str, ...] = ()
    visits: bool | None = None
    but: tuple[str, ...] = ()  # channels that another branch is about


@dataclass(frozen=True)
class Wanted:
    """What a KPI wants. `referential`: what referential.yml must say: rates, calendars, match, solutions, intents."""

    wants: tuple[Want, ...]
    referential: frozenset[str] = frozenset()
    unknown_cuts: tuple[str, ...] = ()  # that none of its rows have


def wanted_by(meaning: Meaning, by: Iterable[str] = ()) -> Wanted:
    """What a KPI, with the KPIs it is made of and its cuts, wants of the data.

    Args:
        by: further cuts asked of it.
    """
    found: dict[Want, None] = {}
    referential: set[str] = set()
    cuts = list(dict.fromkeys([*meaning.by, *(name.strip() for name in by)]))
    lacking = dict.fromkeys(cuts)
    for leaf in leaves_of(meaning):
        reading = BranchReading(leaf.branch)
        found |= dict.fromkeys(reading.wants())
        for name in cuts:
            if name.casefold() in leaf.over:
                continue
            if dimension_of(name, leaf.branch.reach) is not None:
                lacking.pop(name, None)
                found |= dict.fromkeys(reading.cut(name))
        referential |= reading.referential
    return Wanted(tuple(_strongest(found)), frozenset(referential), tuple(lacking))


def in_workspace(want: Want, channel: str | None, rates: Iterable[Rate]) -> Want:
    """A want as it is on a channel under a rate card: time that is paid by the second must be known."""
    paid = want.timed and any(each.per_second and each.channel in (None, channel) for each in rates)
    return replace(want, level="needed") if paid and want.level == "helps" else want


def _strongest(wants: Iterable[Want]) -> Iterator[Want]:
    """Each want once: what is needed need not be said to help."""
    needed = {replace(each, level="needed", values=frozenset()) for each in wants if each.level == "needed"}
    for each in wants:
        if each.level != "helps" or replace(each, level="needed", values=frozenset()) not in needed:
            yield each


class BranchReading:
    """One branch while its wants are told."""

    def __init__(self, branch: Branch) -> None:
        self.branch = branch
        self.reach: Reach = branch.reach
        self.relation = branch.reach.relation
        self.referential: set[str] = set()
        self.looked_for = _looked_for(self.trees())
        self.kinds = tuple(sorted(self.looked_for.get(TOLD_BY.get(self.relation.name, ""), ())))
        self.rows = Rows(self.relation.name, self._channels(), self.kinds, self._visits(), self._others())

    def wants(self) -> Iterator[Want]:
        """Everything the branch's rows are judged by."""
        yield from self._led(self._judged())

    def _judged(self) -> Iterator[Want]:
        needed = set(self.branch.needs)
        for each in self.branch.made_of:
            needed |= each.needs
        if self.relation.written_by == "connector":
            yield from self._keys()
        if self._only_counts_people():
            needed.discard(LINKED)
        for tree in self.trees():
            for column in tree.find_all(exp.Column):
                yield from self._column(column, (LINKED if column.table == PERSON else column.name) in needed)
            for call in tree.find_all(exp.Anonymous):
                yield from self._called(call)
        for family in self.branch.watch.families if self.branch.watch is not None else ():
            yield from self._traced(traced_family(family, self.scope()), "needed")
        if LINKED in needed:
            yield from self._traced(traced_person(self.scope()), "needed")
        if PRICED in needed:
            self.referential.add("rates")
            yield from self._traced(traced_cost(self.scope()), "needed")

    def _only_counts_people(self) -> bool:
        """Whether people are only asked for to count the rows that have one: that a row has none is told, too."""
        where = self.branch.where
        limiting = where is not None and any(column.table == PERSON for column in where.find_all(exp.Column))
        named = [column for tree in self.trees() for column in tree.find_all(exp.Column) if column.table == PERSON]
        return bool(named) and not limiting and all(_is_null(column) for column in named)

    def cut(self, name: str) -> Iterator[Want]:
        """What a breakdown asks for besides."""
        for each in self._led(self._cut(name)):
            yield replace(each, level="cut", cut=name) if each.level == "needed" else each
        if name.casefold() == "channel":  # a row that does not say it has that of its interaction
            yield from (replace(_want(self.rows, column), level="cut", cut=name) for column in self._leading())

    def _led(self, wants: Iterable[Want]) -> Iterator[Want]:
        """Wants, and what leads to the interactions behind the rows where something is wanted of these."""
        levels: set[Level] = set()
        for each in wants:
            levels |= {each.level} if each.relation == "interactions" else set()
            yield each
        for level in ("needed", "helps"):
            if level in levels:
                yield from (_want(self.rows, column, level) for column in self._leading())
                return

    def _leading(self) -> tuple[str, ...]:
        """The columns that name the interaction of a row, where its relation can do without one."""
        return leading_to_interaction(self.relation.name)

    def _cut(self, name: str) -> Iterator[Want]:
        kind = step_of(name)
        if kind is not None:
            rows = Rows("steps", self.rows.channels, (kind,))
            yield from (_want(rows, column) for column in ("step_id", "interaction_id", "occurred_at", "type"))
            yield _want(rows, "object")
            return
        if name.casefold() in LOCAL:
            return
        tree = tree_of(name)
        if isinstance(tree, exp.Anonymous) and str(tree.this).casefold() == "attribute":
            yield _want(self.scope(), "attributes")
            return
        if isinstance(tree, exp.Column) and tree.table:
            self.referential.add({"solution": "solutions", "intent": "intents"}.get(tree.table.casefold(), "channels"))
            name = OBJECTS[tree.table.casefold()]
        family = family_of(name)
        if family is not None:
            yield from self._traced(traced_family(family[0], self.scope(), shown=family[1]), "needed")
            return
        found = self.reach.find(column_of(name))
        if found is not None:
            yield from self._named(found.relation, found.column.name, needed=True)

    # what the branch is about

    def trees(self) -> list[exp.Expression]:
        branch = self.branch
        found = [tree for tree in (branch.where, branch.at, branch.until) if tree is not None]
        if branch.watch is not None:
            found += [tree for tree in (branch.watch.mature,) if tree is not None]
        for part in branch.parts.values():
            for aggregate in part.aggregates:
                found += [tree for tree in (aggregate.argument, aggregate.condition) if tree is not None]
        return found

    def _channels(self) -> Channels:
        if self.branch.channels is not None:
            return self.branch.channels
        named = self.looked_for.get("channel") if self._only("channel") else None
        return tuple(sorted(named)) if named else None

    def _others(self) -> tuple[str, ...]:
        return tuple(sorted(self.branch.others)) if self.branch.channels is None else ()

    def _only(self, column: str) -> bool:
        """Whether the branch's condition lets only the values looked for through."""
        where = self.branch.where
        tests = [each.unnest() for each in conjuncts(where)]
        return any(isinstance(each, (exp.EQ, exp.In)) and column in _names(each) for each in tests)

    def _visits(self) -> bool | None:
        kinds = self.looked_for.get("kind", frozenset()) if self.relation.name == "interactions" else frozenset()
        if self._only("kind") and len(kinds) == 1:
            return "visit" in kinds
        return None

    def scope(self) -> Rows:
        """The interactions behind the rows."""
        channels = self.rows.channels
        if self.relation.name == "interactions":
            return self.rows
        if self.relation.name == "needs" and "assisted" in self.looked_for.get("scope", ()):
            channels = tuple(name for name, (mode, _) in CHANNELS.items() if mode == "assisted")
        return Rows("interactions", channels)

    # columns

    def _keys(self) -> Iterator[Want]:
        """What every row of a relation must have to be used, and to belong to its interaction."""
        told = TOLD_BY.get(self.relation.name)
        for column in self.relation.needed:
            yield _want(self.rows, column, values=frozenset(self.kinds) if column == told else frozenset())

    def _column(self, column: exp.Column, needed: bool) -> Iterator[Want]:
        if column.table == FOLLOWUP:
            family = family_of(column.name)
            if family is not None:
                yield from self._traced(traced_family(family[0], self.scope(), shown=family[1]), "needed")
        elif column.table == PERSON:
            yield from self._traced(traced_person(self.scope()), "needed" if needed else "helps")
        elif column.table == COST:
            self.referential.add("rates")
            yield from self._traced(traced_cost(self.scope()), "needed")
        elif column.table == PARENT and self.reach.parent is not None:
            found = self._named(self.reach.parent.name, column.name, needed=not _may_lack(column))
            yield from self._limited(column, found)
        elif not column.table:
            yield from self._limited(column, self._named(self.relation.name, column.name, needed=needed))

    def _limited(self, column: exp.Column, wants: Iterable[Want]) -> Iterator[Want]:
        """Wants of a column, but not of the channels whose rows are not looked at where it stands."""
        limit = _limit(column)
        others = set(self.rows.channels or CHANNELS) - (limit or set())
        for each in wants:
            yield each if limit is None else replace(each, but=tuple(sorted({*each.but, *others})))

    def _named(self, relation: str, column: str, *, needed: bool) -> Iterator[Want]:
        """A column of the branch's own relation, or of what its rows belong to."""
        level: Level = "needed" if needed else "helps"
        if relation == "identities":
            yield from self._traced(traced_person(self.scope()), level)
            return
        if relation == "costs":
            self.referential.add("rates")
            yield from self._traced(traced_cost(self.scope()), level)
            return
        if RELATIONS[relation].written_by != "connector":
            yield from self._traced(traced_column(relation, column, self.scope()), level)
            if column == "cost":
                self.referential.add("rates")
            return
        if column in GIVEN.get(relation, ("source",)) or RELATIONS[relation].column(column) is None:
            return
        rows = self.rows if relation == self.relation.name else self.scope()
        if relation not in (self.relation.name, "interactions"):
            rows = Rows(relation, None)
        known = RELATIONS[relation].column(column)
        if known is not None and known.default is not None:
            level = "helps"  # a value that omnictl gives stands in
        yield _want(rows, column, level, self.looked_for.get(column, frozenset()))

    def _called(self, call: exp.Anonymous) -> Iterator[Want]:
        """What a form that only the workspace can write out asks of the referential."""
        if call.name in BY_CALENDAR:
            self.referential.add("calendars")
        elif call.name == REFERENTIAL and len(call.expressions) > 1:
            kind = call.expressions[1].name
            self.referential.add({"solution": "solutions", "intent": "intents"}.get(kind, "channels"))
        yield from ()

    def _traced(self, traced: Iterable[Traced], level: Level) -> Iterator[Want]:
        for each in traced:
            rows = Rows(each.relation, each.channels, each.kinds, each.visits)
            lesser: Level = level if each.needed else "helps"
            yield replace(_want(rows, each.column, lesser), one_of=each.one_of, timed=each.timed)


def leading_to_interaction(relation: str) -> tuple[str, ...]:
    """The columns by which the rows of a relation name an interaction; () where every row must, or none can."""
    known = RELATIONS[relation]
    if known.written_by != "connector" or known.owner is None:
        return ()
    return tuple(name for name in known.owner if name not in (*known.key, *known.needed))


def _is_null(column: exp.Column) -> bool:
    """Whether a column is only asked whether it is NULL."""
    return isinstance(column.parent, exp.Is) and isinstance(column.parent.expression, exp.Null)


def _may_lack(column: exp.Column) -> bool:
    """Whether NULL has a meaning where a column stands: it is asked for, or something is taken in its place."""
    return _is_null(column) or column.find_ancestor(exp.Coalesce) is not None


def _limit(column: exp.Column) -> frozenset[str] | None:
    """The channels that stand beside a column in `channel = 'ivr' and …`: elsewhere it does not matter what it holds.
    None where there are none."""
    found: frozenset[str] | None = None
    node: exp.Expression = column
    while isinstance(above := node.parent, exp.Expression):
        if isinstance(above, exp.And):
            beside = above.expression if node is above.this else above.this
            for each in conjuncts(beside):
                named = _channels_in(each.unnest())
                if named is not None:
                    found = named if found is None else found & named
        node = above
    return found


def _channels_in(test: Any) -> frozenset[str] | None:
    """The channels of `channel = …` and `channel in (…)`."""
    sides = [test.expression] if isinstance(test, exp.EQ) else test.expressions if isinstance(test, exp.In) else []
    mine = isinstance(test.this, exp.Column) and test.this.table in ("", PARENT) and test.this.name == "channel"
    if not mine or not sides or not all(isinstance(each, exp.Literal) for each in sides):
        return None
    return frozenset(each.name for each in sides)


def _want(rows: Rows, column: str, level: Level = "needed", values: frozenset[str] = frozenset()) -> Want:
    return Want(rows.relation, column, level, rows.channels, rows.kinds, rows.visits, values, but=rows.but)


def _looked_for(trees: Iterable[exp.Expression]) -> Mapping[str, frozenset[str]]:
    """Column → the texts it is compared with."""
    found: dict[str, set[str]] = {}
    for tree in trees:
        for node in tree.find_all(exp.EQ, exp.NEQ, exp.In):
            texts = [each for each in node.find_all(exp.Literal) if each.is_string]
            for name in _names(node):
                found.setdefault(name, set()).update(each.name for each in texts)
        for node in tree.find_all(exp.Case):
            if isinstance(node.this, exp.Column):
                texts = [each.this for each in node.args.get("ifs", ()) if isinstance(each.this, exp.Literal)]
                found.setdefault(node.this.name, set()).update(each.name for each in texts if each.is_string)
    return {name: frozenset(texts) for name, texts in found.items()}


def _names(node: Any) -> set[str]:
    """The columns a comparison is about: those that stand in it themselves."""
    sides = [node.this, *([node.expression] if isinstance(node, (exp.EQ, exp.NEQ)) else node.expressions)]
    return {column.name for side in sides for column in side.find_all(exp.Column)}
