"""How soon contacts are followed: the Kaplan-Meier curve over all of them, those whose window is not over included.

The KPI is asked cut by when its family's follow-up comes and by how long it is observed: what is judged in such a cell
and what is not yet are its contacts, and the cells are the curve's events and censorings. So the curve and the KPI
count the same contacts, and where every window is over they give the same shares.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from omnictl.compiler.ask import plan_for
from omnictl.errors import EngineError, OmnictlError
from omnictl.journeys.repeat.followed import Followed, on_channels
from omnictl.relations.families import FAMILIES
from omnictl.render import Col, Table
from omnictl.statistics import LogRank, Survival, kaplan_meier, log_rank

if TYPE_CHECKING:
    import duckdb

    from omnictl.compiler.question import Question
    from omnictl.workspace import Workspace

CURVE_WINDOW = "J+30"
MOST_DAYS, MOST_HOURS = 366, 744
COMPARED = 50  # curves that a log-rank test compares at most
HIDDEN, IMMATURE = "hidden", "immature"
_NAMES = re.compile(r"\w+")
_DAYS = re.compile(r"j\+([0-9]{1,4})\Z")
_HOURS = re.compile(r"([0-9]{1,4}) ?h\Z")

# `answered` is the question's own SELECT, cut by the asker's cuts, then by when the follow-up comes and how long is
# observed; each in whole days, or as seconds that are made hours.
CELLS = """
with answered as (
{answered}
),
timed as (
  select {given}, {person} as person, {event} as event_at, {last} as last_at,
    coalesce(k1_denominator, 0) + coalesce(k1_immature, 0) as contacts
  from answered
  where level = 0
),
observed as (
  select {cuts}, person, least(last_at, {upto}) as last_at, contacts,
    case when event_at <= last_at and event_at <= {upto} then event_at end as event_at
  from timed
  where last_at >= 0 and contacts > 0
)
"""
COUNTED = """
select {cuts}, event_at, last_at, cast(sum(contacts) as bigint) as contacts
from observed
group by {cuts}, event_at, last_at
"""
AT_RISK = """
, people as (
  select {cuts}, person, max(coalesce(event_at, last_at)) as last_at
  from observed
  group by {cuts}, person
)
select {cuts}, last_at, count(*) as people
from people
group by {cuts}, last_at
"""
LABELS = {
    "en": {"day": "Day", "hour": "Hours", "share": "Followed by then", "low": "from", "high": "to",
           "at_risk": "At risk", "followed": "Followed", "total": "Total"},
    "fr": {"day": "Jour", "hour": "Heures", "share": "Suivis jusque-là", "low": "de", "high": "à",
           "at_risk": "À risque", "followed": "Suivis", "total": "Total"},
}  # fmt: skip

SAYS = {
    "en": (
        "curve:     up to {0}, by Kaplan-Meier over all contacts, window over or not; 95 % bands by Greenwood's "
        "variance on the log-log scale, contacts of one person taken as independent",
        "apart:     the curves differ by chance as much or more with p {2} (log-rank {0}, {1} degrees of freedom)",
    ),
    "fr": (
        "courbe :     jusqu'à {0}, selon Kaplan-Meier, fenêtres en cours comprises ; bandes à 95 % par la variance de "
        "Greenwood à l'échelle log-log, les contacts d'une personne étant pris pour indépendants",
        "écart :      les courbes diffèrent autant ou plus par hasard avec p {2} (log-rank {0}, {1} degrés de liberté)",
    ),
}

Cut = tuple[Any, ...]


@dataclass(frozen=True)
class Span:
    """What a curve reaches over: `upto` whole local days after the day itself, or rolling hours."""

    upto: int
    hours: bool

    def at(self, time: int) -> str:
        return f"{time}h" if self.hours else "intra-day" if time == 0 else f"J+{time}"


@dataclass(frozen=True)
class Curve:
    """The curves of a question.

    Attributes:
        points: by cut; none of a cut that has no contacts.
        hidden: by cut, the times of which figures are about too few people.
        total: the curve over all cuts; None where it is not asked for.
        apart: how the curves of the cuts differ; None where there is one, or something hidden.
    """

    span: Span
    kpi: str
    cuts: tuple[str, ...]
    points: Mapping[Cut, Sequence[Survival]]
    hidden: Mapping[Cut, frozenset[int]]
    total: Sequence[Survival] | None
    total_hidden: frozenset[int]
    apart: LogRank | None


def span_of(window: str) -> Span:
    """What a curve up to the end of a window reaches over.

    Raises:
        OmnictlError: a curve has points by day or by hour, and this is neither.
    """
    text = window.strip().casefold()
    if text == "intra-day":
        return Span(0, hours=False)
    if (days := _DAYS.match(text)) is not None and int(days[1]) <= MOST_DAYS:
        return Span(int(days[1]), hours=False)
    if (hours := _HOURS.match(text)) is not None and 0 < int(hours[1]) <= MOST_HOURS:
        return Span(int(hours[1]), hours=True)
    hint = f"--within J+30 draws it by day, up to J+{MOST_DAYS}; --within 72h by hour, up to {MOST_HOURS}h"
    raise OmnictlError(f"no curve is drawn up to `{window}`", hint=hint)


def curve(
    workspace: Workspace, question: Question, followed: Followed, window: str, con: duckdb.DuckDBPyConnection,
    *, after: Sequence[str] = (),
) -> Curve:  # fmt: skip
    """The share followed up to each day or hour, of each cut, and with `question.total` of all of them.

    Raises:
        OmnictlError: the window is none that a curve can reach over, or the question none that has a curve.
        DefinitionError: a cut or a condition that cannot be asked for.
    """
    check_curve(question, followed)
    span = span_of(window)
    asked = replace(question, kpis=(f"{followed.kpi}:window={window}",), every=None, long=True, total=False)
    where = on_channels(after, question.where)
    if "intent" in FAMILIES[followed.family].same:
        where = f"({where}) and intent <> ''" if where else "intent <> ''"
    asked = replace(asked, where=where)
    drawn = _Drawn(workspace, span, followed.family, con)
    points, hidden = drawn.of(asked)
    whole, whole_hidden = drawn.of(replace(asked, by=())) if question.total and question.by else ({}, {})
    told = [each for each in points.values() if each]
    same = bool(question.by) and len(told) <= COMPARED and not any(hidden.values())
    return Curve(
        span=span,
        kpi=followed.kpi,
        cuts=question.by,
        points=points,
        hidden=hidden,
        total=whole.get(()),
        total_hidden=whole_hidden.get((), frozenset()),
        apart=log_rank(told) if same else None,
    )


def check_curve(question: Question, followed: Followed) -> None:
    """See that what is asked has a curve.

    Raises:
        OmnictlError: it has none.
    """
    from omnictl.glossary.watch import family_of

    if not followed.curved:
        hint = "--curve goes without --count customers and --retries"
        raise OmnictlError(f"{followed.kpi.partition('@')[0]} has no curve: it is one of contacts", hint=hint)
    if question.every is not None:
        raise OmnictlError("a curve is of a whole period", hint="--period chooses it; --every goes without --curve")
    for name in (*question.by, *_NAMES.findall(question.where or "")):
        if family_of(name) is not None:
            message = f"a curve is not cut by `{name}`: who is not followed yet has none"
            raise OmnictlError(message, hint="--by and --where take columns of the contact itself; --then what follows")


@dataclass(frozen=True)
class _Drawn:
    workspace: Workspace
    span: Span
    family: str
    con: duckdb.DuckDBPyConnection

    def of(self, question: Question) -> tuple[dict[Cut, Sequence[Survival]], dict[Cut, frozenset[int]]]:
        """The points of each cut, in the order of the cuts; and what of them is hidden."""
        events: dict[Cut, dict[int, float]] = {}
        censored: dict[Cut, dict[int, float]] = {}
        for *cut, event, last, contacts in self._rows(question, COUNTED, people=False):
            key = tuple(cut)
            chosen, at = (censored, last) if event is None else (events, event)
            counts = chosen.setdefault(key, {})
            counts[at] = counts.get(at, 0.0) + contacts
        keys = sorted({*events, *censored}, key=lambda key: tuple((cut is None, cut) for cut in key))
        upto = self.span.upto
        points: dict[Cut, Sequence[Survival]] = {}
        for key in keys:
            points[key] = kaplan_meier(events.get(key, {}), censored.get(key, {}), upto)
        floor = self.workspace.privacy.floor
        return points, _hidden(self._people(question), keys, upto, floor) if floor else {}

    def _people(self, question: Question) -> dict[Cut, list[int]]:
        """How many people are at risk at each time, by cut."""
        upto = self.span.upto
        found: dict[Cut, list[int]] = {}
        for *cut, last, people in self._rows(question, AT_RISK, people=True):
            counts = found.setdefault(tuple(cut), [0] * (upto + 1))
            for time in range(min(last, upto) + 1):
                counts[time] += people
        return found

    def _rows(self, question: Question, select: str, *, people: bool) -> Sequence[Sequence[Any]]:
        import duckdb

        when, known = ("gap_s", "observed_s") if self.span.hours else ("days", "observed_days")
        further = ("person_id",) if people else ()
        by = (*question.by, *further, f"{self.family}_{when}", f"{self.family}_{known}")
        plan = plan_for(self.workspace, replace(question, by=by, personal=question.personal or people), self.con)
        if not plan.sql:
            return []
        place = len(by)
        event, last = f"cut_{place - 1}", f"cut_{place}"
        if self.span.hours:
            event, last = f"cast(ceil({event} / 3600) as bigint)", f"cast(floor({last} / 3600) as bigint)"
        names = [f"cut_{number + 1}" for number in range(len(question.by))] or ["nothing"]
        sql = (CELLS + select).format(
            answered=plan.sql,
            given=", ".join(names) if question.by else "0 as nothing",
            cuts=", ".join(names),
            person=f"cut_{len(question.by) + 1}" if people else "null",
            event=event,
            last=last,
            upto=self.span.upto,
        )
        try:
            found = self.con.execute(sql).fetchall()
        except duckdb.Error as error:
            raise EngineError(f"the curve of {question.kpis[0]} cannot be drawn: {error}") from error
        return found if question.by else [row[1:] for row in found]


def _hidden(
    people: Mapping[Cut, Sequence[int]], cuts: Sequence[Cut], upto: int, floor: int
) -> dict[Cut, frozenset[int]]:
    """The times of each cut of which figures are about too few people; and so many more that no cut hidden alone, nor
    too few people hidden together, can be told from the whole less the others."""
    found: dict[Cut, set[int]] = {cut: set() for cut in cuts}
    for time in range(upto + 1):
        behind = {cut: people[cut][time] for cut in cuts if cut in people and people[cut][time] > 0}
        gone = [cut for cut, count in behind.items() if count < floor]
        rest = sorted((cut for cut in behind if cut not in gone), key=lambda cut: behind[cut])
        while gone and rest and (len(gone) < 2 or sum(behind[cut] for cut in gone) < floor):
            gone.append(rest.pop(0))
        for cut in gone:
            found[cut].add(time)
    return {cut: frozenset(times) for cut, times in found.items()}


def for_programs(curve: Curve) -> Table:
    """A row per cut and time: the share followed by then, its band, how many are at risk and followed then."""
    names = [Col(name) for name in curve.cuts]
    total = [Col("total")] if curve.total is not None else []
    columns = [*names, *total, Col("kpi"), Col("within"), Col("share", "ratio"), Col("low", "ratio")]
    columns += [Col("high", "ratio"), Col("at_risk", "count"), Col("followed", "count"), Col("state")]
    rows: list[tuple[Any, ...]] = []
    for cut, points, hidden, is_total in _all(curve):
        for point in points:
            keys = (*cut, *([is_total] if total else []), curve.kpi, curve.span.at(point.time))
            rows.append((*keys, *_figures(point, point.time in hidden)))
    return Table(columns, rows)


def for_people(curve: Curve, lang: str) -> Table:
    """A row per time: the whole curve with its band, or with cuts a column for the share of each."""
    words = LABELS.get(lang, LABELS["en"])
    first = Col("within", "", words["hour" if curve.span.hours else "day"])
    curves = list(_all(curve))
    if not curve.cuts:
        columns = [first, Col("share", "ratio", words["share"]), Col("low", "ratio", words["low"])]
        columns += [Col("high", "ratio", words["high"]), Col("at_risk", "count", words["at_risk"])]
        columns += [Col("followed", "count", words["followed"])]
        told = [(point, point.time in hidden) for _, points, hidden, _ in curves for point in points]
        return Table(columns, [(curve.span.at(point.time), *_shown(point, few)) for point, few in told])
    columns = [first]
    for number, (cut, _, _, is_total) in enumerate(curves):
        label = words["total"] if is_total else ", ".join("-" if each is None else str(each) for each in cut)
        columns.append(Col(f"share_{number}", "ratio", label))
    rows = [
        (curve.span.at(time), *(_shown(points[time], time in hidden)[0] for _, points, hidden, _ in curves))
        for time in range(curve.span.upto + 1)
    ]
    return Table(columns, rows)


def said(curve: Curve, lang: str) -> Iterator[str]:
    """What people read of the curves beside them."""
    says = SAYS.get(lang, SAYS["en"])
    yield says[0].format(curve.span.at(curve.span.upto))
    if curve.apart is not None:
        found = curve.apart
        p = "< 0.0001" if found.p < 0.0001 else f"= {found.p:.4f}"
        yield says[1].format(f"{found.statistic:.2f}", found.freedom, p)


def _all(curve: Curve) -> list[tuple[Cut, Sequence[Survival], frozenset[int], bool]]:
    """Every curve: its cut, its points, what of them is hidden, and whether it is the whole."""
    none: frozenset[int] = frozenset()
    found = [(cut, points, curve.hidden.get(cut, none), False) for cut, points in curve.points.items()]
    if curve.total is not None:
        found.append(((None,) * len(curve.cuts), curve.total, curve.total_hidden, True))
    return found


def _figures(point: Survival, hidden: bool) -> tuple[Any, ...]:
    """Share, low, high, at risk, followed, state."""
    if hidden:
        return (None, None, None, None, None, HIDDEN)
    low, high = point.band() or (None, None)
    state = IMMATURE if point.incidence is None else None
    return (point.incidence, low, high, int(point.at_risk), int(point.events), state)


def _shown(point: Survival, hidden: bool) -> tuple[Any, ...]:
    """As `_figures`, without the state, which stands in place of the share."""
    *figures, state = _figures(point, hidden)
    return (figures[0] if state is None else state, *figures[1:])
