"""Repeat contact: the KPI that answers it, for several windows at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from omnictl.compiler.ask import ask, plan_for
from omnictl.compiler.catalog import firsts_of, read_catalog
from omnictl.compiler.question import Question
from omnictl.errors import OmnictlError, did_you_mean
from omnictl.journeys.pairs import CUT, Pairs, list_pairs
from omnictl.journeys.people import check_linked
from omnictl.journeys.repeat.card import HIDDEN
from omnictl.journeys.repeat.followed import VISITS, Followed, on_channels
from omnictl.relations.families import FAMILIES
from omnictl.render import Col, Table
from omnictl.zone import zone_of

if TYPE_CHECKING:
    import duckdb

    from omnictl.workspace import Workspace

WINDOWS = ("intra-day", "J+1", "J+3", "J+7", "J+14", "J+30")
RETRY_WINDOWS = ("15min", "1h", "4h", "24h")
LIST_WINDOW = "J+7"
RETRIES = "retry_rate"
ON_CARD = (" is about ", ": rows left out")  # how notes of the compiler begin that the card has in other words


WORDS = {
    "en": {"contacts": "Contacts", "people": "People", "immature": "Window not over", "before": "Window not whole"},
    "fr": {
        "contacts": "Contacts",
        "people": "Personnes",
        "immature": "Fenêtre non close",
        "before": "Fenêtre incomplète",
    },
}


@dataclass(frozen=True)
class Repeated:
    """The answer to a question about repeat contact.

    Attributes:
        rows: a row per cut and window, as `kpi query --long` gives them.
        whole: one row per window, over all cuts.
        definitions: of the KPI with each window.
        until: up to when all is known that may follow, in local time; None when nothing limits it.
        first_to_end: the sources that end there while others go on.
        since: from when on all is known that may have come before, in local time; of questions that look back.
        retried: the share of calls given up that are tried again, and how many they are; None where nothing tells.
    """

    followed: Followed
    windows: tuple[str, ...]
    after: tuple[str, ...]
    rows: Table
    whole: tuple[Mapping[str, Any], ...]
    definitions: Sequence[Mapping[str, Any]]
    until: datetime | None
    first_to_end: Sequence[str] = ()
    since: datetime | None = None
    retried: tuple[float, int] | None = None


def repeat(
    workspace: Workspace,
    question: Question,
    followed: Followed,
    windows: Sequence[str],
    con: duckdb.DuckDBPyConnection,
    *,
    after: Sequence[str] = (),
    added: bool = False,
) -> Repeated:
    """How many contacts are followed, for several windows in one question.

    Args:
        added: what each window adds to the one before it, instead of all that it holds.

    Raises:
        OmnictlError: nobody has been linked, or the KPI is not about the channels.
        DefinitionError: a cut, a condition or a window that cannot be asked for.
    """
    check_linked(con)
    addresses = _steps(followed, windows) if added else tuple(f"{followed.kpi}:window={each}" for each in windows)
    asked = replace(question, kpis=addresses, where=on_channels(after, question.where), long=True, total=True)
    found = ask(workspace, asked, con)
    check_channels(followed.kpi, found.definitions[0].get("channels"), after)
    names = [column.name for column in found.table.columns]
    total = names.index("total")
    catalog, family = read_catalog(con), FAMILIES[followed.family]
    local = zone_of(workspace.timezone).to_local
    since = catalog.observed_since(family, firsts_of(con)) if family.back else None
    until = catalog.observed_until(family) if not family.back else None
    return Repeated(
        followed=followed,
        windows=_between(windows) if added else tuple(windows),
        after=tuple(after),
        rows=_rows(found.table, total, keep=question.total, addresses=addresses),
        whole=tuple(dict(zip(names, row, strict=True)) for row in found.table.rows if row[total]),
        definitions=found.definitions,
        until=local(until) if until is not None else None,
        first_to_end=catalog.first_to_end(family) if not family.back else (),
        since=local(since) if since is not None else None,
        retried=_retried(workspace, question, followed, con, after),
    )


def _retried(
    workspace: Workspace, question: Question, followed: Followed, con: duckdb.DuckDBPyConnection, after: Sequence[str]
) -> tuple[float, int] | None:
    """What became of the calls that were given up: they are no index of repeat contact, and told beside it."""
    if not followed.kpi.startswith("reiteration_rate") or (after and "phone" not in after):
        return None
    where = on_channels(("phone",), question.where)
    asked = replace(question, kpis=(RETRIES,), by=(), every=None, where=where, long=True, total=False)
    table = ask(workspace, asked, con).table
    row = dict(zip((column.name for column in table.columns), table.rows[0], strict=True)) if table.rows else {}
    return None if row.get("value") is None else (row["value"], row["n"])


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
        most, people: as of `list_pairs`.

    Raises:
        OmnictlError, DefinitionError: as `repeat`.
    """
    check_linked(con)
    where = on_channels(after, question.where)
    asked = Question((f"{followed.kpi}:window={window}",), CUT, None, question.period, where, now=question.now)
    plan = plan_for(workspace, asked, con)
    check_channels(followed.kpi, plan.kpis[0].details.get("channels"), after)
    gap_s, key = followed.tells("gap_s"), followed.tells("key")
    pairs = Pairs(followed.kpi, plan.sql, gap_s, key, contacts=True)
    return list_pairs(pairs, zone_of(workspace.timezone), question.lang, con, most=most, people=people)


