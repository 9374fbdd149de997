"""One person's story: every contact and visit of theirs in order, with what happened in it and the need it was for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from omnictl.identity.person import shown
from omnictl.render import Col, Table

if TYPE_CHECKING:
    import duckdb

    from omnictl.zone import Zone

Row = tuple[Any, ...]

# Time since the one before runs from the latest end of all before, or start where no end is known. An interaction
# belongs to the last need for its intent that had begun.
TIMELINE = """
with theirs as (
  select i.*
  from identities as p
  join interactions as i on i.source = p.source and i.interaction_id = p.interaction_id
  where p.person_id = $person
),
numbered as (
  select n.*, row_number() over (order by n.first_at, n.first_source, n.first_interaction_id) as number
  from needs as n where n.person_id = $person and n.scope = 'all'
),
begun as (
  select t.source, t.interaction_id, max(n.number) as number
  from theirs as t
  join numbered as n on n.intent = t.intent and n.first_at <= t.started_at and n.last_end >= t.started_at
  where t.excluded = '' and t.direction = 'inbound'
  group by t.source, t.interaction_id
),
told as (
  select
    t.started_at, t.ended_at,
    max(case when t.ended_at >= t.started_at then t.ended_at else t.started_at end) over (
      order by t.started_at, t.source, t.interaction_id rows between unbounded preceding and 1 preceding
    ) as before_at,
    t.channel, t.direction, t.queue, t.intent, t.outcome, t.wait_s, t.talk_s, t.transfers, t.resolved, t.excluded,
    t.parent_kind, b.number, t.source, t.interaction_id,
    row_number() over (order by t.started_at desc, t.source desc, t.interaction_id desc) as place,
    count(*) over () as interactions
  from theirs as t
  left join begun as b on b.source = t.source and b.interaction_id = t.interaction_id
)
select started_at, ended_at, before_at, channel, direction, queue, intent, outcome, wait_s, talk_s, transfers, resolved,
  excluded, parent_kind, number, source, interaction_id, interactions
from told
where $most < 0 or place <= $most
order by started_at, source, interaction_id
"""
STEPS = """
with theirs as (
  select s.*, row_number() over (
    partition by s.source, s.interaction_id, s.type order by s.occurred_at desc, s.seq desc, s.step_id desc
  ) as from_last
  from identities as p
  join steps as s on s.source = p.source and s.interaction_id = p.interaction_id
  where p.person_id = $person
)
select source, interaction_id, type, count(*) as steps,
  max(case when from_last = 1 then object end) as last_object, min(occurred_at) as first_at, min(seq) as first_seq
from theirs
group by source, interaction_id, type
order by source, interaction_id, first_at, first_seq, type
"""
NEEDS = """
select row_number() over (order by first_at, first_source, first_interaction_id) as number,
  intent, first_at, last_end, interactions, contacts, channels, resolved_first, resolved, closed, duration_s, need_id
