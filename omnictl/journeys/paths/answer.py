"""Paths asked of a store, as tables, with the card of what they count."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, get_args

from sqlglot import exp

from omnictl.errors import EngineError, OmnictlError
from omnictl.journeys.funnel.answer import complete_until, where_of
from omnictl.journeys.funnel.definition import on_line, span_of
from omnictl.journeys.funnel.rows import Sought, read_rows
from omnictl.journeys.funnel.steps import Condition, condition_of, nowhere, nowhere_told
from omnictl.journeys.paths.trails import MAX_LENGTH, Asked, Trail, Transform, Whole, count_trails, find_paths, together
from omnictl.journeys.people import check_linked
from omnictl.journeys.story import span
from omnictl.render import Col, Table
from omnictl.render.figures import figure

if TYPE_CHECKING:
    import duckdb

    from omnictl.compiler.question import Question
    from omnictl.workspace import Workspace

Level = Literal["channel", "solution", "page", "article"]
Count = Literal["units", "paths"]
LEVELS = get_args(Level)
EPOCH = datetime(1970, 1, 1)
SEPARATOR = " > "


@dataclass(frozen=True)
class PathsAsked:
    """Paths as they are written. `start`: what they begin with; `goal`: what they should end with; at most one."""

    start: str = ""
    goal: str = ""
    level: Level = "channel"
    within: str = "J+7"
    length: int = 5
    transform: Transform = "exposure"
    unit: Literal["person", "need"] = "person"
    count: Count = "units"
    top: int = 20
    least: int = 1

    @property
    def anchored(self) -> Literal["", "start", "end"]:
        return "start" if self.start else "end" if self.goal else ""


@dataclass(frozen=True)
class Walked:
    """The answer.

    Attributes:
        trails: the most frequent ones that may be told, and how many others there are.
        rest: what the others add up to.
        few: how many trails are among the others because too few took them.
        hidden: whether what is left is about too few people to be told.
        until: up to when the data is complete, in local time.
        nowhere: what was asked for of which the data has nothing.
    """

    asked: PathsAsked
    whole: Whole
    trails: Sequence[Trail]
    others: int
    rest: dict[str, Any]
    few: int
    hidden: bool
    until: datetime | None
    first_to_end: Sequence[str]
    nowhere: Sequence[str] = ()


def ask_paths(workspace: Workspace, question: Question, asked: PathsAsked, con: duckdb.DuckDBPyConnection) -> Walked:
    """Answer.

    Raises:
        OmnictlError: nobody has been linked, or both ends are anchored.
        DefinitionError: a step or condition that cannot be.
        EngineError: the database refused.
    """
    import duckdb

    from omnictl.compiler.catalog import read_catalog
    from omnictl.compiler.lookups import Grounds
    from omnictl.zone import zone_of

    check_linked(con)
    if asked.start and asked.goal:
        raise OmnictlError("paths begin with one thing or end with one, not both", hint="`omnictl journey funnel` does")
    if not 1 <= asked.length <= MAX_LENGTH:
        raise OmnictlError(f"a path has 1 to {MAX_LENGTH} names, not {asked.length}")
    zone = zone_of(workspace.timezone)
    catalog = read_catalog(con).placed(zone)
    known = [channel for channel in catalog.channels("interactions") if channel is not None]
    sought = _sought(question, asked, known, workspace.timezone)
    until, first_to_end = complete_until(catalog, sought)
    period = question.period
    cut = Asked(
        asked.anchored,
        asked.transform,
        asked.length,
        _milliseconds(zone.to_utc(period.start) if period.start is not None else None),
        _milliseconds(zone.to_utc(period.end) if period.end is not None else None),
        _milliseconds(until),
    )
    grounds = Grounds(zone, workspace.referential, catalog, question.lang or workspace.language)
    try:
        read_rows(con, sought, grounds)
        whole = find_paths(con, cut)
        trails = count_trails(con, cut, by=asked.count)
        shown, rest, few = _shown(con, cut, trails, asked, workspace.privacy.floor)
    except duckdb.Error as error:
        raise EngineError(f"paths cannot be answered: {error}") from error
    return Walked(
        asked=asked,
        whole=whole,
        trails=shown,
        others=len(trails) - len(shown),
        rest=rest,
        few=few,
        hidden=0 < rest["people"] < workspace.privacy.floor,
        until=zone.to_local(until) if until is not None else None,
        first_to_end=first_to_end,
        nowhere=nowhere(sought.steps, con),
    )


def _milliseconds(instant: datetime | None) -> int | None:
    return None if instant is None else (instant - EPOCH) // timedelta(milliseconds=1)


def _sought(question: Question, asked: PathsAsked, known: Sequence[str], timezone: str) -> Sought:
    """Rows of the level as step 1, anchors or goals as step 2."""
    from omnictl.zone import zone_of

    level = _level(asked.level)
    anchor = asked.start or asked.goal
    steps = [level]
    if anchor:
        steps.append(condition_of(on_line(anchor, "--after" if asked.start else "--before"), None, known))
    relations = sorted({each.relation for each in steps})
    cuts = {each: [_name(asked.level, each, anchor), *_ends(each)] for each in relations}
    where = where_of(question.where, relations)
    span = span_of(asked.within)
    return Sought(steps, (), asked.unit, span, zone_of(timezone), cuts=cuts, where=where, from_end=True)


def _level(level: Level) -> Condition:
    if level in ("page", "article"):
        typed = _equal("type", level)
        return Condition(level, "steps", typed, "", frozenset(("type",)), typed)
    inbound = _equal("direction", "inbound")
    return Condition(level, "interactions", inbound, "", frozenset(("direction",)))


def _name(level: Level, relation: str, anchor: str) -> exp.Expression:
    """What a row is called; a row of another relation than the level's is the anchor."""
    if relation == "steps":
        if level in ("page", "article"):
            return exp.Coalesce(this=exp.column("object"), expressions=[exp.column("type")])
        return exp.Literal.string(anchor)
    if level == "solution":
        return exp.Coalesce(this=exp.column("solution"), expressions=[exp.column("channel")])
    return exp.column("channel")