def windows_of(followed: Followed) -> tuple[str, ...]:
    """The windows of a question that names none."""
    return RETRY_WINDOWS if followed.kpi == RETRIES else WINDOWS


def _steps(followed: Followed, windows: Sequence[str]) -> tuple[str, ...]:
    """The KPIs of what each window adds to the one before.

    Raises:
        OmnictlError: no KPI says that, or the windows do not grow.
    """
    days = [window_days(window) for window in windows]
    if followed.kpi != "reiteration_rate" or None in days:
        message = "what windows add is told of any contact that follows, by calendar days"
        raise OmnictlError(message, hint="--increments with --within, --after, --by and --where; --curve has the rest")
    grown = [each for each in days if each is not None]
    if grown != sorted(set(grown)):
        raise OmnictlError("windows that add up grow from one to the next", hint="--within intra-day,J+1,J+3,J+7")
    further = zip(grown, windows[1:], strict=False)
    return (
        f"{followed.kpi}:window={windows[0]}",
        *(f"{followed.kpi}@beyond_the_first_day:days={low}:window={window}" for low, window in further),
    )


def _between(windows: Sequence[str]) -> tuple[str, ...]:
    """How the stretches between windows are written: without the first end, with the last."""
    return (
        windows[0],
        *(f"]{'J+0' if low.casefold() == 'intra-day' else low};{high}]" for low, high in pairwise(windows)),
    )


def window_days(window: str) -> int | None:
    """How many local days a window has after the day itself; None of a rolling one."""
    text = window.strip().casefold()
    if text == "intra-day":
        return 0
    return int(text[2:]) if text.startswith("j+") and text[2:].isdecimal() else None


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
    people = repeated.followed.people
    columns += [Col("contacts", "count", words["people" if people else "contacts"]), Col("contacts_state")]
    columns += [Col(window, "ratio", window) for window in windows]
    waiting = words["before" if FAMILIES[repeated.followed.family].back else "immature"]
    columns += [Col("immature", "count", waiting), Col("immature_state")]
    rows = []
    for start in range(0, len(table.rows), len(windows)):
        several = table.rows[start : start + len(windows)]
        told = [dict(zip(names, row, strict=True)) for row in several]
        last = told[-1]
        if last["state"] == "not_defined":
            continue
        values = [one["value"] if one["value"] is not None else one["state"] for one in told]
        immature = last.get("immature") or 0
        told_of = int(last["denominator"] or 0) if people else (last["n"] or 0) + immature
        counts: tuple[int | None, ...] = (told_of, immature)
        hidden = HIDDEN if last["state"] == HIDDEN else None
        first, final = (None, None) if hidden else counts  # what is not told is no 0
        rows.append((*(several[0][place] for place in keys), first, hidden, *values, final, hidden))
    return replace(table, columns=columns, rows=rows)
