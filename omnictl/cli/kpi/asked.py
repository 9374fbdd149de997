"""The options that put a question about KPIs, for every command that takes one."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from omnictl.cli.base import Session
from omnictl.cli.complete import kpis as known_kpis
from omnictl.cli.complete import periods
from omnictl.cli.options import Given, Names, Setting
from omnictl.compiler.question import COMPARED, EVERY, LINKS

if TYPE_CHECKING:
    from omnictl.compiler import Question
    from omnictl.fiscal import FiscalYear

MOMENTS = ["%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"]
PERIODS = "yesterday, last-week, 2026, 2026-Q3, 2026-11, 2026-W47, FY2026, 2026-11-20 …"


@dataclass(frozen=True)
class Asked:
    """What was asked on the line, before a workspace gives it its zone and its language."""

    kpis: tuple[str, ...]
    by: tuple[tuple[str, ...], ...]
    every: str | None
    period: str | None
    start: str | None
    end: str | None
    where: str | None
    total: bool
    parts: bool
    long: bool
    now: datetime | None
    personal: bool
    status: bool = False
    settings: tuple[tuple[str, str], ...] = ()
    compare: str | None = None
    interval: bool = False
    top: int | None = None
    links: str = "certain"

    def question(self, timezone: str, lang: str, fiscal: FiscalYear | None = None) -> Question:
        """The question in a zone and a language. `fiscal`: when years begin, where not with the calendar's.

        Raises:
            DefinitionError: the period is none.
        """
        from omnictl.compiler import Question, now_in, period_of

        moment = self.now or now_in(timezone)
        return Question(
            kpis=self.kpis,
            by=tuple(dict.fromkeys(name for names in self.by for name in names)),
            every=self.every,
            period=period_of(self.period, self.start, self.end, moment, fiscal),
            where=self.where,
            total=self.total,
            parts=self.parts,
            long=self.long,
            lang=lang,
            now=moment,
            personal=self.personal,
            status=self.status,
            settings=self.settings,
            compare=self.compare,
            interval=self.interval,
            top=self.top,
            links=self.links,
        )


def span_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that say which rows of which period: `period`, `start`, `end`, `where`, `now`."""
    for option in (
        click.option(
            "--now", type=click.DateTime(MOMENTS), metavar="TIME", help="Take this local time for the present one."
        ),
        click.option("--where", metavar="CONDITION", help="Rows that meet an SQL condition only."),
        click.option("--to", "end", metavar="TIME", help="Up to this local time, not included."),
        click.option("--from", "start", metavar="TIME", help="From this local time on, included."),
        click.option("--period", metavar="PERIOD", shell_complete=periods, help=PERIODS),
    ):
        command = option(command)
    return command


def cut_options(told: str = "Cut by these columns.", metavar: str = "COLUMN,…") -> Given:
    """Give a command the options that cut an answer: `by` and `every`. `told`: the help of the first."""

    def with_cuts(command: Callable[..., Any]) -> Callable[..., Any]:
        command = click.option("--every", type=click.Choice(EVERY), help="One row per period of this length.")(command)
        return click.option("--by", type=Names(), multiple=True, metavar=metavar, help=told)(command)

    return with_cuts


def total_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the option that asks for the whole beside its parts: `total`."""
    return click.option("--total", is_flag=True, help="Rows of the whole too, recomputed from the parts.")(command)


def links_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the option that says whose an interaction is: `links`."""
    told = "Whose an interaction is; probable: its candidates, by weight. Default: certain."
    return click.option("--links", type=click.Choice(LINKS), default="certain", help=told)(command)


def question_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the KPIs and options of a question, and hand it `asked`. The first argument is the session."""

    @click.argument("kpis", metavar="KPI…", nargs=-1, required=True, shell_complete=known_kpis)
    @cut_options()
    @span_options
    @total_option
    @click.option("--parts", is_flag=True, help="Numerator, denominator, rows judged and unknown too.")
    @click.option("--long", is_flag=True, help="One row per KPI, with its parts, target, state and definition.")
    @click.option("--status", is_flag=True, help="What each KPI aims at too, and how it stands: ok, watch, off.")
    @click.option(
        "--set", "settings", type=Setting(), multiple=True, metavar="NAME=VALUE", help="Take this value of a parameter."
    )
    @click.option("--compare", type=click.Choice(COMPARED), help="The same, a period or a year before, and the change.")
    @click.option("--interval", is_flag=True, help="The ends of a 95 % interval too, or why there is none.")
    @click.option("--top", type=click.IntRange(1), metavar="N", help="The N largest cuts only; totals hold all.")
    @links_option
    @click.option("--personal", is_flag=True, help="Let personal columns be cut by.")
    @functools.wraps(command)
    def with_question(session: Session, *args: Any, **kwargs: Any) -> Any:
        asked = Asked(**{name: kwargs.pop(name) for name in Asked.__dataclass_fields__})
        return command(session, *args, asked=asked, **kwargs)

    return with_question
