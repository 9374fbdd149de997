"""The interactions that are followed, each with the first thing that follows it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from omnictl.compiler.ask import plan_for
from omnictl.errors import EngineError
from omnictl.identity.person import shown
from omnictl.journeys.after import seen_as
from omnictl.journeys.story import span
from omnictl.render import Col, Table
from omnictl.zone import zone_of

if TYPE_CHECKING:
    import duckdb

    from omnictl.compiler.question import Question
    from omnictl.journeys.after import After
    from omnictl.workspace import Workspace

# `answered` is the question's own SELECT, cut by source and id: level 0 is a cut, k1 the first KPI.
FOLLOWED = """
with {begun}answered as (
{answered}
),
followed as (
  select cut_1 as source, cut_2 as interaction_id from answered where level = 0 and k1_value = 1
),
pairs as (
  select f.source, f.interaction_id, f.person_id, f.{family}_gap_s as gap_s, f.{family}_key as next_key
  from followed
  join followups as f on f.source = followed.source and f.interaction_id = followed.interaction_id
)
select i.source, i.interaction_id, p.person_id,
  case when i.ended_at >= i.started_at then i.ended_at else i.started_at end as ended_at, i.channel, i.intent,
  p.gap_s, n.started_at as next_started_at, n.source as next_source, n.interaction_id as next_interaction_id,
  n.channel as next_channel, n.intent as next_intent, count(*) over () as interactions
from pairs as p
join interactions as i on i.source = p.source and i.interaction_id = p.interaction_id
join followups as g on g.key = p.next_key
join interactions as n on n.source = g.source and n.interaction_id = g.interaction_id
order by ended_at, i.source, i.interaction_id
{limit}
"""
LISTED = {  # column: what people read, in English and French
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


def followers(
    workspace: Workspace,
    after: After,
    question: Question,
    con: duckdb.DuckDBPyConnection,
    *,
    most: int = -1,
    people: bool = True,
) -> tuple[Table, int]:
    """The interactions that are followed, each with the first link; and how many there are. One window.

    They are those of the KPI: it is asked, cut by interaction.

    Args:
        question: its cuts and periods are left aside.
        most: how many to give, -1 for all.
        people: spans of time as `3 d 1 h`; else seconds.

    Raises:
        OmnictlError, DefinitionError: as `follow`.
    """
    import duckdb

    french = question.lang == "fr"
    columns = [Col(name, "s" if name == "gap_s" else "", labels[french]) for name, labels in LISTED.items()]
    asked = replace(
        question,
        kpis=after.addresses()[:1],
        by=("source", "interaction_id"),
        every=None,
        where=after.origin.where(question.where),
        total=False,
        long=False,
        interval=False,
    )
    plan = plan_for(workspace, asked, con)
    if not plan.sql:
        return Table(columns, []), 0
    seen = after.origin.seen(())
    begun = f"{after.chain(after.windows[0]).followups(after.family)},\n" if after.own else ""
    sql = FOLLOWED.format(
        begun=begun,
        answered=seen_as(plan, [seen] if seen else []).sql,
        family=after.family,
        limit="" if most < 0 else f"limit {most}",
    )
    try:
        found = con.execute(sql).fetchall()
    except duckdb.Error as error:
        raise EngineError(f"the interactions behind {after.kpi} cannot be listed: {error}") from error
    zone, rows = zone_of(workspace.timezone), []
    for *cells, _ in found:
        row = dict(zip(LISTED, cells, strict=True))
        row["person_id"] = shown(row["person_id"])
        row["gap_s"] = span(row["gap_s"]) if people else row["gap_s"]
        row["ended_at"], row["next_started_at"] = zone.to_local(row["ended_at"]), zone.to_local(row["next_started_at"])
        rows.append(tuple(row.values()))
    return Table(columns, rows), found[0][-1] if found else 0
