"""Needs: how many interactions one takes, whether the first settles it, over how many channels, how long, at what cost.

Each figure is that of a KPI of the glossary; what is put together here is one table of them, and the card of what they
count.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from omnictl.compiler.ask import ask, plan_for
from omnictl.compiler.catalog import read_catalog
from omnictl.errors import EngineError
from omnictl.identity.person import shown
from omnictl.journeys.people import check_linked
from omnictl.journeys.story import span
from omnictl.relations.families import FAMILIES
from omnictl.render import Col, Table
from omnictl.render.figures import figure
from omnictl.zone import zone_of

if TYPE_CHECKING:
    import duckdb

    from omnictl.compiler.question import Question
    from omnictl.workspace import Workspace

OF_NEEDS = (
    "chain_length",
    "first_interaction_resolution",
    "channel_switch_rate",
    "time_to_resolution",
    "journey_cost",
)
OF_CONTACTS = ("first_contact_resolution", "first_contact_resolution@any_channel")
SCOPES = {"all": "", "assisted": "@assisted"}  # scope: variant of the KPIs of needs
ENDING = {"all": "next", "assisted": "next_contact"}  # scope: a family that is fed by the same sources
COVERAGE = ("identification_rate", "intent_coverage_rate")
HIDDEN = "hidden"  # the state of a figure about too few people
WORDS = {"en": ("Needs", "Still open"), "fr": ("Besoins", "Encore ouverts")}

LISTED = {  # column: what people read, in English and French
    "need_id": ("Need", "Besoin"),
    "person_id": ("Person", "Personne"),
    "intent": ("Intent", "Motif"),
    "first_at": ("Began", "Début"),
    "channel": ("On", "Par"),
    "interactions": ("Interactions", "Interactions"),
    "contacts": ("Contacts", "Contacts"),
    "channels": ("Channels", "Canaux"),
    "resolved_first": ("Settled at once", "Résolu d'emblée"),
    "resolved": ("Settled", "Résolu"),
    "duration_s": ("Lasted", "Durée"),
    "cost": ("Cost", "Coût"),
}
# `answered` is the question's own SELECT, cut by need: level 0 is a cut, k1 the first KPI.
NEEDS = """
with answered as (
{answered}
),
chosen as (
  select cut_1 as need_id from answered where level = 0 and k1_value is not null
)
select n.need_id, n.person_id, n.intent, n.first_at, i.channel, n.interactions, n.contacts, n.channels,
  n.resolved_first, n.resolved, n.duration_s, n.cost, count(*) over () as needs
