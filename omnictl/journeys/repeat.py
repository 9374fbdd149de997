"""Repeat contact: the KPI that answers it for several windows at once, and the card of what it counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from omnictl.compiler.ask import ask
from omnictl.compiler.catalog import read_catalog
from omnictl.errors import OmnictlError, did_you_mean
from omnictl.journeys.people import check_linked
from omnictl.relations.families import FAMILIES
from omnictl.render import Col, Table
from omnictl.render.figures import figure
from omnictl.zone import zone_of

if TYPE_CHECKING:
    import duckdb

    from omnictl.compiler.question import Question
    from omnictl.workspace import Workspace

WINDOWS = ("intra-day", "J+1", "J+3", "J+7", "J+14", "J+30")
THEN = ("contact", "same-channel", "phone", "visit")
VISITS = ("web", "app", "faq")
HIDDEN = "hidden"  # the state of a figure about too few people
ON_CARD = (" is about ", ": rows left out")  # how notes of the compiler begin that the card has in other words


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


@dataclass(frozen=True)
class Repeated:
    """The answer to a question about repeat contact.

    Attributes:
        rows: a row per cut and window, as `kpi query --long` gives them.
        whole: one row per window, over all cuts.
        definitions: of the KPI with each window.
        until: up to when all is known that may follow, in local time; None when nothing limits it.
        first_to_end: the sources that end there while others go on.
    """

    followed: Followed
    windows: tuple[str, ...]
    after: tuple[str, ...]
    rows: Table
    whole: tuple[Mapping[str, Any], ...]
    definitions: Sequence[Mapping[str, Any]]
    until: datetime | None
    first_to_end: Sequence[str] = ()


def repeat(
    workspace: Workspace,
    question: Question,
    followed: Followed,
    windows: Sequence[str],
    con: duckdb.DuckDBPyConnection,
    *,
    after: Sequence[str] = (),
) -> Repeated:
    """How many contacts are followed, for several windows in one question.

    Raises:
        OmnictlError: nobody has been linked, or the KPI is not about the channels.
        DefinitionError: a cut, a condition or a window that cannot be asked for.
    """
    check_linked(con)
    addresses = tuple(f"{followed.kpi}:window={window}" for window in windows)
    asked = replace(question, kpis=addresses, where=on_channels(after, question.where), long=True, total=True)
    found = ask(workspace, asked, con)
    check_channels(followed.kpi, found.definitions[0].get("channels"), after)
    names = [column.name for column in found.table.columns]
    total = names.index("total")
    catalog, family = read_catalog(con), FAMILIES[followed.family]
    until = catalog.observed_until(family)
    return Repeated(
        followed=followed,
        windows=tuple(windows),
        after=tuple(after),
        rows=_rows(found.table, total, keep=question.total, addresses=addresses),
        whole=tuple(dict(zip(names, row, strict=True)) for row in found.table.rows if row[total]),
        definitions=found.definitions,
        until=zone_of(workspace.timezone).to_local(until) if until is not None else None,
        first_to_end=catalog.first_to_end(family),
    )


def _rows(table: Table, total: int, *, keep: bool, addresses: Sequence[str]) -> Table:
    """The answer without the whole, unless it was asked for. Of the notes about one window stay those about the last,
    and of these what the card does not say."""
    others = tuple(f"{address}{mark}" for address in addresses[:-1] for mark in ": ")
    on_card = tuple(addresses[-1] + said for said in ON_CARD)
    notes = [note for note in table.notes if not note.startswith((*others, *on_card))]
    if keep:
        return replace(table, notes=notes)
    rows = [(*row[:total], *row[total + 1 :]) for row in table.rows if not row[total]]
    return replace(table, columns=[*table.columns[:total], *table.columns[total + 1 :]], rows=rows, notes=notes)


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


def for_programs(repeated: Repeated) -> Table:
    """The rows, with the window as a column of its own."""
    table, windows = repeated.rows, repeated.windows
    place = [column.name for column in table.columns].index("kpi") + 1
    columns = [*table.columns[:place], Col("window"), *table.columns[place:]]
    rows = [(*row[:place], windows[number % len(windows)], *row[place:]) for number, row in enumerate(table.rows)]
    return replace(table, columns=columns, rows=rows)


def for_people(repeated: Repeated, lang: str, *, periods: bool) -> Table:
    """A row per cut, a column per window; the contacts of known people, and those whose last window is not over.

    Channels on which the KPI is not defined are left out.
    """
    table, windows, words = repeated.rows, repeated.windows, WORDS.get(lang, WORDS["en"])
    names = [column.name for column in table.columns]
    keys = [place for place in range(names.index("kpi")) if periods or not names[place].startswith("period_")]
    columns = [*(table.columns[place] for place in keys)]
    columns += [Col("contacts", "count", words["contacts"]), Col("contacts_state")]
    columns += [Col(window, "ratio", window) for window in windows]
    columns += [Col("immature", "count", words["immature"]), Col("immature_state")]
    rows = []
    for start in range(0, len(table.rows), len(windows)):
        several = table.rows[start : start + len(windows)]
        told = [dict(zip(names, row, strict=True)) for row in several]
        last = told[-1]
        if last["state"] == "not_defined":
            continue
        values = [one["value"] if one["value"] is not None else one["state"] for one in told]
        immature = last.get("immature") or 0
        counts: tuple[int | None, ...] = ((last["n"] or 0) + immature, immature)
        hidden = HIDDEN if last["state"] == HIDDEN else None
        first, final = (None, None) if hidden else counts  # what is not told is no 0
        rows.append((*(several[0][place] for place in keys), first, hidden, *values, final, hidden))
    return replace(table, columns=columns, rows=rows)


def card(repeated: Repeated, timezone: str, lang: str) -> Iterator[str]:
    """What is counted, as lines that people read before the figures.

    Args:
        timezone: whose calendar days are meant.
    """
    followed, windows = repeated.followed, repeated.windows
    whole = repeated.whole[-1] if repeated.whole else {}
    judged, immature, unidentified, unknown = (
        whole.get(name) or 0 for name in ("n", "immature", "unidentified", "unknown")
    )
    known = judged + immature
    if "intent" in FAMILIES[followed.family].same:
        known += unknown  # rows of nobody are counted apart whatever their intent, so these are of people
    share = figure(known / (known + unidentified), "ratio", lang) if known + unidentified else "-"
    amounts = [figure(each, "count", lang) for each in (known, unidentified, immature, unknown)]
    channels = ", ".join(repeated.after or repeated.definitions[0].get("channels") or ())
    calendar = all(window.casefold().startswith(("j+", "intra")) for window in windows)
    says = CARD.get(lang, CARD["en"])
    yield says[0].format(index=followed.index[lang], channels=channels, kpi=followed.kpi)
    yield says[1].format(next=followed.next[lang])
    yield says[2 if calendar else 3].format(windows=", ".join(windows), timezone=timezone)
    yield says[7] if whole.get("state") == HIDDEN else says[4].format(share, *amounts, window=windows[-1])
    if repeated.until is not None:
        first = says[6].format(", ".join(repeated.first_to_end)) if repeated.first_to_end else ""
        yield says[5].format(until=f"{repeated.until:%Y-%m-%d %H:%M}") + first


CARD = {
    "en": (
        "index:     {index}; on {channels} ({kpi})",
        "follow-up: {next}",
        "windows:   {windows}: local calendar days, {timezone}",
        "windows:   {windows}: those in hours are rolling, J+n are calendar days, {timezone}",
        "coverage:  {0} identified: {1} contacts of known people, {2} of nobody known; "
        "not judged: {3} whose {window} is not over in the data, {4} unknown",
        "data:      known up to {until}",
        "; the first to end: {0}",
        "coverage:  about too few people to be told",
    ),
    "fr": (
        "index :      {index} ; par {channels} ({kpi})",
        "suite :      {next}",
        "fenêtres :   {windows} : jours civils, {timezone}",
        "fenêtres :   {windows} : celles en heures sont glissantes, J+n sont des jours civils, {timezone}",
        "couverture : {0} identifiés : {1} contacts de personnes connues, {2} d'inconnus ; "
        "non jugés : {3} dont la fenêtre {window} n'est pas close dans les données, {4} indéterminés",
        "données :    connues jusqu'au {until}",
        " ; ce qui finit d'abord : {0}",
        "couverture : trop peu de personnes pour être dite",
    ),
}
