"""The contacts behind a figure of repeat contact, each with what follows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from omnictl.compiler.ask import plan_for
from omnictl.compiler.question import Question
from omnictl.errors import EngineError
from omnictl.identity.person import shown
from omnictl.journeys.followed import Followed, on_channels
from omnictl.journeys.people import check_linked
from omnictl.journeys.repeat import check_channels
from omnictl.journeys.story import span
from omnictl.render import Col, Table
from omnictl.zone import zone_of

if TYPE_CHECKING:
    import duckdb

    from omnictl.workspace import Workspace

LIST_WINDOW = "J+7"

# `answered` is the question's own SELECT, cut by source and id: level 0 is a cut, k1 the first KPI.
CONTACTS = """
with answered as (
{answered}
),
followed as (
  select cut_1 as source, cut_2 as interaction_id from answered where level = 0 and k1_value = 1
),
pairs as (
  select f.source, f.interaction_id, f.person_id, {gap} as gap_s, {key} as next_key
  from followed
  join followups as f on f.source = followed.source and f.interaction_id = followed.interaction_id
)
select i.source, i.interaction_id, p.person_id,
    case when i.ended_at >= i.started_at then i.ended_at else i.started_at end as ended_at, i.channel, i.intent,
  p.gap_s, n.started_at as next_started_at, n.source as next_source, n.interaction_id as next_interaction_id,
  n.channel as next_channel, n.intent as next_intent, count(*) over () as contacts
from pairs as p
join interactions as i on i.source = p.source and i.interaction_id = p.interaction_id
join followups as g on g.key = p.next_key
join interactions as n on n.source = g.source and n.interaction_id = g.interaction_id
order by ended_at, i.source, i.interaction_id
{limit}
"""
LISTED = {  # column: what people read, in English and French
    "source": ("Source", "Source"),
    "interaction_id": ("Contact", "Contact"),
    "person_id": ("Person", "Personne"),
    "ended_at": ("Ended", "Fin"),
    "channel": ("Channel", "Canal"),
    "intent": ("Intent", "Motif"),
    "gap_s": ("Followed after", "Suivi après"),
    "next_started_at": ("By", "Par"),
    "next_source": ("Source of that", "Source de la suite"),
    "next_interaction_id": ("Id of that", "Id de la suite"),
    "next_channel": ("On", "Sur"),
    "next_intent": ("For", "Pour"),
}


def contacts_behind(
    workspace: Workspace,
    question: Question,
    followed: Followed,
    window: str,
    con: duckdb.DuckDBPyConnection,
    *,
    after: Sequence[str] = (),
    most: int = -1,
    people: bool = True,
) -> tuple[Table, int]:
    """The contacts that are followed, each with what follows; and how many there are.

    They are those of the KPI: it is asked, cut by contact.

    Args:
        question: its cuts and parts are left aside.
        most: how many to give, -1 for all.
        people: spans of time as `3 d 1 h`; else seconds.

    Raises:
        OmnictlError, DefinitionError: as `repeat`.
    """
    import duckdb

    check_linked(con)
    where = on_channels(after, question.where)
    asked = Question((f"{followed.kpi}:window={window}",), ("source", "interaction_id"), None, question.period, where)
    plan = plan_for(workspace, replace(asked, now=question.now), con)
    check_channels(followed.kpi, plan.kpis[0].details.get("channels"), after)
    french = question.lang == "fr"
    columns = [Col(name, "s" if name == "gap_s" else "", labels[french]) for name, labels in LISTED.items()]
    if not plan.sql:
        return Table(columns, []), 0
    limit = "" if most < 0 else f"limit {most}"
    sql = CONTACTS.format(answered=plan.sql, gap=_of(followed, "gap_s"), key=_of(followed, "key"), limit=limit)
    try:
        found = con.execute(sql).fetchall()
    except duckdb.Error as error:
        raise EngineError(f"the contacts behind {followed.kpi} cannot be listed: {error}") from error
    zone = zone_of(workspace.timezone)
    rows = []
    for *cells, _ in found:
        row = dict(zip(LISTED, cells, strict=True))
        row["person_id"] = shown(row["person_id"])
        row["gap_s"] = span(row["gap_s"]) if people else row["gap_s"]
        row["ended_at"], row["next_started_at"] = zone.to_local(row["ended_at"]), zone.to_local(row["next_started_at"])
        rows.append(tuple(row.values()))
    return Table(columns, rows), found[0][-1] if found else 0


def _of(followed: Followed, column: str) -> str:
    """SQL over `f`, a row of followups: something of what follows."""
    own = f"f.{followed.family}_{column}"
    return f"case when {followed.sooner} then f.next_{column} else {own} end" if followed.sooner else own
