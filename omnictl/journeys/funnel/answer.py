"""A funnel asked of a store: the rules, the rows, the attempts, the figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import combinations
from typing import TYPE_CHECKING, Any

from omnictl.errors import DefinitionError, EngineError, Finding, OmnictlError
from omnictl.journeys.funnel.definition import FunnelAsked, on_line, span_of, ties_of
from omnictl.journeys.funnel.figures import StepFigures, figures_of, judge, removed_units
from omnictl.journeys.funnel.rules import Exclusion, Rules
from omnictl.journeys.funnel.spots import find_spots
from omnictl.journeys.funnel.steps import Condition, columns_named, condition_of, nowhere
from omnictl.journeys.funnel.walk import walk
from omnictl.journeys.people import check_linked

if TYPE_CHECKING:
    import duckdb

    from omnictl.compiler.catalog import Catalog
    from omnictl.compiler.question import Question
    from omnictl.journeys.funnel.rows import Sought
    from omnictl.workspace import Workspace

EPOCH = datetime(1970, 1, 1)
# The rows of `funnel_done` with what cuts them: of the row that began the attempt, of the last row it came to, or of
# each step's own.
_BY = {
    "first": "join funnel_rows as r on r.place = d.attempt",
    "step": "join funnel_rows as r on r.place = d.row_place",
    "last": "join (select attempt, row_place from (select attempt, row_place,"
    " row_number() over (partition by attempt order by step desc) as nth from funnel_done) as steps where nth = 1)"
    " as l on l.attempt = d.attempt join funnel_rows as r on r.place = l.row_place",
}


@dataclass(frozen=True)
class Funnelled:
    """The answer to a question about a funnel.

    Attributes:
        figures: a row per cut and step.
        removed: units that exclusions took out.
        rows, known: rows that could begin an attempt, and those of them whose person is known.
        until: up to when the data is complete, in local time; None when nothing limits it.
        first_to_end: the sources that end there while others go on.
        hidden: cuts about too few people.
        start, end: of the period, in local time.
        by_event: whether some step is an event.
        nowhere: steps of which the data has none at all.
    """

    asked: FunnelAsked
    rules: Rules
    labels: tuple[str, ...]
    figures: Sequence[StepFigures]
    removed: int
    rows: int
    known: int
    until: datetime | None
    first_to_end: Sequence[str]
    hidden: frozenset[tuple[Any, ...]] = frozenset()
    floor: int = 0
    start: datetime | None = None
    end: datetime | None = None
    by_event: bool = False
    nowhere: Sequence[str] = ()


def rules_of(asked: FunnelAsked) -> Rules:
    """The rules as they are written.

    Raises:
        OmnictlError: a window per step that is no rolling one, or a text that is no window.
    """
    span, count = span_of(asked.window), len(asked.steps)
    if asked.anchor == "step" and span.milliseconds is None:
        raise OmnictlError(f"a window per step is rolling: not {span.text}", hint="--window 60min, or --anchor first")
    exclusions = tuple(Exclusion(*(each.between or (1, count)), each.effect) for each in asked.exclude)
    return Rules(
        steps=count,
        optional=frozenset(number for number, each in enumerate(asked.steps, 1) if each.optional),
        order=asked.order,
        anchored=frozenset(number for number, each in enumerate(asked.steps, 1) if each.anchored),
        step_window=span.milliseconds if asked.anchor == "step" else None,
        entry=asked.entry,
        represents=asked.represents,
        ties=ties_of(asked.ties),
        exclusions=exclusions,
        held=bool(asked.hold),
    )


def ask_funnel(
    workspace: Workspace, question: Question, asked: FunnelAsked, con: duckdb.DuckDBPyConnection
) -> Funnelled:
    """Answer: the tables of the funnel stay in the connection, for `units_of`.

    Raises:
        OmnictlError: nobody has been linked, or rules that do not go together.
        DefinitionError: a step, cut or condition that cannot be.
        EngineError: the database refused.
    """
    import duckdb

    from omnictl.compiler.catalog import read_catalog
    from omnictl.compiler.lookups import Grounds
    from omnictl.journeys.funnel.rows import known_people, read_rows
    from omnictl.journeys.funnel.rules import check_rules
    from omnictl.zone import zone_of

    check_linked(con)
    rules = rules_of(asked)
    check_rules(rules)
    zone = zone_of(workspace.timezone)
    catalog = read_catalog(con).placed(zone)
    sought = _sought(workspace, question, asked, rules, catalog)
    grounds = Grounds(zone, workspace.referential, catalog, question.lang or workspace.language)
    until, first_to_end = complete_until(catalog, sought)
    same = [
        (one, other)
        for (one, a), (other, b) in combinations(enumerate(sought.steps, 1), 2)
        if (a.relation, a.tree) == (b.relation, b.tree)
    ]
    try:
        read_rows(con, sought, grounds)
        masks = find_spots(con, rules, same)
        walk(con, rules, masks, None if until is None else (until - EPOCH) // timedelta(milliseconds=1))
        judge(con, rules)
        cuts = [f"cut_{number}" for number in range(1, len(asked.by) + 1)]
        figures = figures_of(con, rules, _told(asked, cuts), cuts, people=True)
        removed = removed_units(con)
        rows, known = known_people(con, sought, grounds)
    except duckdb.Error as error:
        raise EngineError(f"the funnel cannot be answered: {error}") from error
    floor = workspace.privacy.floor
    return Funnelled(
        asked=asked,
        rules=rules,
        labels=tuple(each.label or each.short.text.strip() for each in asked.steps),
        figures=figures,
        removed=removed,
        rows=rows,
        known=known,
        until=zone.to_local(until) if until is not None else None,
        first_to_end=first_to_end,
        hidden=_hidden(figures, floor) if floor else frozenset(),
        floor=floor,
        start=question.period.start,
        end=question.period.end,
        by_event=sought.by_event,
        nowhere=nowhere(sought.steps, con),
    )


def _told(asked: FunnelAsked, cuts: Sequence[str]) -> str:
    join = _BY[asked.attribution if cuts else "first"]
    columns = "".join(f", r.{cut}" for cut in cuts)
    return f"select d.*, r.person_id{columns} from funnel_done as d {join}"


def _sought(workspace: Workspace, question: Question, asked: FunnelAsked, rules: Rules, catalog: Catalog) -> Sought:
    """What the funnel looks for in the store."""
    from omnictl.journeys.funnel.rows import Sought
    from omnictl.zone import zone_of

    known = [channel for channel in catalog.channels("interactions") if channel is not None]
    steps = [condition_of(each.short, each.where, known) for each in asked.steps]
    gone = [condition_of(each.short, each.where, known, every_direction=True) for each in asked.exclude]
    zone, span = zone_of(workspace.timezone), span_of(asked.window)
    breaking = _breaking(asked, known)
    bare = Sought(steps, gone, asked.unit, span, zone, breaking)
    relations = bare.relations
    _check_agents(workspace, question, asked, (*steps, *gone))
    lasts = timedelta(days=(span.days or 0) + 2)
    if span.milliseconds is not None:
        lasts = timedelta(milliseconds=span.milliseconds * (rules.steps if rules.step_window else 1) + 1)
    period = question.period
    return replace(
        bare,
        hold={each: _columns(asked.hold, each, "--hold") for each in relations},
        cuts={each: _columns(asked.by, each, "--by") for each in relations},
        where=where_of(question.where, relations),
        start=zone.to_utc(period.start) if period.start is not None else None,
        end=zone.to_utc(period.end) if period.end is not None else None,
        lasts=lasts,
        before=timedelta(milliseconds=max(0, rules.ties) * rules.steps),
    )


def _breaking(asked: FunnelAsked, known: Sequence[str]) -> tuple[str, ...] | None:
    from omnictl.errors import did_you_mean
    from omnictl.relations.column import CHANNELS

    if asked.within and asked.order != "strict":
        raise OmnictlError(f"order {asked.order} is broken by nothing", hint="--order strict, or no --strict-within")
    for channel in asked.within:
        if channel not in CHANNELS and channel not in known:
            raise OmnictlError(f"`{channel}` is no channel", hint=did_you_mean(channel, sorted({*CHANNELS, *known})))
    return asked.within if asked.order == "strict" else None


def _columns(names: Sequence[str], relation: str, option: str) -> list[Any]:
    """Columns that a funnel is cut by or holds constant, over a relation's rows."""
    from omnictl.compiler.dimensions import dimension_of, tree_of
    from omnictl.glossary.guard import RowGuard
    from omnictl.glossary.reach import reach_of
    from omnictl.glossary.scope import Scope

    found, faults = [], []
    for name in names:
        scope = Scope(reach_of(relation))
        tree = RowGuard(scope).row(tree_of(name)).node
        dimension = dimension_of(name, reach_of(relation))
        line = on_line(name, option)
        if scope.faults:
            faults += [Finding(each.code, each.message, line.place, each.hint, excerpt=name) for each in scope.faults]
        elif dimension is not None and dimension.personal:
            faults.append(Finding("personal-cut", f"`{name}` is personal: no figure is cut by it", line.place))
        found.append(tree)
    if faults:
        raise DefinitionError(faults)
    return found