from needs where person_id = $person and scope = 'all'
order by number
"""
VIA = """
select via, count(*) from identities where person_id = $person and via is not null
group by via order by count(*) desc, via
"""

WORDS = {
    "en": {
        "started_at": "When", "gap_s": "Since the one before", "channel": "Channel", "queue": "Queue",
        "intent": "Intent", "outcome": "Outcome", "wait_s": "Wait", "talk_s": "Talk", "steps": "What happened",
        "need": "Need", "first_at": "From", "last_end": "To", "interactions": "Interactions", "channels": "Channels",
        "duration_s": "Took", "state": "State",
        "page": "page", "article": "article", "search": "search", "form_start": "form begun",
        "form_field": "field", "form_submit": "form sent", "form_error": "form error", "login": "login",
        "ivr_node": "menu", "bot_turn": "bot turn", "message": "message", "vote": "vote", "action": "act",
        "error": "error", "outbound": "outbound", "internal": "internal", "transfers": "transferred",
        "resolved": "declared resolved", "unresolved": "declared unresolved",
        "settled at once": "settled at once", "settled": "settled", "not settled": "not settled",
        "going on": "going on", "not known": "not known",
    },
    "fr": {
        "started_at": "Quand", "gap_s": "Depuis le précédent", "channel": "Canal", "queue": "File",
        "intent": "Motif", "outcome": "Issue", "wait_s": "Attente", "talk_s": "Conversation",
        "steps": "Ce qui s'est passé", "need": "Besoin", "first_at": "Du", "last_end": "Au",
        "interactions": "Interactions", "channels": "Canaux", "duration_s": "Durée", "state": "État",
        "page": "page", "article": "article", "search": "recherche", "form_start": "formulaire ouvert",
        "form_field": "champ", "form_submit": "formulaire envoyé", "form_error": "erreur de formulaire",
        "login": "connexion", "ivr_node": "menu", "bot_turn": "tour de bot", "message": "message", "vote": "vote",
        "action": "acte", "error": "erreur", "outbound": "sortant", "internal": "interne", "transfers": "transféré",
        "resolved": "déclaré résolu", "unresolved": "déclaré non résolu",
        "settled at once": "réglé d'emblée", "settled": "réglé", "not settled": "non réglé", "going on": "en cours",
        "not known": "inconnu",
    },
}  # fmt: skip


@dataclass(frozen=True)
class Story:
    """A person's timeline and needs.

    Attributes:
        person: 16 hex digits.
        interactions: how many there are; the timeline may hold the latest of them only.
        via: kinds of identifiers that tell the person, with the interactions each tells, most first.
    """

    person: str
    interactions: int
    via: tuple[tuple[str, int], ...]
    timeline: Table
    needs: Table


def story_of(
    person: int, connection: duckdb.DuckDBPyConnection, zone: Zone, *, lang: str, most: int = -1, people: bool = True
) -> Story:
    """Read the story of a person.

    Args:
        most: only so many interactions, the latest, and the needs they reach into; -1: all.
        people: spans of time as `3 d 1 h 14 min`, one table wide; else seconds and every column.
    """
    rows = connection.execute(TIMELINE, {"person": person, "most": most}).fetchall()
    steps = _steps(connection.execute(STEPS, {"person": person}).fetchall(), lang)
    needs = connection.execute(NEEDS, {"person": person}).fetchall()
    via = connection.execute(VIA, {"person": person}).fetchall()
    words = WORDS.get(lang, WORDS["en"])
    shown_needs = [need for need in needs if rows and need[3] >= rows[0][0]]  # last_end: not over before the first row
    timeline = _for_people(rows, steps, zone, words) if people else _for_programs(person, rows, steps, needs, zone)
    total = rows[0][-1] if rows else 0
    return Story(str(shown(person)), total, tuple(via), timeline, _needs(shown_needs, zone, words))


def _for_people(rows: Sequence[Row], steps: Mapping[Row, str], zone: Zone, words: Mapping[str, str]) -> Table:
    names = ("started_at", "gap_s", "channel", "queue", "intent", "outcome", "wait_s", "talk_s", "steps", "need")
    laid = []
    for row in rows:
        started, _, before, channel, direction, queue, intent, outcome, wait, talk, *rest = row
        transfers, resolved, excluded, parent, number, source, interaction, _ = rest
        marks: list[str] = [words[direction]] if direction != "inbound" else []
        marks += [excluded] if excluded else []
        marks += [parent] if parent else []
        told = [steps[source, interaction]] if (source, interaction) in steps else []
        told += [words["transfers"]] if transfers else []
        told += [words["resolved" if resolved else "unresolved"]] if resolved is not None else []
        where = channel + (f" ({', '.join(marks)})" if marks else "")
        laid.append(
            (zone.to_local(started).replace(microsecond=0), _since(before, started), where, queue, intent, outcome,
             span(wait), span(talk), "; ".join(told) or None, number)
        )  # fmt: skip
    return Table([Col(name, "", words[name]) for name in names], laid)


def _for_programs(
    person: int, rows: Sequence[Row], steps: Mapping[Row, str], needs: Sequence[Row], zone: Zone
) -> Table:
    names = ("started_at", "ended_at", "gap_s", "channel", "direction", "queue", "intent", "outcome", "wait_s",
             "talk_s", "transfers", "resolved", "excluded", "parent_kind")  # fmt: skip
    ids = {row[0]: row[-1] for row in needs}
    laid = []
    for row in rows:
        number, source, interaction, _ = row[-4:]
        started, ended, before = row[:3]
        gap = max(0.0, (started - before).total_seconds()) if before else None
        times = (zone.to_local(started), zone.to_local(ended) if ended else None, gap)
        told = steps.get((source, interaction))
        laid.append((shown(person), source, interaction, *times, *row[3 : len(names)], told, number, ids.get(number)))
    units = {"gap_s": "s", "wait_s": "s", "talk_s": "s", "transfers": "count"}
    columns = [Col(name, units.get(name, "")) for name in names]
    ends = [Col("steps"), Col("need"), Col("need_id")]
    return Table([Col("person_id"), Col("source"), Col("interaction_id"), *columns, *ends], laid)


def _needs(needs: Sequence[Row], zone: Zone, words: Mapping[str, str]) -> Table:
    """The needs of a person, for people to read below the timeline."""
    names = ("need", "intent", "first_at", "last_end", "interactions", "channels", "duration_s", "state")
    laid = []
    for number, intent, first, last, interactions, _, channels, at_once, resolved, closed, duration, _ in needs:
        told = "settled at once" if at_once else "settled" if resolved else "not settled"
        state = words["going on" if not closed else told if resolved is not None else "not known"]
        times = (zone.to_local(time).replace(microsecond=0) for time in (first, last))
        laid.append((number, intent, *times, interactions, channels, span(duration), state))
    return Table([Col(name, "", words[name]) for name in names], laid)


def _steps(found: Sequence[Row], lang: str) -> dict[Row, str]:
    """What happened inside each interaction: kinds of steps in the order they began, how often, on what at last."""
    words = WORDS.get(lang, WORDS["en"])
    told: dict[Row, list[str]] = {}
    for source, interaction, kind, steps, last, *_ in found:
        often, on = f" ×{steps}" if steps > 1 else "", f" {last}" if last else ""
        told.setdefault((source, interaction), []).append(f"{words.get(kind, kind)}{often}{on}")
    return {key: ", ".join(texts) for key, texts in told.items()}


def _since(before: datetime | None, started: datetime) -> str | None:
    return span(max(0.0, (started - before).total_seconds())) if before else None


def span(seconds: Any) -> str | None:
    """A span of time with its two or three greatest units: `3 d 1 h 14 min`, `6 min`, `12 s`."""
    if seconds is None:
        return None
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    return " ".join(_units(timedelta(seconds=whole)))


def _units(length: timedelta) -> Iterator[str]:
    hours, rest = divmod(length.seconds, 3600)
    minutes, left = divmod(rest, 60)
    if length.days:
        yield f"{length.days} d"
    if hours:
        yield f"{hours} h"
    if minutes:
        yield f"{minutes} min"
    if left and not length.days and not hours:
        yield f"{left} s"
