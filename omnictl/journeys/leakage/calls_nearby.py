"""Calls soon after visits, and after the same visits had they been whole weeks earlier or later: how many, in SQL.

A call belongs to the last visit before it that is alike (same intent, area, line type), and counts when that one ended
at most so long ago: once at most, in each cell of the answer and each shifted world. So the calls of a cell are those
that lie in the time its visits cover, and covered time is a row of stretches: a stretch goes from the first of visits
that follow one another closely to the window's end after the last. It also ends where the local day does, since days
differ in what they can be compared with; the call then belongs to the visit of the later day.

Calls in a stretch are those before its end less those before its beginning. They are looked up in a running count over
bins of time, with the counts so many weeks away beside it, and counted out within the bin.

Times are what the workspace's clocks show, in whole seconds since midnight of `localtime.ORIGIN`: a week away is the
same hour whatever the clocks have done. On the two nights a year that they do, a window is an hour longer or shorter.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from omnictl.engines.connection import one_of, quoted
from omnictl.localtime import DAY_S, offset_at, seconds_of
from omnictl.relations.families import PHONE_CHANNELS
from omnictl.zone import Stretch

CELL, WHOLE = 0, 1  # levels
PHONE = one_of("i.channel", PHONE_CHANNELS)

_SQL = """
with leak_calls as (
  select {called} as t{call_keys}
  from interactions as i
  where i.kind = 'contact' and i.direction = 'inbound' and i.excluded = '' and i.parent_id is null and {phone}
),
leak_keys as (
  select row_number() over (order by {keys}) as key, {keys}
  from (select distinct {keys} from leak_calls where {known}) as called
),
leak_visits as (
  select i.source, i.interaction_id, d.person_id, i.intent as own_intent, {column} as cell, {ended} as e{visit_keys}
  from (
    select *, case when ended_at >= started_at then ended_at else started_at end as end_at
    from interactions
  ) as i
  left join identities as d on d.source = i.source and d.interaction_id = i.interaction_id{asked}
  where i.kind = 'visit' and i.direction = 'inbound' and i.excluded = '' and {visits}
),
leak_days as (
  select * from (values {days}) as told (day, grp)
),
leak_dates as (
  select * from (values {dates}) as told (day)
),
leak_bins_of_day as (
  select * from (values {bins}) as told (begins)
),
leak_units as (
  select cast({whole} as integer) as level, cast(null as varchar) as cell, v.person_id, v.e, {day} as day, {v_keys}
  from leak_visits as v{cells}
),
leak_cells as (
  select row_number() over (order by level, cell) as id, level, cell
  from (select distinct level, cell from leak_units) as seen
),
leak_known as (
  select c.id, coalesce(k.key, 0) as key, u.e, u.day, u.person_id, {u_known} as known
  from leak_units as u
  join leak_cells as c on c.level = u.level and c.cell is not distinct from u.cell
  left join leak_keys as k on {u_key}
),
leak_beside as (
  select id, key, day, e, lag(e) over near as before, lag(day) over near as day_before, lead(e) over near as after,
    lead(day) over near as day_after
  from leak_known
  where key > 0
  window near as (partition by id, key order by e, day)
),
leak_ends as (
  select key, id, day, e as t, -1 as sign
  from leak_beside
  where before is null or e - before > {within} or day <> day_before
  union all
  select key, id, day, 1 + case when after - e <= {within} then after - 1 else e + {within} end, 1
  from leak_beside
  where after is null or after - e > {within} or day <> day_after
),
leak_binned as (
  select s.key, s.id, d.grp, s.t, s.sign, s.t - s.t % {bin} as bin
  from leak_ends as s
  join leak_days as d on d.day = s.day
),
leak_rung as (
  select k.key, c.t, c.t - c.t % {bin} as bin
  from leak_calls as c
  join leak_keys as k on {c_key}
),
leak_run as (
  select k.key, d.day + b.begins as bin, coalesce(sum(c.calls) over (
      partition by k.key order by d.day, b.begins rows between unbounded preceding and 1 preceding
    ), 0) as calls
  from leak_keys as k
  cross join leak_dates as d
  cross join leak_bins_of_day as b
  left join (select key, bin, count(*) as calls from leak_rung group by key, bin) as c
    on c.key = k.key and c.bin = d.day + b.begins
),
leak_worlds as (
  select key, bin, calls as c0, {run_worlds}
  from leak_run
  window run as (partition by key order by bin)
),
leak_moved as (
  select key, t, bin, 0 as shift from leak_rung
  union all
  {moved}
),
leak_found as (
  select id, grp, {sums}
  from (
    select e.id, e.grp, {before}
    from leak_binned as e
    join leak_worlds as w on w.key = e.key and w.bin = e.bin
    group by e.id, e.grp
    union all
    select e.id, e.grp, {within_bin}
    from leak_binned as e
    join leak_moved as c on c.key = e.key and c.bin = e.bin and c.t < e.t
    group by e.id, e.grp
  ) as parts
  group by id, grp
),
leak_of as (
  select u.id, coalesce(d.grp, case when u.known then -1 else -2 end) as grp, count(*) as visits,
    count(distinct u.person_id) + count(case when u.person_id is null then 1 end) as people
  from leak_known as u
  left join leak_days as d on d.day = u.day and u.known
  group by u.id, coalesce(d.grp, case when u.known then -1 else -2 end)
),
leak_alike as (
  select a.id, count(*) as calls
  from (select distinct id, key from leak_known where key > 0) as a
  join leak_rung as c on c.key = a.key
  join (select min(e) as since, max(e) as until from leak_known where known) as s
    on c.t between s.since and s.until + {within}
  group by a.id
)
select c.level, c.cell, o.grp, o.visits, o.people, a.calls as alike, {found}
from leak_of as o
join leak_cells as c on c.id = o.id
left join leak_found as f on f.id = o.id and f.grp = o.grp
left join leak_alike as a on a.id = o.id
order by c.level, c.cell nulls last, o.grp
"""
_STEPS = """
  union all
  select {cell}, s.object, v.person_id, v.e, {day}, {step_keys}
  from leak_visits as v
  join (
    select source, interaction_id, object, max(intent) as intent
    from steps where type = '{kind}' and object is not null
    group by source, interaction_id, object
  ) as s on s.source = v.source and s.interaction_id = v.interaction_id"""
_COLUMN = """
  union all
  select {cell}, v.cell, v.person_id, v.e, {day}, {v_keys}
  from leak_visits as v"""


@dataclass(frozen=True)
class Nearby:
    """What is counted.

    Attributes:
        within: seconds from a visit's end.
        match: what a call and its visit have in common: of `intent`, `area`, `line_type`.
        families: by intent, the one that stands for it.
        step: the type of step that cells are made of; '' for none.
        column: of interactions, that cells are made of; '' for none.
        shifts: days by which visits are moved, each a multiple of a bin.
        days: number of a local day and its group, for those whose visits are compared.
        first, last: the first and the last local day of the common line of time.
        stretches: the offsets of the zone.
        visits: SQL over interactions `i`, their people `d` and `i.end_at`: which visits.
        asked: SQL of a SELECT that gives source and interaction_id of those that meet a condition; '' for all.
        bin_s: a part of a day: few calls of a kind lie in it.
    """

    within: int
    match: tuple[str, ...]
    families: dict[str, str]
    step: str
    column: str
    shifts: Sequence[int]
    days: Sequence[tuple[int, int]]
    first: int
    last: int
    stretches: Sequence[Stretch]
    visits: str
    asked: str = ""
    bin_s: int = 300

    def kinds(self) -> str:
        """SQL: how many kinds of calls there are, told apart by what they are matched by."""
        names = ", ".join(self._key(name) for name in self.match) or "1"
        return f"select count(*) from (select distinct {names} from interactions as i where {PHONE}) as kinds"

    def sql(self) -> str:
        """One SELECT: level, cell, group (-1: a day that is not compared, -2: unlike any call), visits, people, how
        many calls there are that are alike, calls after the visits, and after those moved by each shift."""
        keys = [f"k_{name}" for name in self.match] or ["k_all"]
        day = f"v.e - v.e % {DAY_S}"
        column = f"i.{self.column}" if self.column else "cast(null as varchar)"
        own = ", ".join(f"v.{key}" for key in keys)
        cells = ""
        if self.step:
            step_keys = ", ".join(
                self._family("coalesce(s.intent, v.own_intent)") if key == "k_intent" else f"v.{key}" for key in keys
            )
            cells = _STEPS.format(cell=CELL, day=day, step_keys=step_keys, kind=self.step)
        elif self.column:
            cells = _COLUMN.format(cell=CELL, day=day, v_keys=own)
        asked = ""
        if self.asked:
            asked = (
                "\n  join (\n"
                + self.asked
                + "\n  ) as asked on asked.source = i.source and asked.interaction_id = i.interaction_id"
            )
        columns = "".join(f", {self._key(name)} as k_{name}" for name in self.match) or ", 1 as k_all"
        return _SQL.format(
            called=self._shown("i.started_at"),
            ended=self._shown("i.end_at"),
            phone=PHONE,
            call_keys=columns,
            visit_keys=columns,
            keys=", ".join(keys),
            known=_all(f"{key} is not null" for key in keys),
            column=column,
            asked=asked,
            visits=self.visits,
            days=", ".join(f"({day * DAY_S}, {group})" for day, group in self.days),
            dates=", ".join(f"({day * DAY_S})" for day in range(self.first, self.last + 1)),
            bins=", ".join(f"({begins})" for begins in range(0, DAY_S, self.bin_s)),
            whole=WHOLE,
            day=day,
            v_keys=own,
            cells=cells,
            u_known=_all(f"u.{key} is not null" for key in keys),
            u_key=_all(f"k.{key} = u.{key}" for key in keys),
            c_key=_all(f"k.{key} = c.{key}" for key in keys),
            within=self.within,
            bin=self.bin_s,
            **self._worlds(),
        )

    def _worlds(self) -> dict[str, str]:
        """SQL that is said of every world: number 0 as it is, the others moved by a shift."""
        shifts, numbers = list(enumerate(self.shifts, 1)), range(len(self.shifts) + 1)

        def there(shift: int) -> str:
            return f"{'lead' if shift > 0 else 'lag'}(calls, {abs(shift) * DAY_S // self.bin_s}) over run"

        def back(shift: int) -> str:  # calls move towards the visits, as visits would towards the calls
            return f"{-shift * DAY_S}" if shift > 0 else f"+ {-shift * DAY_S}"

        return {
            "run_worlds": ", ".join(f"{there(shift)} as c{number}" for number, shift in shifts),
            "moved": "\n  union all\n  ".join(
                f"select key, t {back(shift)}, bin {back(shift)}, {number} from leak_rung" for number, shift in shifts
            ),
            "sums": ", ".join(f"cast(sum(c{number}) as bigint) as c{number}" for number in numbers),
            "before": ", ".join(f"sum(e.sign * coalesce(w.c{number}, 0)) as c{number}" for number in numbers),
            "within_bin": ", ".join(
                f"sum(case when c.shift = {number} then e.sign else 0 end) as c{number}" for number in numbers
            ),
            "found": ", ".join(f"coalesce(f.c{number}, 0) as c{number}" for number in numbers),
        }

    def _shown(self, at: str) -> str:
        """SQL: what the clocks show at a time."""
        return f"{seconds_of(at)} + {offset_at(at, self.stretches)}"

    def _key(self, name: str) -> str:
        return self._family("i.intent") if name == "intent" else f"i.{name}"

    def _family(self, intent: str) -> str:
        cases = " ".join(f"when {quoted(name)} then {quoted(root)}" for name, root in sorted(self.families.items()))
        return f"case {intent} {cases} else {intent} end" if cases else intent


def _all(tests: Iterable[str]) -> str:
    return " and ".join(tests)
