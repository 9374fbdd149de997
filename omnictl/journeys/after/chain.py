"""What follows on any channel, and one thing after the other: the followups of a question, in SQL.

What follows an interaction is the nearest later one of the same person that is looked for, in the order of `followups`,
that is neither its parent nor its child. Of a chain the last link is looked for first: what may stand before it are
the interactions that it follows within the window, and of these the nearest is looked for in turn. So an interaction is
followed when there is any such chain after it. Its window is observed when as many windows as the chain has links, one
after the other from its end, lie inside the data.

How far to step is counted, not walked: the n-th of what is looked for has a place, and what follows a row stands on
the place after those up to it, relatives that come at once stepped over.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from omnictl.build.clock import Clock, literal
from omnictl.build.feeds import Feeds, Span
from omnictl.relations.families import DUPLICATE_S
from omnictl.relations.followups import FOLLOWUPS

if TYPE_CHECKING:
    from datetime import datetime

    from omnictl.glossary.window import Window
    from omnictl.journeys.after.then import Then

SECONDS = "decimal(18, 3)"

# `fresh`: an inbound contact that repeats none, of one of the same person, channel and intent that began just before.
_ORDERED = f"""chain_listed as (
  select f.key, f.person_id, f.source, f.interaction_id, i.channel, i.solution, i.intent, i.started_at,
    case when i.ended_at >= i.started_at then i.ended_at else i.started_at end as end_at,
    i.kind = 'visit' as visit, i.kind = 'contact' and i.direction = 'inbound' as contact
  from followups as f
  join identities as d
    on d.source = f.source and d.interaction_id = f.interaction_id and d.person_id = f.person_id
  join interactions as i on i.source = f.source and i.interaction_id = f.interaction_id
  where i.excluded = ''
),
chain_ordered as (
  select *,
    contact and not coalesce(
      lag(started_at) over (partition by person_id, channel, intent, contact order by key)
        >= started_at - interval '{DUPLICATE_S}' second,
      false
    ) as fresh
  from chain_listed
),
chain_relatives as (
  select least(c.key, p.key) as key, greatest(c.key, p.key) as other
  from interactions as child
  join chain_ordered as c on c.source = child.source and c.interaction_id = child.interaction_id
  join chain_ordered as p
    on p.source = coalesce(child.parent_source, child.source) and p.interaction_id = child.parent_id
  where child.parent_id is not null and c.person_id = p.person_id and c.key <> p.key
)"""
_LINK = """chain_placed_{n} as (
  select o.*, {hit} as hit,
    count(case when {hit} then 1 end) over (
      partition by {partition} order by o.key rows between unbounded preceding and current row
    ) as place
  from chain_ordered as o{joined}
),
chain_met_{n} as (
  select own.key, own.place as own_place, other.place as other_place,
    row_number() over (partition by own.key order by other.key) as nth
  from (select distinct key, other from chain_relatives) as r
  join chain_placed_{n} as own on own.key = r.key
  join chain_placed_{n} as other on other.key = r.other{same_other}
  where other.hit
),
chain_stepped_{n} as (
  select key, count(*) as steps
  from chain_met_{n}
  where other_place = own_place + nth
  group by key
),
chain_next_{n} as (
  select o.key, o.person_id, o.source, o.interaction_id, o.started_at, o.end_at, t.key as next_key,
    t.channel as next_channel, t.solution as next_solution, t.started_at as next_at, t.started_at < o.end_at as overlap,
    case when t.started_at < o.end_at then 0 else cast(epoch(t.started_at) - epoch(o.end_at) as {seconds}) end as gap_s,
    case when t.started_at < o.end_at then 0 else date_diff('day', {end_day}, {next_day}) end as days
  from chain_placed_{n} as o
  left join chain_stepped_{n} as s on s.key = o.key
  left join chain_placed_{n} as t
    on t.person_id = o.person_id and t.hit and t.place = o.place + coalesce(s.steps, 0) + 1{same_t}
)"""


@dataclass(frozen=True)
class Chain:
    """What is to follow, link by link.

    Attributes:
        links: the first is counted from the end of the interaction, each other from the end of the one before.
        same_intent: every link is for the intent of the interaction.
        window: how soon each is to follow.
        clock: local days.
    """

    links: Sequence[Then]
    same_intent: bool
    window: Window
    clock: Clock
    feeds: Feeds

    def until(self) -> datetime | None:
        """Up to when all sources are complete in which any link is looked for; None when nothing limits it."""
        return min((each.until for each in map(self._span, self.links) if each.until is not None), default=None)

    def followups(self, family: str) -> str:
        """SQL: the CTEs that end with `followups`, whose columns of a family tell of this chain; all others are as
        the store has them."""
        own = {f"{family}_{name}": sql for name, sql in self._columns()}
        known = [name for name in FOLLOWUPS.names if not name.startswith(f"{family}_") or name in own]
        told = [f"{own[name]} as {name}" if name in own else f"f.{name}" for name in known]
        ctes = [_ORDERED, *self._links()]
        last = (
            "followups as (\n  select "
            + ",\n    ".join(told)
            + "\n  from followups as f\n  left join chain_next_1 as c"
            + " on c.source = f.source and c.interaction_id = f.interaction_id and c.person_id = f.person_id\n)"
        )
        return ",\n".join([*ctes, last])

    def _links(self) -> Iterator[str]:
        same = " and {}.intent = {}.intent" if self.same_intent else ""
        for number in range(len(self.links), 0, -1):
            then, last = self.links[number - 1], number == len(self.links)
            known = " and o.intent is not null" if self.same_intent else ""
            hit = f"({then.condition('o')}{'' if last else ' and a.key is not null'}{known})"
            after = f"chain_next_{number + 1}"
            yield _LINK.format(
                n=number,
                hit=hit,
                joined="" if last else f"\n  left join {after} as a on a.key = o.key and {self._inside('a')}",
                partition="o.person_id, o.intent" if self.same_intent else "o.person_id",
                same_other=same.format("other", "own"),
                same_t=same.format("t", "o"),
                seconds=SECONDS,
                end_day=self.clock.day("o.end_at"),
                next_day=self.clock.day("t.started_at"),
            )

    def _inside(self, alias: str) -> str:
        """SQL: whether what follows lies within the window."""
        if self.window.days is not None:
            return f"{alias}.days <= {self.window.days}"
        return f"{alias}.gap_s <= {self.window.seconds}"

    def _columns(self) -> Iterator[tuple[str, str]]:
        yield "key", "c.next_key"
        yield "gap_s", "case when c.next_key is not null then c.gap_s end"
        yield "days", "case when c.next_key is not null then c.days end"
        yield "overlap", "c.overlap"
        observed_s, observed_days = [], []
        for number, then in enumerate(self.links):
            until = self._span(then).until
            if until is None:
                continue
            over = (self.window.seconds or 0) * number
            observed_s.append(f"epoch({literal(until)}) - epoch(c.end_at) - {over}")
            whole = 1 + (self.window.days or 0) * number
            day = f"date '{self.clock.day_of(until).isoformat()}'"
            observed_days.append(f"date_diff('day', {self.clock.day('c.end_at')}, {day}) - {whole}")
        unknown = len(observed_s) < len(self.links)
        yield "observed_s", "cast(null as double)" if unknown else _least(observed_s)
        yield "observed_days", "cast(null as integer)" if unknown else _least(observed_days)
        yield "channel", "c.next_channel"
        yield "solution", "c.next_solution"

    def _span(self, then: Then) -> Span:
        wanted = self.same_intent
        return self.feeds.span(lambda feed: then.fed_by(feed) and (feed.with_intent > 0 or not wanted))


def _least(texts: Sequence[str]) -> str:
    return texts[0] if len(texts) == 1 else f"least({', '.join(texts)})"