def where_of(text: str | None, relations: Sequence[str]) -> dict[str, Any]:
    from omnictl.journeys.funnel.steps import guarded_condition

    if text is None or not text.strip():
        return {}
    return {each: guarded_condition(text, each, on_line(text, "--where")) for each in relations}


def _check_agents(
    workspace: Workspace, question: Question, asked: FunnelAsked, conditions: Sequence[Condition]
) -> None:
    from sqlglot import exp

    from omnictl.compiler.agents import refuse_agents
    from omnictl.glossary.expressions import parse_expression

    tree = parse_expression(question.where, []) if question.where else None
    named = {column.name for column in tree.find_all(exp.Column)} if tree is not None else set()
    governed = replace(question, by=(*asked.by, *asked.hold), agents=workspace.privacy.agents)
    if found := list(refuse_agents(governed, {*columns_named(conditions), *named})):
        raise DefinitionError(found)


def complete_until(catalog: Catalog, sought: Sought) -> tuple[datetime | None, list[str]]:
    """Up to when all sources are complete that may hold a step or an exclusion, and those that end first. Retired
    sources are: nothing more will come."""

    def feeds(relation: str, channel: str | None) -> bool:
        return any(
            each.relation == relation and (not each.channel or each.channel == channel)
            for each in (*sought.steps, *sought.gone)
        )

    found = [each for each in catalog.watermarks if feeds(each.relation, each.channel)]
    if not found and any(feeds(each.relation, each.channel) for each in catalog.retired):
        return max(each.until for each in (*catalog.watermarks, *catalog.retired)), []
    first = min((each.until for each in found), default=None)
    waited = {each.source for each in found if each.until == first}
    return first, sorted(waited) if waited != {each.source for each in found} else []


