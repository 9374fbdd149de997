"""What people do after an interaction: how many of those on a channel, or in which something was read, are followed.

The figures are those of a KPI: its rows, its rules of what can be judged, its intervals and its privacy. Where what is
to follow is a family of `followups`, that is all, and `kpi query` gives the same. Else the KPI is asked over followups
that tell of another thing to follow (`chain`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from omnictl.build.clock import Clock
from omnictl.build.feeds import Feeds, read_feeds
from omnictl.build.ordered import assisted
from omnictl.compiler.answer import answer
from omnictl.compiler.ask import plan_for
from omnictl.errors import DefinitionError, Finding, OmnictlError, Place
from omnictl.glossary.window import FORMS, Window, window_of
from omnictl.glossary.written import Written
from omnictl.journeys.after.chain import Chain
from omnictl.journeys.after.origin import FORM, READ, Origin, check_read, intents_below, origin_of, untold
from omnictl.journeys.after.then import Then, then_of
from omnictl.journeys.pairs import CUT, Pairs, list_pairs
from omnictl.journeys.people import check_linked
from omnictl.render import Table
from omnictl.zone import zone_of

if TYPE_CHECKING:
    from datetime import datetime

    import duckdb

    from omnictl.compiler.plan import Plan
    from omnictl.compiler.question import Question
    from omnictl.workspace import Workspace

INTENTS = "select distinct intent from interactions where intent is not null order by intent"
CUT_BY = {"article": "step.article", "page": "step.page", "form": f"step.{FORM}"}
# Of contacts an agent handled, and of visits, KPIs say it by name; of all others followed_rate does.
NAMED = {
    ("agent", "contact", False): "reiteration_rate",
    ("agent", "contact", True): "reiteration_rate@same_intent",
    ("agent", "phone", False): "reiteration_rate@then_phone",
    ("agent", "phone", True): "reiteration_rate@then_phone_same_intent",
    ("agent", "visit", False): "web_rebound_rate",
    ("visits", "phone", False): "phone_after_web_rate",
    ("visits", "phone", True): "phone_after_web_rate@same_intent",
    ("", "contact", False): "followed_rate",
    ("", "contact", True): "followed_rate@same_intent",
    ("", "phone", False): "followed_rate@then_phone",
    ("", "phone", True): "followed_rate@then_phone_same_intent",
    ("", "visit", False): "followed_rate@then_visit",
}
ASKED_OVER = {False: ("next_contact", ""), True: ("next_contact_same_intent", "@same_intent")}  # family, variant


@dataclass(frozen=True)
class Asked:
    """A question about what follows, as it stands on the line.

    Attributes:
        origin: a channel, several, a word, or what was read.
        links: what follows, in this order.
        windows: how soon, each from the end of the one before.
        cuts: by what the answer is cut; `article`, `page` and `form` by what was read.
        about: an intent.
    """

    origin: str
    links: tuple[str, ...]
    windows: tuple[str, ...]
    cuts: tuple[str, ...] = ()
    same_intent: bool = False
    about: str | None = None


@dataclass(frozen=True)
class After:
    """A question understood: what it begins with, what is to follow, and the KPI that is asked.

    Attributes:
        family: of follow-ups, whose columns the KPI reads.
        own: whether the KPI is asked over followups of this question's own.
    """

    origin: Origin
    links: tuple[Then, ...]
    windows: tuple[Window, ...]
    cuts: tuple[str, ...]
    same_intent: bool
    kpi: str
    family: str
    own: bool
    feeds: Feeds
    clock: Clock

    def chain(self, window: Window) -> Chain:
        return Chain(self.links, self.same_intent, window, self.clock, self.feeds)

    @property
    def by(self) -> tuple[str, ...]:
        """The cuts as the compiler names them."""
        return tuple(CUT_BY.get(name, name) for name in self.cuts)

    def addresses(self) -> tuple[str, ...]:
        return tuple(f"{self.kpi}:window={window.text}" for window in self.windows)

    def ctes(self, window: Window) -> list[str]:
        """SQL: what stands in the place of relations for one window."""
        found = [self.chain(window).followups(self.family)] if self.own else []
        seen = self.origin.seen([name for name in self.cuts if name in READ])
        return [*found, *([seen] if seen else [])]


@dataclass(frozen=True)
class Followed:
    """The answer.

    Attributes:
        table: a row per cut and window, as `kpi query --long` gives them with intervals.
        windows: of each row.
        whole: the row of everything by window.
    """

    after: After
    table: Table
    windows: tuple[str, ...]
    whole: tuple[Mapping[str, Any], ...]
    definitions: Sequence[Mapping[str, Any]]
    until: datetime | None


def understood(workspace: Workspace, asked: Asked, con: duckdb.DuckDBPyConnection) -> After:
    """Give every name of a question its meaning.

    Raises:
        OmnictlError: nobody has been linked, or a name stands for nothing.
        DefinitionError: a window that is none.
    """
    check_linked(con)
    known = workspace.referential
    feeds = read_feeds(con, assisted(known.channels))
    seen = feeds.channels()
    origin = origin_of(asked.origin, known.channels, seen)
    check_read(origin, con)
    if asked.about is not None:
        intents = [name for (name,) in con.execute(INTENTS).fetchall()]
        origin = replace(origin, intents=intents_below(asked.about, known.intents, intents))
    links = tuple(then_of(name, known.channels, seen) for name in asked.links)
    for then in links:
        if not any(then.fed_by(feed) for feed in feeds.feeds):
            hint = f"there are {', '.join(seen)}"
            raise OmnictlError(f"nothing on `{then.name}` is in the data", hint=hint)
    windows = tuple(map(_window, asked.windows))
    kpi, family = _kpi(origin, links, asked.same_intent)
    own = kpi is None
    if own and len(windows) > 1:
        told = "a chain" if len(links) > 1 else f"--then {links[0].name}"
        raise OmnictlError(f"{told} takes one window", hint=f"--within {windows[0].text}")
    if kpi is None:
        base = "reiteration_rate" if origin.word == "agent" else "followed_rate"
        family, variant = ASKED_OVER[asked.same_intent]
        kpi = base + variant
    bounds = feeds.bounds()
    assert bounds is not None, "there are interactions"
    clock = Clock.of(zone_of(workspace.timezone), bounds[0], max([bounds[1], *feeds.watermarks.values()]))
    return After(origin, links, windows, asked.cuts, asked.same_intent, kpi, family, own, feeds, clock)


def follow(workspace: Workspace, after: After, question: Question, con: duckdb.DuckDBPyConnection) -> Followed:
    """How many are followed, by cut and window.

    Raises:
        OmnictlError, DefinitionError: a cut or condition that cannot be asked for.
    """
    question = replace(
        question,
        kpis=after.addresses(),
        by=after.by,
        where=after.origin.where(question.where),
        long=True,
        total=True,
        interval=True,
    )
    plan = plan_for(workspace, question, con)
    seen = seen_as(plan, after.ctes(after.windows[0]))
    table = answer(seen, con)
    names = [column.name for column in table.columns]
    total = names.index("total")
    rows = [(*row[:total], *row[total + 1 :]) for row in table.rows if not row[total]]
    columns = [*table.columns[:total], *table.columns[total + 1 :]]
    windows = tuple(window.text for window in after.windows)
    until = after.chain(after.windows[0]).until()
    return Followed(
        after,
        replace(table, columns=columns, rows=rows, notes=[*_notes(table.notes, after), *untold(after.cuts, con)]),
        tuple(windows[number % len(windows)] for number in range(len(rows))),
        tuple(dict(zip(names, row, strict=True)) for row in table.rows if row[total])[-len(windows) :],
        [kpi.details for kpi in plan.kpis],
        zone_of(workspace.timezone).to_local(until) if until is not None else None,
    )


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
        most, people: as of `list_pairs`.

    Raises:
        OmnictlError, DefinitionError: as `follow`.
    """
    asked = replace(
        question,
        kpis=after.addresses()[:1],
        by=CUT,
        every=None,
        where=after.origin.where(question.where),
        total=False,
        long=False,
        interval=False,
    )
    seen = after.origin.seen(())
    pairs = Pairs(
        kpi=after.kpi,
        answered=seen_as(plan_for(workspace, asked, con), [seen] if seen else []).sql,
        gap_s=f"f.{after.family}_gap_s",
        key=f"f.{after.family}_key",
        begun=after.chain(after.windows[0]).followups(after.family) if after.own else "",
    )
    return list_pairs(pairs, zone_of(workspace.timezone), question.lang, con, most=most, people=people)