def _ends(relation: str) -> list[exp.Expression]:
    table = "i" if relation == "steps" else None
    return [exp.column("kind", table=table), exp.column("outcome", table=table)]


def _equal(column: str, value: str) -> exp.Expression:
    return exp.EQ(this=exp.column(column), expression=exp.Literal.string(value))


def _shown(
    con: duckdb.DuckDBPyConnection, cut: Asked, trails: Sequence[Trail], asked: PathsAsked, floor: int
) -> tuple[list[Trail], dict[str, Any], int]:
    """The trails told and what the others add up to: never few people, who could be told from the whole."""
    enough = [each for each in trails if _weight(each, asked.count) >= asked.least and each.people >= floor]
    told = [each for each in trails if _weight(each, asked.count) > 0]
    few = len(told) - sum(1 for each in enough if _weight(each, asked.count) > 0)
    shown = enough[: asked.top]
    rest = together(con, cut, shown)
    while shown and 0 < rest["people"] < floor:
        shown = shown[:-1]
        rest = together(con, cut, shown)
    return shown, rest, few


def _weight(trail: Trail, count: Count) -> int:
    return trail.units if count == "units" else trail.paths


WORDS = {
    "en": {
        "path": "Path", "units": "Units", "share": "Share", "paths": "Paths", "missed_units": "Did not end so",
        "missed": "Paths that did not", "ended": "Ended so", "median_s": "Median time", "contacts": "End in a contact",
        "handled": "End handled", "others": "{0} other paths", "none": "(nothing before)",
    },
    "fr": {
        "path": "Parcours", "units": "Unités", "share": "Part", "paths": "Parcours",
        "missed_units": "Finissent autrement",
        "missed": "Parcours finis autrement", "ended": "Finissent ainsi", "median_s": "Durée médiane",
        "contacts": "Finissent par un contact", "handled": "Finissent traités", "others": "{0} autres parcours",
        "none": "(rien avant)",
    },
}  # fmt: skip


def told(walked: Walked, lang: str, *, people: bool) -> Table:
    """A row per trail, the most frequent first, and one for all others: its path is NULL for programs."""
    words, asked = WORDS.get(lang, WORDS["en"]), walked.asked
    end = asked.anchored == "end"
    columns = [Col("path", "", words["path"]), Col("units", "count", words["units"])]
    columns += [Col("share", "ratio", words["share"]), Col("paths", "count", words["paths"])]
    if end:
        columns += [Col("missed_units", "count", words["missed_units"]), Col("missed", "count", words["missed"])]
        columns += [Col("ended", "ratio", words["ended"])]
    columns += [Col("median_s", "s" if people else "seconds", words["median_s"])]
    if not end:
        columns += [Col("contacts", "count", words["contacts"]), Col("handled", "count", words["handled"])]
    columns += [Col("others", "count"), Col("state")]
    rows = [tuple(_row(walked, each, words, people=people)) for each in walked.trails]
    if walked.others:
        rows.append(tuple(_rest(walked, words, width=len(columns), people=people)))
    if people:  # the state stands where the figure would
        columns = [*columns[:2], Col("units_state"), *columns[2:-2]]
        rows = [(*row[:2], row[-1], *row[2:-2]) for row in rows]
    return Table(columns, rows, notes=list(_notes(walked)))