from needs as n
join chosen as c on c.need_id = n.need_id
join interactions as i on i.source = n.first_source and i.interaction_id = n.first_interaction_id
order by n.first_at, n.need_id
{limit}
"""


@dataclass(frozen=True)
class Needs:
    """The answer to a question about needs.

    Attributes:
        rows: a row per cut and KPI, as `kpi query --long` gives them.
        whole: KPI → its row over all cuts, those of the coverage included.
        until: up to when all is known, in local time; None when nothing limits it.
    """

    scope: str
    silence: timedelta
    kpis: tuple[str, ...]
    rows: Table
    whole: Mapping[str, Mapping[str, Any]]
    definitions: Sequence[Mapping[str, Any]]
    until: datetime | None


def needs(workspace: Workspace, question: Question, scope: str, con: duckdb.DuckDBPyConnection) -> Needs:
    """What needs take, by the cuts of a question.

    Raises:
        OmnictlError: nobody has been linked.
        DefinitionError: a cut or a condition that cannot be asked for.
    """
    check_linked(con)
    kpis = (*(kpi + SCOPES[scope] for kpi in OF_NEEDS), *OF_CONTACTS)
    found = ask(workspace, replace(question, kpis=kpis, long=True, total=True), con)
    covered = ask(workspace, replace(question, kpis=COVERAGE, by=(), every=None, long=True, total=True), con)
    until = read_catalog(con).observed_until(FAMILIES[ENDING[scope]])
    return Needs(
        scope=scope,
        silence=workspace.silence,
        kpis=kpis,
        rows=_without_total(found.table, keep=question.total),
        whole=_whole(found.table) | _whole(covered.table),
        definitions=found.definitions,
        until=zone_of(workspace.timezone).to_local(until) if until is not None else None,
    )


def _whole(table: Table) -> dict[str, Mapping[str, Any]]:
    names = [column.name for column in table.columns]
    told = [dict(zip(names, row, strict=True)) for row in table.rows]
    return {row["kpi"]: row for row in told if row["total"]}


def _without_total(table: Table, *, keep: bool) -> Table:
    if keep:
        return table
    place = [column.name for column in table.columns].index("total")
    rows = [(*row[:place], *row[place + 1 :]) for row in table.rows if not row[place]]
    return replace(table, columns=[*table.columns[:place], *table.columns[place + 1 :]], rows=rows)


def for_people(found: Needs, lang: str, *, periods: bool) -> Table:
    """A row per cut: the needs that are over, those still open, and a column per KPI.

    Cuts without any need, such as contacts whose intent nobody knows, are left out.
    """
    table, kpis = found.rows, found.kpis
    names = [column.name for column in table.columns]
    keys = [place for place in range(names.index("kpi")) if periods or not names[place].startswith("period_")]
    counted, still = WORDS.get(lang, WORDS["en"])
    columns = [*(table.columns[place] for place in keys)]
    columns += [Col("needs", "count", counted), Col("needs_state"), Col("open", "count", still), Col("open_state")]
    for definition, kpi in zip(found.definitions, kpis, strict=True):
        columns += [Col(kpi, definition["unit"], definition["label"]), Col(f"{kpi}_state")]
    rows = []
    for start in range(0, len(table.rows), len(kpis)):
        several = table.rows[start : start + len(kpis)]
        told = [dict(zip(names, row, strict=True)) for row in several]
        first = told[0]
        hidden = HIDDEN if first["state"] == HIDDEN else None
        closed, still_open = first["denominator"], first.get("immature") or 0
        if not (hidden or closed or still_open):
            continue
        counts = (None, hidden, None, hidden) if hidden else (closed or 0, None, still_open, None)
        cells = [cell for one in told for cell in (one["value"], one["state"])]
        rows.append((*(several[0][place] for place in keys), *counts, *cells))
    return replace(table, columns=columns, rows=rows, notes=[])


def counted(needs: int, lang: str) -> str:
    """How many needs are listed, in words."""
    number = figure(needs, "count", lang)
    if lang == "fr":
        return f"{number} besoins terminés" if needs > 1 else f"{number} besoin terminé"
    return "1 need is over" if needs == 1 else f"{number} needs are over"


def card(found: Needs, timezone: str, lang: str) -> Iterator[str]:
    """What is counted, as lines that people read before the figures.

    Args:
        timezone: whose time the end of the data is told in.
    """
    says = CARD.get(lang, CARD["en"])
    chain, identified, told = (found.whole.get(kpi, {}) for kpi in (found.kpis[0], *COVERAGE))
    yield says[0].format(silence=span(found.silence.total_seconds()))
    yield says[1 if found.scope == "all" else 2]
    if chain.get("state") == HIDDEN:
        yield says[6]
    else:
        closed, still_open = (chain.get(name) or 0 for name in ("denominator", "immature"))
        yield says[3].format(figure(closed, "count", lang), figure(still_open, "count", lang))
    shares = (_share(row, lang) for row in (identified, told))
    nobody = (identified.get("denominator") or 0) - (identified.get("numerator") or 0)
    yield says[4].format(*shares, figure(nobody, "count", lang))
    if found.until is not None:
        yield says[5].format(until=f"{found.until:%Y-%m-%d %H:%M}", timezone=timezone)


def _share(row: Mapping[str, Any], lang: str) -> str:
    return figure(row["value"], "ratio", lang) if row.get("value") is not None else "-"


CARD = {
    "en": (
        "need:      a person's inbound interactions for one intent; one more than {silence} after the last ended "
        "begins a new need",
        "scope:     all: visits and self-service included",
        "scope:     assisted: contacts on channels where a person answers only, cut anew",
        "counted:   {0} needs that are over; not judged: {1} whose silence still runs in the data",
        "coverage:  {0} of inbound interactions identified, {2} are of nobody known and in no need; "
        "{1} of handled contacts have an intent of the referential; those without any are in no need",
        "data:      known up to {until}, {timezone}",
        "counted:   about too few people to be told",
    ),
    "fr": (
        "besoin :     interactions entrantes d'une personne pour un motif ; au-delà de {silence} après la fin de la "
        "dernière commence un nouveau besoin",
        "périmètre :  tout : visites et selfcare compris",
        "périmètre :  assisté : contacts des canaux où une personne répond, recoupés",
        "comptés :    {0} besoins terminés ; non jugés : {1} dont le silence court encore dans les données",
        "couverture : {0} des interactions entrantes identifiées, {2} d'inconnus et d'aucun besoin ; "
        "{1} des contacts traités ont un motif du référentiel ; ceux qui n'en ont aucun ne sont d'aucun besoin",
        "données :    connues jusqu'au {until}, {timezone}",
        "comptés :    trop peu de personnes pour être dit",
    ),
}


def needs_behind(
    workspace: Workspace,
    question: Question,
    scope: str,
    con: duckdb.DuckDBPyConnection,
    *,
    most: int = -1,
    people: bool = True,
) -> tuple[Table, int]:
    """The needs that are over, each with what it took; and how many there are.

    They are those of chain_length: it is asked, cut by need.

    Args:
        question: its cuts are left aside.
        most: how many to give, -1 for all.
        people: spans of time as `3 d 1 h`; else seconds.

    Raises:
        OmnictlError, DefinitionError: as `needs`.
    """
    import duckdb

    check_linked(con)
    asked = replace(question, kpis=(OF_NEEDS[0] + SCOPES[scope],), by=("need_id",), every=None, total=False, long=False)
    plan = plan_for(workspace, asked, con)
    columns = [
        Col(name, {"duration_s": "s", "cost": "eur"}.get(name, ""), labels[question.lang == "fr"])
        for name, labels in LISTED.items()
    ]
    if not plan.sql:
        return Table(columns, []), 0
    sql = NEEDS.format(answered=plan.sql, limit="" if most < 0 else f"limit {most}")
    try:
        found = con.execute(sql).fetchall()
    except duckdb.Error as error:
        raise EngineError(f"the needs cannot be listed: {error}") from error
    zone = zone_of(workspace.timezone)
    rows = []
    for *cells, _ in found:
        row = dict(zip(LISTED, cells, strict=True))
        row["person_id"], row["first_at"] = shown(row["person_id"]), zone.to_local(row["first_at"])
        row["duration_s"] = span(row["duration_s"]) if people else row["duration_s"]
        rows.append(tuple(row.values()))
    return Table(columns, rows), found[0][-1] if found else 0
