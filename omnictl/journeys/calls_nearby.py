"""Calls soon after visits, and after the same visits had they been whole weeks earlier or later: how many, in SQL.

A call belongs to the last visit before it that ended at most so long ago and is alike (same intent, area, line type):
to one at most, in each cell of the answer and each shifted world. So the calls of a cell are those that lie in the time
its visits cover, and covered time is a row of stretches: a stretch goes from the first of visits that follow one
another closely to the window's end after the last. What calls there were before each end of a stretch is one running
count over visits' and calls' common line of time. A stretch also ends where the local day does, since days differ in
what they can be compared with; the call then belongs to the visit of its last day, which is the nearest.

Times are whole seconds since `localtime.ORIGIN`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from omnictl.engines.connection import one_of, quoted
from omnictl.localtime import DAY_S, seconds_of, seconds_to, stepped
from omnictl.relations.families import PHONE_CHANNELS
from omnictl.zone import Stretch

CELL, WHOLE = 0, 1  # levels

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
    select *, case when ended_at >= started_at then ended_at else started_at end as end_at from interactions
  ) as i
  left join identities as d on d.source = i.source and d.interaction_id = i.interaction_id{asked}
  where i.kind = 'visit' and i.direction = 'inbound' and i.excluded = '' and {visits}
),
leak_days as (
  select * from (values {days}) as told (day, grp, shift)
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
leak_shifted as (
  select u.id, u.key, u.day, d.shift, d.grp, {shifted} as x
  from leak_known as u
  join leak_days as d on d.day = u.day
  where u.known
),
leak_beside as (
  select *, lag(x) over near as x_before, lag(day) over near as day_before, lead(x) over near as x_after,
    lead(day) over near as day_after
  from leak_shifted
  where key > 0
  window near as (partition by id, key, shift order by x, day)
),
leak_line as (
  select key, x as t, 0 as call, id, shift, grp, -1 as sign
  from leak_beside
  where x_before is null or x - x_before > {within} or day <> day_before
  union all
  select key, 1 + case when x_after - x <= {within} then x_after - 1 else x + {within} end, 0, id, shift, grp, 1
  from leak_beside
  where x_after is null or x_after - x > {within} or day <> day_after
  union all
  select k.key, c.t, 1, 0, 0, 0, 0
  from leak_calls as c
  join leak_keys as k on {c_key}
),
leak_run as (
  select *, sum(call) over (partition by key order by t, call rows between unbounded preceding and current row) as calls
  from leak_line
),
leak_found as (
  select id, shift, grp, cast(sum(sign * calls) as bigint) as calls
  from leak_run
  where call = 0
  group by id, shift, grp
),
leak_of as (
  select u.id, coalesce(d.grp, case when u.known then -1 else -2 end) as grp, count(*) as visits,
    count(distinct u.person_id) + count(case when u.person_id is null then 1 end) as people
  from leak_known as u
  left join leak_days as d on d.day = u.day and d.shift = 0 and u.known
  group by u.id, coalesce(d.grp, case when u.known then -1 else -2 end)
),
leak_alike as (
  select a.id, count(*) as calls
  from (select distinct id, key from leak_known where key > 0) as a
  join leak_line as c on c.key = a.key and c.call = 1
  join (select min(e) as since, max(e) as until from leak_known where known) as s
    on c.t between s.since and s.until + {within}
  group by a.id
)
select c.level, c.cell, o.grp, o.visits, o.people, f.shift, coalesce(f.calls, 0) as calls, a.calls as alike
from leak_of as o
join leak_cells as c on c.id = o.id
left join leak_found as f on f.id = o.id and f.grp = o.grp
left join leak_alike as a on a.id = o.id
order by c.level, c.cell nulls last, o.grp, f.shift
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
        days: number of a local day, group, shift in days: what each day's visits are compared with; each that is
            compared has shift 0 too.
        stretches: the offsets of the zone.
        visits: SQL over interactions `i`, their people `d` and `i.end_at`: which visits.
        asked: SQL of a SELECT that gives source and interaction_id of those that meet a condition; '' for all.
    """

    within: int
    match: tuple[str, ...]
    families: dict[str, str]
    step: str
    column: str
    days: Sequence[tuple[int, int, int]]
    stretches: Sequence[Stretch]
    visits: str
    asked: str = ""

    def sql(self) -> str:
        """One SELECT: level, cell, group (-1: a day that cannot be compared, -2: unlike any call), visits, people,
        shift, calls of that world, and how many calls there are that are alike."""
        keys = [f"k_{name}" for name in self.match] or ["k_all"]
        shown = f"(v.e + {self._offset('v.e')})"
        day = f"{shown} - {shown} % {DAY_S}"
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
            called=seconds_of("i.started_at"),
            ended=seconds_of("i.end_at"),
            phone=one_of("i.channel", PHONE_CHANNELS),
            call_keys=columns,
            visit_keys=columns,
            keys=", ".join(keys),
            known=_all(f"{key} is not null" for key in keys),
            column=column,
            asked=asked,
            visits=self.visits,
            days=", ".join(f"({day * DAY_S}, {group}, {shift})" for day, group, shift in self.days),
            whole=WHOLE,
            day=day,
            v_keys=own,
            cells=cells,
            u_known=_all(f"u.{key} is not null" for key in keys),
            u_key=_all(f"k.{key} = u.{key}" for key in keys),
            c_key=_all(f"k.{key} = c.{key}" for key in keys),
            shifted=(
                f"u.e + d.shift * {DAY_S} + ({self._offset('u.e')}) - ({self._offset(f'(u.e + d.shift * {DAY_S})')})"
            ),
            within=self.within,
        )

    def _key(self, name: str) -> str:
        return self._family("i.intent") if name == "intent" else f"i.{name}"

    def _family(self, intent: str) -> str:
        cases = " ".join(f"when {quoted(name)} then {quoted(root)}" for name, root in sorted(self.families.items()))
        return f"case {intent} {cases} else {intent} end" if cases else intent

    def _offset(self, at: str) -> str:
        """SQL: the zone's offset, in seconds, at a time in seconds."""
        return stepped(at, [(str(seconds_to(each.since)), each.offset_s) for each in self.stretches])


def _all(tests: Iterable[str]) -> str:
    return " and ".join(tests)
