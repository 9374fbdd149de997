"""Repeat contact: the KPI that answers it for several windows at once, and the contacts behind a figure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from omnictl.compiler.ask import ask, plan_for
from omnictl.compiler.question import Question
from omnictl.errors import EngineError, OmnictlError, did_you_mean
from omnictl.journeys.people import check_linked, shown
from omnictl.journeys.story import span
from omnictl.render import Col, Table
from omnictl.render.figures import figure
from omnictl.zone import zone_of

if TYPE_CHECKING:
    import duckdb

    from omnictl.compiler import Answer
    from omnictl.workspace import Workspace

WINDOWS = ("intra-day", "J+1", "J+3", "J+7", "J+14", "J+30")
LIST_WINDOW = "J+7"
THEN = ("contact", "same-channel", "phone", "visit")
VISITS = ("web", "app", "faq")


@dataclass(frozen=True)
class Followed:
    """A KPI that says how many rows a family of follow-ups follows, and in words, by language, which rows are meant."""

    kpi: str
    family: str
    index: Mapping[str, str]
    next: Mapping[str, str]


HANDLED = {"en": "handled inbound contacts, from their end", "fr": "contacts entrants traités, depuis leur fin"}
VISITED = {"en": "visits, from their end", "fr": "visites, depuis leur fin"}
CONTACT = {"en": "an inbound contact of the same person", "fr": "un contact entrant de la même personne"}
CALL = {"en": "a call of the same person, voice menu included", "fr": "un appel de la même personne, SVI compris"}
VISIT = {"en": "a visit of the same person", "fr": "une visite de la même personne"}


def _with(words: Mapping[str, str], en: str, fr: str) -> Mapping[str, str]:
    return {"en": f"{words['en']}, {en}", "fr": f"{words['fr']}, {fr}"}


ON_SAME = _with(CONTACT, "on the same channel", "par le même canal")
SAME = ("for the same intent", "pour le même motif")

AFTER_CONTACTS = {  # (then, same intent)
    ("contact", False): Followed("reiteration_rate", "next_contact", HANDLED, CONTACT),
    ("contact", True): Followed(
        "reiteration_rate@same_intent", "next_contact_same_intent", HANDLED, _with(CONTACT, *SAME)
    ),
    ("same-channel", False): Followed("reiteration_rate@same_channel", "next_same_channel", HANDLED, ON_SAME),
    ("same-channel", True): Followed(
        "reiteration_rate@same_channel_same_intent", "next_same_channel_same_intent", HANDLED, _with(ON_SAME, *SAME)
    ),
    ("phone", False): Followed("reiteration_rate@then_phone", "next_phone", HANDLED, CALL),
    ("phone", True): Followed(
        "reiteration_rate@then_phone_same_intent", "next_phone_same_intent", HANDLED, _with(CALL, *SAME)
    ),
    ("visit", False): Followed("web_rebound_rate", "next_visit", HANDLED, VISIT),
}
AFTER_VISITS = {  # same intent; what follows is a call
    False: Followed("phone_after_web_rate", "next_phone", VISITED, CALL),
    True: Followed("phone_after_web_rate@same_intent", "next_phone_same_intent", VISITED, _with(CALL, *SAME)),
}

CONTACTS = """
with answered as (
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
select i.source, i.interaction_id, p.person_id, coalesce(i.ended_at, i.started_at) as ended_at, i.channel, i.intent,
  p.gap_s, n.started_at as next_started_at, n.source as next_source, n.interaction_id as next_interaction_id,
  n.channel as next_channel, n.intent as next_intent, count(*) over () as contacts
from pairs as p
join interactions as i on i.source = p.source and i.interaction_id = p.interaction_id
join followups as g on g.key = p.next_key
join interactions as n on n.source = g.source and n.interaction_id = g.interaction_id
order by ended_at, i.source, i.interaction_id
{limit}
"""
LISTED = tuple(
    Col(name, "s" if name == "gap_s" else "")
    for name in (
        *("source", "interaction_id", "person_id", "ended_at", "channel", "intent", "gap_s"),
        *("next_started_at", "next_source", "next_interaction_id", "next_channel", "next_intent"),
    )
)

WORDS = {
    "en": {"contacts": "Contacts", "immature": "Window not over"},
    "fr": {"contacts": "Contacts", "immature": "Fenêtre non close"},
}


def followed_by(then: str, same_intent: bool, after: Sequence[str]) -> Followed:
    """The KPI that counts what follows.

    Args:
        then: one of `THEN`.
        after: the channels of the index, none for all those of the KPI.

    Raises:
        OmnictlError: no KPI says that.
    """
    if after and set(after) <= set(VISITS) and then == "phone":
        return AFTER_VISITS[same_intent]
    found = AFTER_CONTACTS.get((then, same_intent))
    if found is None:
        raise OmnictlError("visits are told by person alone, not by intent", hint="--then visit without --intent same")
    return found


def on_channels(after: Sequence[str], where: str | None) -> str | None:
    """The asker's condition with that on the channels of the index."""
    if not after:
        return where
    names = ", ".join("'" + name.replace("'", "''") + "'" for name in after)
    channels = f"channel in ({names})"
    return f"({where}) and {channels}" if where else channels


def repeat(
    workspace: Workspace,
    question: Question,
    followed: Followed,
    windows: Sequence[str],
    con: duckdb.DuckDBPyConnection,
    *,
    after: Sequence[str] = (),
) -> Answer:
    """How many contacts are followed, for several windows in one question: the long answer, a row per cut and window.

    Raises:
        OmnictlError: nobody has been linked, or the KPI is not about the channels.
        DefinitionError: a cut, a condition or a window that cannot be asked for.
    """
    check_linked(con)
    addresses = tuple(f"{followed.kpi}:window={window}" for window in windows)
    asked = replace(question, kpis=addresses, where=on_channels(after, question.where), long=True)
    found = ask(workspace, asked, con)
    check_channels(followed.kpi, found.definitions[0].get("channels"), after)
    return found


def check_channels(kpi: str, channels: Sequence[str] | None, after: Sequence[str]) -> None:
    """See that a KPI is about the channels it is asked of.

    Raises:
        OmnictlError: it is not.
    """
    for name in after:
        if channels is not None and name not in channels:
            hint = did_you_mean(name, channels)
            if name in VISITS:
                hint = "after visits, calls are counted: --then phone, and no other channels"
            raise OmnictlError(f"{kpi.partition('@')[0]} says nothing of what follows on `{name}`", hint=hint)


def for_programs(answer: Answer, windows: Sequence[str]) -> Table:
    """The long answer, with the window as a column of its own."""
    table = answer.table
    names = [column.name for column in table.columns]
    place = names.index("kpi") + 1
    columns = [*table.columns[:place], Col("window"), *table.columns[place:]]
    rows = [(*row[:place], windows[number % len(windows)], *row[place:]) for number, row in enumerate(table.rows)]
    return replace(table, columns=columns, rows=rows)


def for_people(answer: Answer, windows: Sequence[str], lang: str, *, periods: bool) -> Table:
    """A row per cut, a column per window; the contacts of known people, and those whose last window is not whole."""
    table, words = answer.table, WORDS.get(lang, WORDS["en"])
    names = [column.name for column in table.columns]
    keys = [place for place in range(names.index("kpi")) if periods or not names[place].startswith("period_")]
    columns = [*(table.columns[place] for place in keys), Col("contacts", "count", words["contacts"])]
    columns += [Col(window, "ratio", window) for window in windows]
    columns.append(Col("immature", "count", words["immature"]))
    rows = []
    for start in range(0, len(table.rows), len(windows)):
        several = table.rows[start : start + len(windows)]
        told = [dict(zip(names, row, strict=True)) for row in several]
        last = told[-1]
        immature = last.get("immature") or 0
        values = [one["value"] if one["value"] is not None else one["state"] for one in told]
        rows.append((*(several[0][place] for place in keys), (last["n"] or 0) + immature, *values, immature))
    return replace(table, columns=columns, rows=rows)


def card(
    answer: Answer, followed: Followed, windows: Sequence[str], after: Sequence[str], timezone: str, lang: str
) -> Iterator[str]:
    """What is counted, as lines that people read before the figures.

    Args:
        answer: of `repeat`.
        timezone: whose calendar days are meant.
    """
    names = [column.name for column in answer.table.columns]
    rows = [dict(zip(names, row, strict=True)) for row in answer.table.rows]
    widest = [row for row in rows[len(windows) - 1 :: len(windows)] if not row.get("total")]
    judged, immature, unidentified, unknown = (
        sum(row.get(name) or 0 for row in widest) for name in ("n", "immature", "unidentified", "unknown")
    )
    known = judged + immature
    share = figure(known / (known + unidentified) if known + unidentified else None, "ratio", lang)
    amounts = [figure(each, "count", lang) for each in (known, unidentified, immature, unknown)]
    channels = ", ".join(after or answer.definitions[0].get("channels") or ())
    calendar = all(window.casefold().startswith(("j+", "intra")) for window in windows)
    says = CARD.get(lang, CARD["en"])
    yield says[0].format(index=followed.index[lang], channels=channels, kpi=followed.kpi)
    yield says[1].format(next=followed.next[lang])
    yield says[2 if calendar else 3].format(windows=", ".join(windows), timezone=timezone)
    yield says[4].format(share or "-", *amounts, window=windows[-1])


CARD = {
    "en": (
        "index:     {index}; on {channels} ({kpi})",
        "follow-up: {next}",
        "windows:   {windows}: local calendar days, {timezone}",
        "windows:   {windows}: those in hours are rolling, J+n are calendar days, {timezone}",
        "coverage:  {0} identified: {1} contacts of known people, {2} of nobody known; "
        "of the known, {3} whose {window} is not over in the data, {4} unknown",
    ),
    "fr": (
        "index :      {index} ; par {channels} ({kpi})",
        "suite :      {next}",
        "fenêtres :   {windows} : jours civils, {timezone}",
        "fenêtres :   {windows} : celles en heures sont glissantes, J+n sont des jours civils, {timezone}",
        "couverture : {0} identifiés : {1} contacts de personnes connues, {2} d'inconnus ; "
        "parmi les connus, {3} dont la fenêtre {window} n'est pas close dans les données, {4} indéterminés",
    ),
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
    names = [column.name for column in LISTED]
    if not plan.sql:
        return Table([*LISTED], []), 0
    sql = CONTACTS.format(answered=plan.sql, family=followed.family, limit="" if most < 0 else f"limit {most}")
    try:
        found = con.execute(sql).fetchall()
    except duckdb.Error as error:
        raise EngineError(f"the contacts behind {followed.kpi} cannot be listed: {error}") from error
    zone = zone_of(workspace.timezone)
    person, gap = names.index("person_id"), names.index("gap_s")
    rows = []
    for *cells, _ in found:
        cells[person] = shown(cells[person])
        cells[gap] = span(cells[gap]) if people else cells[gap]
        for place in (names.index("ended_at"), names.index("next_started_at")):
            cells[place] = zone.to_local(cells[place])
        rows.append(tuple(cells))
    return Table([*LISTED], rows), found[0][-1] if found else 0