def _hidden(figures: Sequence[StepFigures], floor: int) -> frozenset[tuple[Any, ...]]:
    """The cuts about too few people, and those without which they could be worked out."""
    from omnictl.compiler.floor import to_hide

    return to_hide({each.cut: each.people for each in figures if each.step == 1}, floor)


def units_of(
    con: duckdb.DuckDBPyConnection, funnelled: Funnelled, step: int, *, dropped: bool, most: int
) -> Iterator[Mapping[str, Any]]:
    """Who did a step, of those the figures count; `dropped`: and not the next one.

    Args:
        most: how many to give, -1 for all.
    """
    rules = funnelled.rules
    columns = ", ".join(f"u.at_{each}" for each in rules.numbers)
    tests = [f"u.at_{step} is not null"]
    if rules.order == "any":
        tests = [f"u.reached >= {step}"] if not dropped else [f"u.reached = {step}"]
    elif dropped:
        following = min((each for each in rules.required if each > step), default=None)
        if following is None or step in rules.optional:
            raise OmnictlError(f"nobody drops after step {step}", hint="a required step before the last one")
        tests.append(f"u.at_{following} is null")
    sql = (
        f"select r.person_id, r.source, r.interaction_id, r.need_id, u.reached, {columns}, count(*) over () as units\n"
        f"from funnel_units as u join funnel_rows as r on r.place = u.attempt\n"
        f"where u.fate = 0 and {' and '.join(tests)}\norder by u.begun, u.attempt"
        + (f"\nlimit {most}" if most >= 0 else "")
    )
    names = ["person_id", "source", "interaction_id", "need_id", "reached"]
    for row in con.execute(sql).fetchall():
        yield dict(zip(names, row, strict=False)) | {"at": row[5:-1], "units": row[-1]}