def seen_as(plan: Plan, ctes: Sequence[str]) -> Plan:
    """A plan over other rows: CTEs with the names of relations stand before its own."""
    if not ctes:
        return plan
    begun = "with " + ",\n".join(ctes) + ",\n"

    def over(sql: str) -> str:
        if not sql:
            return sql  # there is nothing to ask
        return begun + sql.removeprefix("with ") if sql.startswith("with ") else sql

    return replace(plan, sql=over(plan.sql), second=over(plan.second))


def _kpi(origin: Origin, links: Sequence[Then], same_intent: bool) -> tuple[str | None, str]:
    """The KPI that a question is, and its family; None when it is none's."""
    family = links[0].family(same_intent) if len(links) == 1 else None
    if family is None:
        return None, ""
    group = "agent" if origin.word == "agent" else "visits" if origin.visits_only else ""
    name = links[0].name
    found = NAMED.get((group, name, same_intent))
    if found is None and group == "visits":
        found = NAMED.get(("", name, same_intent))
    return found, family


def _notes(notes: Sequence[str], after: After) -> Iterator[str]:
    """What is said of the answer that neither the card says nor is meant of other rows."""
    last = after.addresses()[-1]
    for note in notes:
        about = next((each for each in after.addresses() if note.startswith((f"{each}: ", f"{each} "))), None)
        told = note[len(about) :] if about is not None else ""
        on_card = told.startswith((" is about ", ": rows left out")) or " observed of what ended up to " in told
        if about is None or (about == last and not on_card):
            yield note


def _window(text: str) -> Window:
    found = window_of(Written(text, Place("--within")))
    if found is None:
        raise DefinitionError(Finding("wrong-window", f"`{text}` is no window", Place("--within"), FORMS, excerpt=text))
    return found