def _row(walked: Walked, trail: Trail, words: dict[str, str], *, people: bool) -> Iterator[Any]:
    asked = walked.asked
    yield path_text(trail, asked, words["none"] if people else WORDS["en"]["none"])  # programs read one language
    yield from _counts(walked, trail.units, trail.paths)
    if asked.anchored == "end":
        yield from (trail.missed_units, trail.missed, _ratio(trail.paths, trail.paths + trail.missed))
    seconds = None if trail.median_ms is None else round(float(trail.median_ms) / 1000, 3)
    yield span(seconds) if people and seconds is not None else seconds
    if asked.anchored != "end":
        yield from (trail.contacts, trail.handled)
    yield from (None, None)


def _counts(walked: Walked, units: int, paths: int) -> Iterator[Any]:
    by_units = walked.asked.count == "units"
    yield units
    yield _ratio(units if by_units else paths, walked.whole.units if by_units else walked.whole.paths)
    yield paths


def _rest(walked: Walked, words: dict[str, str], *, width: int, people: bool) -> Iterator[Any]:
    """All that is not told by itself."""
    rest, end = walked.rest, walked.asked.anchored == "end"
    cells: list[Any] = [words["others"].format(walked.others) if people else None]
    if walked.hidden:
        yield from (*cells, *(None for _ in range(width - 3)), walked.others, "hidden")
        return
    cells += _counts(walked, rest["units"], rest["paths"])
    if end:
        cells += [rest["missed_units"], rest["missed"], _ratio(rest["paths"], rest["paths"] + rest["missed"])]
    cells += [None] * (1 if end else 3)
    yield from (*cells, walked.others, None)


def path_text(trail: Trail, asked: PathsAsked, none: str = "") -> str:
    """`web > faq > phone`; `…` where there is more of it, `×3` for what came three times."""
    names = [name if times == 1 else f"{name} ×{times}" for name, times in trail.names]
    if asked.anchored == "end":
        names = ["…", *names] if trail.more else names
        return SEPARATOR.join([*(names or [none]), asked.goal])
    return SEPARATOR.join([*names, "…"] if trail.more else names)


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _notes(walked: Walked) -> Iterator[str]:
    yield from nowhere_told(walked.nowhere)
    if walked.few:
        yield f"{walked.few} paths that too few took stand among the others"


CARD = {
    "en": (
        "unit:      {unit}; {count} are counted, a unit once per path it took",
        "paths:     by {level}; {transform}; at most {length} names; {anchor}",
        "cut:       where more than {within} lies between one thing and the next ({timezone})",
        "period:    by the {edge} of a path; {units} units, {paths} paths",
        "open:      {immature} paths are left out: their silence is not over in the data{until}",
    ),
    "fr": (
        "unité :     {unit} ; on compte les {count}, une unité une fois par parcours suivi",
        "parcours :  par {level} ; {transform} ; {length} noms au plus ; {anchor}",
        "coupure :   là où plus de {within} sépare une chose de la suivante ({timezone})",
        "période :   selon {edge} du parcours ; {units} unités, {paths} parcours",
        "ouverts :   {immature} parcours écartés : leur silence n'est pas clos dans les données{until}",
    ),
}
TOLD = {
    "en": {
        "full": "every row", "exposure": "repeats in a row folded", "first": "first occurrences only",
        "frequency": "each name once, with its count", "": "not anchored", "start": "from {0} on", "end": "up to {0}",
        "first_end": "beginning", "last_end": "end", "until": ", known up to {0}",
        "person": "person", "need": "need", "units": "units", "paths": "paths",
        "channel": "channel", "solution": "solution", "page": "page", "article": "article",
    },
    "fr": {
        "full": "chaque ligne", "exposure": "répétitions repliées", "first": "premières occurrences",
        "frequency": "chaque nom une fois, avec son compte", "": "sans ancrage", "start": "à partir de {0}",
        "end": "jusqu'à {0}", "first_end": "le début", "last_end": "la fin", "until": ", connues jusqu'au {0}",
        "person": "personne", "need": "besoin", "units": "unités", "paths": "parcours",
        "channel": "canal", "solution": "solution", "page": "page", "article": "article",
    },
}  # fmt: skip


def card(walked: Walked, timezone: str, lang: str) -> Iterator[str]:
    """What the figures count."""
    asked, words = walked.asked, TOLD.get(lang, TOLD["en"])
    known = f"{walked.until:%Y-%m-%d %H:%M}" if walked.until is not None else ""
    given = {
        "unit": words[asked.unit],
        "count": words[asked.count],
        "level": words[asked.level],
        "transform": words[asked.transform],
        "length": asked.length,
        "anchor": words[asked.anchored].format(asked.start or asked.goal),
        "within": asked.within,
        "timezone": timezone,
        "edge": words["last_end" if asked.anchored == "end" else "first_end"],
        "units": figure(walked.whole.all_units, "count", lang),
        "paths": figure(walked.whole.all_paths, "count", lang),
        "immature": figure(walked.whole.immature, "count", lang),
        "until": words["until"].format(known) if known else "",
    }
    for line in CARD.get(lang, CARD["en"]):
        yield line.format(**given)
