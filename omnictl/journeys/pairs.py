"""The pairs behind a figure: each interaction that is followed, with what follows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from omnictl.errors import EngineError
from omnictl.identity.person import shown
from omnictl.journeys.story import span
from omnictl.render import Col, Table

if TYPE_CHECKING:
    import duckdb

    from omnictl.zone import Zone

CUT = ("source", "interaction_id")  # by what the KPI is asked

# `answered` is the KPI's own SELECT: level 0 is a cut, k1 the first KPI. An end before the start is none, as in build/.
PAIRS = """
with {begun}answered as (
{answered}
),
followed as (
  select cut_1 as source, cut_2 as interaction_id from answered where level = 0 and k1_value = 1
),
pairs as (
  select f.source, f.interaction_id, f.person_id, {gap_s} as gap_s, {key} as next_key
  from followed
  join followups as f on f.source = followed.source and f.interaction_id = followed.interaction_id
)
select i.source, i.interaction_id, p.person_id,
  case when i.ended_at >= i.started_at then i.ended_at else i.started_at end as ended_at, i.channel, i.intent,
  p.gap_s, n.started_at as next_started_at, n.source as next_source, n.interaction_id as next_interaction_id,
  n.channel as next_channel, n.intent as next_intent, count(*) over () as pairs
from pairs as p
join interactions as i on i.source = p.source and i.interaction_id = p.interaction_id
join followups as g on g.key = p.next_key
join interactions as n on n.source = g.source and n.interaction_id = g.interaction_id
order by ended_at, i.source, i.interaction_id
{limit}
"""
LABELS = {  # column: what people read, in English and French
    "source": ("Source", "Source"),
    "interaction_id": ("Interaction", "Interaction"),
    "person_id": ("Person", "Personne"),
    "ended_at": ("Ended", "Fin"),
    "channel": ("Channel", "Canal"),
    "intent": ("Intent", "Motif"),
    "gap_s": ("Followed after", "Suivie après"),
    "next_started_at": ("By", "Par"),
    "next_source": ("Source of that", "Source de la suite"),
    "next_interaction_id": ("Id of that", "Id de la suite"),
    "next_channel": ("On", "Sur"),
    "next_intent": ("For", "Pour"),
}
OF_CONTACTS = {"interaction_id": ("Contact", "Contact"), "gap_s": ("Followed after", "Suivi après")}


@dataclass(frozen=True)
class Pairs:
    """What tells which interactions are followed, and by what.

    Attributes:
        kpi: the address of the KPI that counts them.
        answered: its SELECT, asked by `CUT`; empty when there is nothing to ask.
        gap_s, key: SQL over `f`, a row of followups: how long until what follows, and its key.
        begun: a CTE that stands in the place of `followups`.
        contacts: whether all that can be followed are contacts.
    """

    kpi: str
    answered: str
    gap_s: str
    key: str
    begun: str = ""
    contacts: bool = False

    def sql(self, most: int) -> str:
        begun = f"{self.begun},\n" if self.begun else ""
        limit = "" if most < 0 else f"limit {most}"
        return PAIRS.format(begun=begun, answered=self.answered, gap_s=self.gap_s, key=self.key, limit=limit)


def list_pairs(
    pairs: Pairs, zone: Zone, lang: str, con: duckdb.DuckDBPyConnection, *, most: int = -1, people: bool = True
) -> tuple[Table, int]:
    """The pairs in the order in which the first of each ended, in local time; and how many there are.

    Args:
        most: how many to give, -1 for all.
        people: spans of time as `3 d 1 h`; else seconds.

    Raises:
        EngineError: the store cannot answer.
    """
    import duckdb

    labels = LABELS | (OF_CONTACTS if pairs.contacts else {})
    columns = [Col(name, "s" if name == "gap_s" else "", told[lang == "fr"]) for name, told in labels.items()]
    if not pairs.answered:
        return Table(columns, []), 0
    try:
        found = con.execute(pairs.sql(most)).fetchall()
    except duckdb.Error as error:
        what = "contacts" if pairs.contacts else "interactions"
        raise EngineError(f"the {what} behind {pairs.kpi} cannot be listed: {error}") from error
    rows = []
    for *cells, _ in found:
        row = dict(zip(labels, cells, strict=True))
        row["person_id"] = shown(row["person_id"])
        row["gap_s"] = span(row["gap_s"]) if people else row["gap_s"]
        row["ended_at"], row["next_started_at"] = zone.to_local(row["ended_at"]), zone.to_local(row["next_started_at"])
        rows.append(tuple(row.values()))
    return Table(columns, rows), found[0][-1] if found else 0
