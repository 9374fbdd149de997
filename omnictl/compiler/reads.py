"""What a question reads: one scan per relation, and others where a denominator leaves a dimension aside or rows stand
open. A KPI's rows are read here only if their relation has every column of the asker's condition."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import reduce
from typing import NamedTuple

from sqlglot import exp

from omnictl.compiler.buckets import Buckets
from omnictl.compiler.catalog import Catalog, Watermark
from omnictl.compiler.dimensions import step_of, tree_of
from omnictl.compiler.figures import nullness_of, placing
from omnictl.compiler.lookups import Grounds, Lookups
from omnictl.compiler.merge import merged
from omnictl.compiler.question import Question
from omnictl.compiler.scan import Scan
from omnictl.compiler.spelling import text_of
from omnictl.compiler.stock import ALL, BUCKET, CUT, Stock
from omnictl.compiler.timeline import instant_of
from omnictl.compiler.weights import Weighted, weighs
from omnictl.errors import DefinitionError, Finding, Place
from omnictl.glossary.deferred import LOCAL, stepped
from omnictl.glossary.expressions import Fault, parse_expression
from omnictl.glossary.guard import RowGuard
from omnictl.glossary.leaves import Dimensions, Leaf
from omnictl.glossary.meaning import Branch
from omnictl.glossary.parts import both, conjuncts
from omnictl.glossary.reach import STATED_UNTIL, Reach
from omnictl.glossary.scope import Scope
from omnictl.glossary.watch import family_of
from omnictl.glossary.window import Window
from omnictl.relations.families import FAMILIES
from omnictl.zone import Zone

# faults of a condition that only mean: not in this relation, or not of a KPI without a window
ABSENT = ("unknown-column", "no-interaction", "window-missing")
DAY = timedelta(days=1)

# of a scan: relation, dimensions left aside, window, the time that names an hour, whether probable links count
Key = tuple[str, Dimensions, tuple[object, ...], str, bool]


class Dated(NamedTuple):
    """The time that `hour` and its like are those of; None where they are not asked for. Whether it is a day."""

    at: exp.Expression | None
    daily: bool

    @property
    def key(self) -> str:
        return "" if self.at is None else text_of(self.at)


@dataclass(frozen=True)
class Read:
    """Where a leaf's figures come from. `kept`: the answer's cuts they are split by, as columns; None for all."""

    scan: Scan
    kept: tuple[str, ...] | None = None


@dataclass
class Reads:
    """The scans of a question, each made when it is first wanted. KPIs share a relation's scan, whatever their windows;
    where the question itself is cut by what followed, or asks for it, each window has a scan of its own."""

    question: Question
    buckets: Buckets
    zone: Zone
    catalog: Catalog
    lacking: list[Fault] = field(default_factory=list)
    scans: dict[Key, Scan | None] = field(default_factory=dict)
    stocks: dict[tuple[object, ...], Stock] = field(default_factory=dict)
    users: dict[str, list[Branch]] = field(default_factory=dict)
    grounds: Grounds | None = None

    def __iter__(self) -> Iterator[Scan]:
        """Every scan, those of stocks last."""
        yield from (scan for scan in self.scans.values() if scan is not None)
        yield from self.stocks.values()

    def of(self, leaf: Leaf) -> Read | None:
        """The scan of a leaf; None when its relation lacks a column of the asker's condition."""
        reach, by = leaf.branch.reach, [name.casefold() for name in self.question.by]
        window = leaf.meaning.kpi.window
        named = self._named()
        over = leaf.over & named
        dated = self._dated(leaf.branch)
        main = self._scan(reach, frozenset(), window, dated, self.weighted(leaf))
        kept = tuple(f"cut_{number}" for number, name in enumerate(by, 1) if name not in over) if over else None
        spread = not leaf.over & self.named_in_where() and main is not None and main.cuts is not None
        scan = main
        if over and not (spread and not leaf.branch.stock):
            scan = self._scan(reach, over, window, dated, weighs(self.question, leaf.branch, named - over))
        if scan is None:
            return None
        branch = leaf.branch
        if branch.stock:  # the peak of several channels is not that of each added up
            branch = merged(leaf.meaning.branches)
            scan = self._stock(branch, scan, over)
        self.users.setdefault(scan.name, []).append(branch)
        return Read(scan, kept)

    def weighted(self, leaf: Leaf) -> bool:
        """Whether probable links change what is read of a leaf."""
        return weighs(self.question, leaf.branch, self._named())

    def _named(self) -> Dimensions:
        """The columns that the question names."""
        return frozenset(name.casefold() for name in self.question.by) | self.named_in_where()

    def bounds(self, branch: Branch) -> tuple[datetime, datetime] | None:
        """The first and the last instant of the data that a branch is about."""
        columns = {column.name for column in branch.at.find_all(exp.Column)} | set(branch.reach.times)
        owner = branch.reach.relation if branch.reach.relation.at else branch.reach.parent
        return self.catalog.bounds(owner.name, columns) if owner is not None else None

    # scans

    def _scan(self, reach: Reach, over: Dimensions, window: Window | None, dated: Dated, weighted: bool) -> Scan | None:
        asked = bool(self._followed(over))
        key = (
            reach.relation.name,
            over,
            (window.days, window.seconds) if window is not None and asked else (),
            dated.key,
            weighted,
        )
        if key not in self.scans:
            scope = Scope(reach, window=window, at=dated.at, daily=dated.daily)
            where, faults = self._where(scope, over)
            self.lacking += faults if not over else []
            scan = None
            if not faults:
                kind = Weighted if weighted else Scan
                scan = kind(reach, self.buckets, self._cuts(scope, over), where, self.question.total)
            alike = [each for each in self.scans if each[0] == key[0] and bool(each[1]) == bool(over)]
            alike = [each for each in alike if each[-1] == weighted]
            if scan is not None and (over or alike or weighted):
                label = "_over" if over else "_window" if alike else ""
                scan.label = f"{key[0]}{'_probable' if weighted else ''}{label}{len(alike) or ''}"
            if scan is not None and over:
                scan.hidden, scan.positions = True, self._positions(over)
            if scan is not None:
                scan.lookups = self._lookups(scan)
            self.scans[key] = scan
        return self.scans[key]

    def _lookups(self, scan: Scan) -> Lookups | None:
        return Lookups(self.grounds, scan.name) if self.grounds is not None else None

    def _dated(self, branch: Branch) -> Dated:
        """The time that the hour or weekday of a branch's rows is that of, where the question names one: rows dated by
        other columns then have a scan of their own."""
        said = " ".join([*self.question.by, self.question.where or ""]).casefold()
        if branch.stock or not any(part in said for part in LOCAL):
            return Dated(None, daily=False)
        if not self._named() & LOCAL.keys():
            return Dated(None, daily=False)
        return Dated(placing(branch, nullness_of(branch, self.catalog), self.buckets.noon_s), daily=branch.daily)

    def _followed(self, over: Dimensions) -> Dimensions:
        """What the question itself names of what followed: columns, and within()."""
        return frozenset(name for name in self._named() - over if family_of(name) is not None or name in FAMILIES)

    def _positions(self, over: Dimensions) -> tuple[int, ...]:
        return tuple(n for n, name in enumerate(self.question.by) if name.casefold() not in over)

    def _cuts(self, scope: Scope, over: Dimensions) -> list[exp.Expression] | None:
        """What a relation's rows are cut by; None when it lacks a cut."""
        names = [self.question.by[position] for position in self._positions(over)]
        steps = [step_of(name) for name in names]
        if any(steps) and scope.reach is not None and scope.reach.relation.name != "interactions":
            return None
        found = [
            stepped(kind) if kind is not None else RowGuard(scope).row(tree_of(name)).node
            for name, kind in zip(names, steps, strict=True)
        ]
        return None if scope.faults else found

    # the asker's condition

    def named_in_where(self) -> Dimensions:
        """The columns that the asker's condition names."""
        return frozenset(name for tree in self._conditions() for name in _names(tree))

    def channels_asked(self) -> frozenset[str] | None:
        """The channels that the asker's condition names as the only ones; None where it lets any through."""
        named = [found for each in self._conditions() if (found := _channels(each)) is not None]
        return frozenset.intersection(*named) if named else None

    def _conditions(self) -> list[exp.Expression]:
        """What the asker's condition joins by `and`."""
        text = self.question.where
        tree = parse_expression(text, []) if text is not None and text.strip() else None
        return [each.copy() for each in conjuncts(tree)]

    def _where(self, scope: Scope, over: Dimensions) -> tuple[exp.Expression | None, list[Fault]]:
        """The asker's condition over a relation, without what speaks of a dimension left aside; and what the relation
        lacks for it."""
        text = self.question.where
        if text is None or not text.strip():
            return None, []
        tree = parse_expression(text, scope.faults)
        if tree is not None and over:
            tree = reduce(both, (each for each in self._conditions() if not over & _names(each)), None)
        found = RowGuard(scope).condition(tree) if tree is not None else None
        faults = list(scope.faults)
        scope.faults.clear()
        wrong = [fault for fault in faults if fault.code not in ABSENT]
        if wrong:
            raise DefinitionError([self.in_where(fault) for fault in wrong])
        return found, faults

    def in_where(self, fault: Fault) -> Finding:
        """A fault of the asker's condition, with its place."""
        line = (self.question.where or "").replace("\n", " ")
        place = Place("--where", 1, fault.offset + 1, fault.width)
        return Finding(fault.code, fault.message, place, fault.hint, excerpt=line)

    # stocks

    def _stock(self, branch: Branch, scan: Scan, over: Dimensions) -> Stock:
        """The stock of a branch; branches whose rows open and close alike share it."""
        caps = {each.source: each.until for each in self.feeding(branch)}
        until = text_of(branch.until) if branch.until is not None else ""
        relation = branch.reach.relation.name
        key = (relation, over, branch.stock, text_of(branch.at), until, tuple(sorted(caps.items())))
        if key not in self.stocks:
            copied = {name: getattr(scan, name) for name in ("reach", "buckets", "cuts", "where", "totals")}
            made = Stock(**copied, positions=scan.positions, hidden=scan.hidden, caps=caps)
            made.label = f"{relation}_stock{len(self.stocks) + 1}"
            made.lookups = self._lookups(made)
            made.cuts = None if scan.repeated else made.cuts  # what stands open is counted once
            made.begins = placing(branch, nullness_of(branch, self.catalog), self.buckets.noon_s)
            made.finishes = branch.until or exp.null()
            made.levels = self.levels
            made.first, made.last = self._ends(branch, caps)
            if branch.stock == "level":
                made.stated = self._stated(branch, made)
                made.begins = exp.column("stated_from")
                made.finishes = exp.column("stated_until")
            self.stocks[key] = made
        return self.stocks[key]

    @property
    def levels(self) -> tuple[int, ...]:
        """The levels of the answer: cuts, buckets over all cuts, everything."""
        if not self.question.total:
            return (CUT,)
        return (CUT, BUCKET, ALL) if self.question.by and self.buckets.every else (CUT, ALL)

    def feeding(self, branch: Branch) -> list[Watermark]:
        """The watermarks of the sources that feed a branch."""
        relation, channels = branch.reach.relation.name, self.catalog.channels_of(branch)
        return [each for each in self.catalog.watermarks if each.relation == relation and each.channel in channels]

    def _ends(self, branch: Branch, caps: dict[str, datetime]) -> tuple[datetime | None, datetime | None]:
        """From when to when anything is known of a stock."""
        relation = branch.reach.relation.name
        begun = {column.name for column in branch.at.find_all(exp.Column)}
        ended = {column.name for column in branch.until.find_all(exp.Column)} if branch.until is not None else set()
        first, moved = self.catalog.bounds(relation, begun), self.catalog.bounds(relation, begun | ended)
        known = moved[1] if moved is not None else None
        return first[0] if first is not None else None, max(caps.values(), default=known)

    def _stated(self, branch: Branch, made: Stock) -> str:
        """Each row with the stretch for which it states a level: until its source states the next one, and no longer
        than the row itself says. The last one stands until more is known."""
        relation = branch.reach.relation
        start, end = self.buckets.edges[:: len(self.buckets.edges) - 1] if self.buckets.bounded else self._years(made)

        def instant(local: str) -> str:
            return instant_of(local, self.zone, start - DAY, end + DAY)

        at = text_of(branch.at)
        begins = instant(f"({at})") if branch.daily else at
        named = [column.name for column in branch.at.find_all(exp.Column)]
        column = STATED_UNTIL.get((relation.name, named[0])) if len(named) == 1 else None
        limit = f"least(next_from, {instant(f'cast({column} as timestamp)')})" if column else "next_from"
        own = f"select *, {begins} as stated_from from {relation.name}"
        following = "lead(stated_from) over (partition by source order by stated_from) as next_from"
        distinct = f"select distinct source, stated_from from ({own}) as own where stated_from is not null"
        return (
            f"select own.*, case when next_from is not null then {limit} end as stated_until\n"
            f"from ({own}) as own\n"
            f"left join (select *, {following} from ({distinct}) as stated) as stated\n"
            f"  on stated.source = own.source and stated.stated_from = own.stated_from"
        )

    def _years(self, made: Stock) -> tuple[datetime, datetime]:
        first = made.first or datetime(2000, 1, 1)
        return first, max(first, made.last or first)


def _names(tree: exp.Expression) -> Dimensions:
    """The columns that a condition names; `interaction('x')` names x."""
    found = {column.name.casefold() for column in tree.find_all(exp.Column)}
    called = [node for node in tree.find_all(exp.Anonymous) if str(node.this).casefold() == "interaction"]
    return frozenset(found | {each.name.casefold() for node in called for each in node.expressions})


def _channels(condition: exp.Expression) -> frozenset[str] | None:
    """The channels of `channel = 'phone'` and `channel in ('phone', 'chat')`; None of any other condition."""
    tree = condition.unnest()
    if not isinstance(tree, exp.EQ | exp.In) or tree.args.get("query") or tree.args.get("unnest"):
        return None
    column, texts = tree.this, tree.expressions if isinstance(tree, exp.In) else [tree.expression]
    if not isinstance(column, exp.Column):
        column, texts = texts[0], [column]
    named = isinstance(column, exp.Column) and column.name.casefold() == "channel"
    literal = all(isinstance(each, exp.Literal) and each.is_string for each in texts)
    return frozenset(each.name for each in texts) if named and literal else None
