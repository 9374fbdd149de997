"""A relation read for what stands open: rows count from one instant to another, and a figure holds at an instant.

Every row is two moves, +1 (or its amount) when it opens and -1 when it closes. Moves are added up by cut and bucket,
and running sums over the buckets give the level at the end of each: no row is made per interaction and day. The mean
over time needs no order within a bucket either: a move counts with the time that is left after it. Only the peak
follows the moves one by one. Totals are made of the moves of all cuts, never of figures.

The steps, each a named CTE:

    <stock>_rows, _judged   as in any scan, with the instants a row begins and finishes to count
    <stock>_moves           by cut and bucket: what opened (o), what closed (c), of that as a bucket began (b), and the
                            times weighed (x)
    <stock>_figures         by level and bucket: e at the end, m the mean over time, p the peak, a all that ever counted

What a source says after its watermark is left out, and its rows stand as they stood then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from sqlglot import exp

from omnictl.compiler.buckets import literal
from omnictl.compiler.scan import Measure, Scan
from omnictl.compiler.timeline import Timeline

Kind = Literal["e", "m", "p", "a"]  # at the end, mean, peak, all
CUT, BUCKET, ALL = 0, 1, 2
HIDDEN = -1  # the level of cuts that are no rows of the answer


@dataclass
class Stock(Scan):
    """What is asked of the rows of one relation that open and close alike.

    Attributes:
        begins, finishes: when a row begins and finishes to count; of a stated level also names of its own steps.
        caps: up to when the rows of a source are known, by source; one without is complete.
        first, last: the ends of what is known of all sources; None when nothing tells.
        stated: SELECT of the relation's rows with the stretch for which they state a level; '' for open rows.
    """

    begins: exp.Expression = field(default_factory=exp.null)
    finishes: exp.Expression = field(default_factory=exp.null)
    caps: Mapping[str, datetime] = field(default_factory=dict)
    first: datetime | None = None
    last: datetime | None = None
    stated: str = ""
    levels: tuple[int, ...] = (CUT,)
    kinds: dict[tuple[Kind, int], None] = field(default_factory=dict)

    # what is asked

    def figure(self, kind: Kind, measure: Measure) -> str:
        """The column of the last step that holds a figure of what a measure adds up."""
        self.measure(measure)
        number = list(self.measures).index(measure) + 1
        self.kinds.setdefault((kind, number))
        return f"{kind}{number}"

    @property
    def timeline(self) -> Timeline:
        return Timeline(self.buckets)

    @property
    def table(self) -> str:
        return f"{self.name}_stated" if self.stated else super().table

    # the SQL

    def steps(self) -> Iterator[tuple[str, str]]:
        """The CTEs of the stock: name and text."""
        if self.stated:
            yield f"{self.name}_stated", self.stated
        yield from self._read()
        yield f"{self.name}_judged", self._judged()
        yield f"{self.name}_moves", self._moves()
        yield f"{self.name}_edges", self._edges()
        yield f"{self.name}_sums", self._sums()
        yield f"{self.name}_ends", self._ends()
        if self._wanted("p"):
            yield f"{self.name}_points", self._points()
            yield from self._peaks()
        yield f"{self.name}_figures", self._figures()

    def _wanted(self, kind: Kind) -> list[int]:
        return [number for each, number in self.kinds if each == kind]

    def _time_columns(self) -> list[str]:
        return [f"{self._sql(self.begins)} as begins", f"{self._sql(self._closing)} as finishes"]

    def _time_trees(self) -> list[exp.Expression]:
        return [self.begins, self.finishes]

    @property
    def _closing(self) -> exp.Expression:
        """When a row is known to finish; not before it begins, so that it never counts less than nothing."""
        closed: exp.Expression = exp.Greatest(this=self.finishes.copy(), expressions=[self.begins.copy()])
        known: exp.Expression = exp.Not(this=exp.Is(this=self.finishes.copy(), expression=exp.null()))
        cap = self._cap
        if cap is not None:
            known = exp.And(this=known, expression=exp.LTE(this=self.finishes.copy(), expression=cap))
        return exp.Case(ifs=[exp.If(this=known, true=closed)])

    @property
    def _cap(self) -> exp.Expression | None:
        """Up to when a row's source is known; one that is complete is not followed further than the others."""
        if not self.caps:
            return None
        ifs = [
            exp.If(this=exp.column("source").eq(exp.Literal.string(source)), true=moment(until))
            for source, until in sorted(self.caps.items())
        ]
        return exp.Case(ifs=ifs, default=moment(max(self.caps.values())))

    def _time_conditions(self) -> list[str]:
        """Rows that begin after the period, or after their source's watermark, are out; so are those that finished
        before."""
        begins, finishes = self._sql(self.begins), self._sql(self.finishes)
        found = []
        if self._cap is not None:
            found.append(f"{begins} <= {self._sql(self._cap)}")
        timeline = self.timeline
        if timeline.start is not None and timeline.end is not None:
            found.append(f"{begins} < {literal(timeline.end)}")
            earliest = literal(min([timeline.start, *self.caps.values()]))
            found.append(f"{finishes} is null or {finishes} > {earliest} or {begins} >= {earliest}")
        return found

    def _moves(self) -> str:
        """What opens and closes, by cut and bucket; the rows are read twice, which costs less than making two of
        each."""
        keys = [*self.cut_names, "period"]
        sums = ", ".join(f"sum({name}) as {name}" for name in self._added)
        body = f"{self._moved('begins', opening=True)}\nunion all\n{self._moved('finishes', opening=False)}"
        grouped = ", ".join(keys)
        return f"select {grouped}, {sums}\nfrom (\n{body}\n) as moved\nwhere period is not null\ngroup by {grouped}"

    @property
    def _numbers(self) -> range:
        return range(1, len(self.measures) + 1)

    @property
    def _added(self) -> list[str]:
        return [f"{letter}{number}" for number in self._numbers for letter in "ocbx"]

    def _moved(self, at: str, *, opening: bool) -> str:
        columns = [*self.cut_names, f"{self.timeline.reached(at)} as period"]
        for number, measure in zip(self._numbers, self.measures, strict=True):
            amount = f"coalesce({measure.sql(direct=True)}, 0)"
            columns += [f"{amount if opening else 0} as o{number}", f"{0 if opening else amount} as c{number}"]
            columns.append(f"{0 if opening else self._gone(number, measure)} as b{number}")
            weighed = "0"
            if number in self._wanted("m"):
                weighed = f"{'' if opening else '-'}coalesce({self._weighed(measure, at)}, 0)"
            columns.append(f"{weighed} as x{number}")
        text = f"select {', '.join(columns)}\nfrom {self.name}_judged\nwhere {at} is not null"
        return f"{text}\ngroup by {', '.join([*self.cut_names, 'period'])}"

    def _gone(self, number: int, measure: Measure) -> str:
        """What closes as a bucket begins; asked only of what is counted whenever it stood."""
        if number not in self._wanted("a") or not self.buckets.bounded:
            return "0"
        test = f"({measure.test}) and " if measure.test else ""
        return f"count_if({test}{self._at_an_edge})"

    @property
    def _at_an_edge(self) -> str:
        """Whether a row finishes as its bucket begins: it did not stand in that one at all."""
        before = self.timeline.reached("(finishes - interval '1 microsecond')")
        return f"begins < finishes and {before} < {self.timeline.reached('finishes')}"

    def _weighed(self, measure: Measure, at: str) -> str:
        """The times of a measure's moves added up, each as often as its amount."""
        passed = self.timeline.passed_at(at)
        amount = f"{measure.amount} * {passed}" if measure.amount else passed
        return f"sum(case when {measure.test} then {amount} end)" if measure.test else f"sum({amount})"

    def _edges(self) -> str:
        """When each bucket begins and, as far as anything is known, ends; and for how long something holds in it."""
        last = "null" if self.last is None else str(self.timeline.passed(self.last))
        first = "null" if self.first is None else str(self.timeline.passed(self.first))
        begins, ends = f"coalesce(begins, {first})", f"least(ends, {last})"
        if self.stated:
            columns = f"period, {begins} as begins, {ends} as ends, held"
            return f"select {columns}\nfrom (\n{self._held(ends)}\n) as held"
        held = f"{ends} - {begins}"
        if self.first is not None and not self.buckets.given:  # the period is that of all data, not only of this
            held = f"case when {ends} > {first} then {held} else 0 end"
        return f"select period, {begins} as begins, {ends} as ends, {held} as held\nfrom edges"

    def _held(self, ends: str) -> str:
        """For how long a level is stated in each bucket: from point to point, where at least one statement holds."""
        timeline = self.timeline
        point = "greatest({0}, 0) as period, {1} as passed"
        reached = {at: timeline.reached(at) for at in ("stated_from", "stated_until")}
        begin, finish = (point.format(number, timeline.passed_at(at)) for at, number in reached.items())
        statements = f"(select distinct stated_from, stated_until from {self.name}_stated) as statements"
        points = "\nunion all\n".join(
            [
                f"select {begin}, 1 as d from {statements} where {reached['stated_from']} is not null",
                f"select {finish}, -1 as d from {statements} where {reached['stated_until']} is not null",
                "select period, begins as passed, 0 as d from edges where begins is not null",
            ]
        )
        summed = f"select period, passed, sum(d) as d from (\n{points}\n) as points group by period, passed"
        holding = "sum(d) over (order by passed rows between unbounded preceding and current row) as holding"
        following = "lead(passed) over (order by passed) as next"
        run = f"select period, passed, {following}, {holding}\nfrom (\n{summed}\n) as summed"
        left = f"greatest(least(coalesce(next, {ends}), {ends}) - passed, 0)"
        held = f"sum(case when holding > 0 then {left} else 0 end) as held"
        return (
            f"select edges.period, any_value(begins) as begins, any_value(ends) as ends, {held}\n"
            f"from edges left join (\n{run}\n) as run on run.period = edges.period\ngroup by edges.period"
        )

    def _sums(self) -> str:
        """The moves of every level, and an empty one for every bucket, so that a level goes on where nothing moves."""
        names = self.cut_names
        columns = self._added
        empty = ", ".join(f"0 as {name}" for name in columns)
        parts = []
        for level in self.levels:
            keys = ", ".join(names if level == CUT else [f"null as {name}" for name in names])
            keys = f"{keys}, " if keys else ""
            period = "least(period, 0) as period" if level == ALL else "period"
            moved = [self._in_all(name) if level == ALL else name for name in columns]
            parts.append(f"select {level} as level, {period}, {keys}{', '.join(moved)} from {self.name}_moves")
            if level == CUT and names:
                seen = f"(select distinct {', '.join(names)} from {self.name}_moves where {self._counted}) as seen"
                parts.append(f"select {level}, period, {', '.join(names)}, {empty} from periods cross join {seen}")
            else:
                parts.append(f"select {level}, {'0' if level == ALL else 'period'}, {keys}{empty} from periods")
        key = ", ".join(["level", "period", *names])
        sums = ", ".join(f"sum({name}) as {name}" for name in columns)
        stacked = "\nunion all\n".join(parts)
        return f"select {key}, {sums}\nfrom (\n{stacked}\n) as moved\ngroup by {key}"

    def _in_all(self, name: str) -> str:
        """A column of the moves in the whole, which begins where the first bucket does."""
        return f"case when period = 0 then {name} else 0 end as {name}" if name.startswith("b") else name

    @property
    def _counted(self) -> str:
        """Whether anything counts in a cut."""
        counts = [n for n, measure in zip(self._numbers, self.measures, strict=True) if measure.kind == "count"]
        return " or ".join(f"o{number} > 0" for number in counts)

    def _ends(self) -> str:
        """The level at the end of each bucket."""
        key = ["level", "period", *self.cut_names]
        over = ", ".join(["level", *self.cut_names])
        columns = [*key]
        for number in self._numbers:
            run = f"(partition by {over} order by period rows between unbounded preceding and current row)"
            columns += [f"sum(o{number} - c{number}) over {run} as e{number}"]
            columns += [f"o{number} - c{number} as d{number}", f"c{number}", f"b{number}", f"x{number}"]
        return f"select {', '.join(columns)}\nfrom {self.name}_sums"

    def _points(self) -> str:
        """The moves one by one, and one that moves nothing at every edge."""
        names, wanted = self.cut_names, self._wanted("p")
        measures = [(n, each) for n, each in zip(self._numbers, self.measures, strict=True) if n in wanted]
        parts = []
        for at, sign in (("begins", ""), ("finishes", "-")):
            keys = [
                *names,
                f"greatest({self.timeline.reached(at)}, 0) as period",
                f"{self.timeline.passed_at(at)} as passed",
            ]
            moves = [f"{_moving(measure, sign)} as p{number}" for number, measure in measures]
            tests = [measure.test for _, measure in measures]
            where = f"{at} is not null and {self.timeline.reached(at)} is not null"
            where += f" and ({' or '.join(tests)})" if all(tests) else ""
            parts.append(f"select {', '.join([*keys, *moves])}\nfrom {self.name}_judged\nwhere {where}")
        empty = ", ".join(f"0 as p{number}" for number in wanted)
        source = "edges"
        if names:
            source = f"edges cross join (select distinct {', '.join(names)} from {self.name}_moves) as seen"
        edge = ", ".join([*names, "period", f"begins as passed, {empty}"])
        parts.append(f"select {edge}\nfrom {source}\nwhere begins is not null")
        return "\nunion all\n".join(parts)

    def _peaks(self) -> Iterator[tuple[str, str]]:
        """The highest level of each bucket: of each cut, and over all of them.

        The whole is the highest of its buckets where these are over all cuts, and else followed through anew.
        """
        names = self.cut_names
        highest = ", ".join(f"max(p{number}) as p{number}" for number in self._wanted("p"))
        followed = [level for level in self.levels if level != ALL or (names and BUCKET not in self.levels)]
        tops = "\nunion all\n".join(self._tops(level, highest) for level in followed)
        yield f"{self.name}_tops", tops
        peaks = f"select * from {self.name}_tops"
        if len(followed) < len(self.levels):
            told = ", ".join([f"{ALL} as level", "0 as period", *(f"null as {name}" for name in names)])
            peaks += f"\nunion all\nselect {told}, {highest} from {self.name}_tops where level = {followed[-1]}"
        yield f"{self.name}_peaks", peaks

    def _tops(self, level: int, highest: str) -> str:
        """The highest level of each bucket of one level. What moves at the same instant moves together: all of it is
        in the range up to that instant."""
        own = self.cut_names if level == CUT else []
        partition = f"partition by {', '.join(own)} " if own else ""
        over = f"({partition}order by passed range between unbounded preceding and current row)"
        run = [f"sum(p{number}) over {over} as p{number}" for number in self._wanted("p")]
        names = [name if level == CUT else f"null as {name}" for name in self.cut_names]
        told = ", ".join([f"{level} as level", "0 as period" if level == ALL else "period", *names])
        grouped = ", ".join([*own, *(["period"] if level != ALL else [])])
        text = f"select {told}, {highest}\nfrom (\nselect {', '.join([*own, 'period', *run])}"
        text += f"\nfrom {self.name}_points\n) as run"
        return f"{text}\ngroup by {grouped}" if grouped else text

    def _figures(self) -> str:
        """Every figure that is asked for; the whole has no bucket."""
        keys = self.cut_names
        level = f"case when ends.level = {CUT} then {HIDDEN} else ends.level end" if self.hidden else "ends.level"
        period = f"case when ends.level = {ALL} then null else ends.period end"
        columns = [f"{level} as level", f"{period} as period", *(f"ends.{key}" for key in keys)]
        columns += [f"{self._final(kind, number)} as {kind}{number}" for kind, number in self.kinds]
        text = f"select {', '.join(columns)}\nfrom {self.name}_ends as ends\njoin (\n{self._stretches()}\n) as edges"
        text += f"\n  on edges.whole = (ends.level = {ALL}) and edges.period = ends.period"
        if self._wanted("p"):
            same = [f"peaks.{key} is not distinct from ends.{key}" for key in keys]
            text += f"\nleft join {self.name}_peaks as peaks\n  on peaks.level = ends.level"
            text += " and ".join(["", "peaks.period = ends.period", *same])
        return text

    def _stretches(self) -> str:
        """The buckets, and the whole as one."""
        buckets = f"select false as whole, period, begins, ends, held from {self.name}_edges"
        whole = f"select true, 0, min(begins), max(ends), sum(greatest(held, 0)) from {self.name}_edges"
        return f"{buckets}\nunion all\n{whole}" if ALL in self.levels else buckets

    def _final(self, kind: Kind, number: int) -> str:
        end, moved = f"ends.e{number}", f"ends.d{number}"
        if kind == "e":
            return end
        if kind == "a":
            return f"({end} + ends.c{number} - ends.b{number})"
        if kind == "p":
            return f"coalesce(peaks.p{number}, {end})"
        area = f"({end} - {moved}) * (edges.ends - edges.begins) + {moved} * edges.ends - ends.x{number}"
        # a bucket after the watermark has no length: it stands as things stood then
        return f"case when edges.held > 0 then cast({area} as double) / nullif(edges.held, 0) else {end} end"


def _moving(measure: Measure, sign: str) -> str:
    """SQL: by how much one row moves what a measure adds up."""
    amount = f"{sign}coalesce({measure.amount}, 0)" if measure.amount else f"{sign}1"
    return f"case when {measure.test} then {amount} else 0 end" if measure.test else amount


def moment(instant: datetime) -> exp.Expression:
    """An instant as a node."""
    return exp.cast(exp.Literal.string(instant.isoformat(sep=" ")), exp.DType.TIMESTAMP)
