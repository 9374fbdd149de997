"""`omnictl journey repeat`: how many contacts are followed by another."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from omnictl.cli.base import Command, Session, pass_session
from omnictl.cli.complete import offered
from omnictl.cli.journey.asked import links_asked, list_options, say_cut, store_of_people
from omnictl.cli.kpi.asked import Asked, cut_options, total_option
from omnictl.cli.options import Names, timeout_option
from omnictl.cli.output import Output, output_options
from omnictl.relations.column import CHANNELS

if TYPE_CHECKING:
    from omnictl.compiler import Question
    from omnictl.journeys.repeat.followed import Followed, Sought
    from omnictl.workspace import Workspace

THEN = ("contact", "phone", "assisted", "visit", "same-channel")
SAME_CHANNEL = "same-channel"  # --then contact --channel same, in one word


@offered
def channels(context: click.Context) -> list[str]:
    """Names of channels."""
    return sorted(CHANNELS)


@click.command(cls=Command)
@click.option("--after", type=Names(), metavar="CHANNEL,…", shell_complete=channels, help="After contacts on these.")
@click.option("--then", type=click.Choice(THEN), default="contact", help="What follows; default: a contact.")
@click.option("--channel", type=click.Choice(["any", "same", "other"]), help="Of what follows; default: any.")
@click.option("--intent", type=click.Choice(["any", "same"]), default="any", help="Of what follows; default: any.")
@click.option("--backward", is_flag=True, help="What repeats, looking back; default: what is followed, looking ahead.")
@click.option("--count", type=click.Choice(["contacts", "customers"]), default="contacts", help="Default: contacts.")
@click.option("--retries", is_flag=True, help="Calls that were given up, and tried again: 15 min to 24 h.")
@click.option("--within", type=Names(), metavar="WINDOW,…", help="intra-day, J+7, 24h …; default: six, up to J+30.")
@click.option("--curve", is_flag=True, help="Day by day up to J+30, over windows not over too: Kaplan-Meier.")
@click.option("--increments", is_flag=True, help="What each window adds to the one before: bars that add up.")
@cut_options()
@total_option
@list_options("The contacts concerned, with what follows each; one window.")
@pass_session
@links_asked
@timeout_option
@output_options
def repeat(
    session: Session,
    output: Output,
    asked: Asked,
    within: tuple[str, ...] | None,
    curve: bool,
    increments: bool,
    by: tuple[tuple[str, ...], ...],
    every: str | None,
    total: bool,
    listed: bool,
    limit: int,
    timeout: float,
    **given: Any,
) -> None:
    """Tell how many contacts are followed by another.

    Of the handled contacts of known people, the share that the same person follows with another contact the same day,
    and within 1, 3, 7, 14 and 30 days. What is counted is told first; a contact whose window is not over in the data
    is not judged, except by --curve, which holds all of them. They are the figures of reiteration_rate and its
    variants; with --backward of repeat_share, with --count customers of repeat_customer_rate, with --retries of
    retry_rate, with --then visit of web_rebound_rate, and of phone_after_web_rate for calls after visits. CSV, JSON and
    files have a row per cut and window.

    \b
    Examples:
      omnictl journey repeat --by channel --period last-month
      omnictl journey repeat --backward --intent same --within J+7
      omnictl journey repeat --curve --by channel
      omnictl journey repeat --after chat --then phone --intent same --within J+7 --list
      omnictl journey repeat --after web --then phone --within 1h,24h --by intent
    """
    from omnictl.journeys.repeat.answer import LIST_WINDOW, windows_of
    from omnictl.journeys.repeat.curve import CURVE_WINDOW
    from omnictl.journeys.repeat.followed import followed_by

    asked = replace(asked, by=by, every=every, total=total)
    _check(asked, within, curve=curve, increments=increments, listed=listed)
    within = tuple("".join(window.split()) for window in within) if within else None
    sought = _sought(**given)
    followed = followed_by(sought)
    if listed and followed.people:
        raise click.UsageError("--list shows contacts, --count customers counts people: ask for one of them")
    workspace = session.workspace()
    lang = session.language(workspace)
    question = asked.question(workspace.timezone, lang, workspace.fiscal)
    told = Told(session, output, workspace, question, followed, sought.after, timeout)
    with session.bounds(workspace, timeout):
        if listed:
            told.listed(within[0] if within else LIST_WINDOW, limit)
        elif curve:
            told.curve(within[0] if within else CURVE_WINDOW)
        else:
            told.figures(within or windows_of(followed), increments=increments)


def _check(asked: Asked, within: tuple[str, ...] | None, *, curve: bool, increments: bool, listed: bool) -> None:
    """See that the options go together. A list and a curve are of certain people, and of one window.

    Raises:
        UsageError: they do not.
    """
    if asked.start in CHANNELS:
        raise click.UsageError(f"--from takes a time; --after {asked.start} names a channel")
    if curve + increments + listed > 1:
        raise click.UsageError("--curve, --increments and --list are three answers: ask for one of them")
    if listed and (asked.by or asked.every or asked.total):
        raise click.UsageError("--list gives contacts, not figures: leave out --by, --every and --total")
    if not (listed or curve):
        return
    option = "--list" if listed else "--curve"
    if asked.links != "certain":
        raise click.UsageError(f"{option} is about people who are certain: leave out --links")
    if within is not None and len(within) != 1:
        raise click.UsageError(f"{option} takes one window: --within J+7")


def _sought(
    *, after: tuple[str, ...] | None, then: str, channel: str | None, intent: str, backward: bool, count: str,
    retries: bool,
) -> Sought:  # fmt: skip
    from omnictl.journeys.repeat.followed import Sought

    if then == SAME_CHANNEL:
        if channel not in (None, "same"):
            raise click.UsageError(f"--then {SAME_CHANNEL} and --channel {channel} exclude each other")
        then, channel = "contact", "same"
    return Sought(then, channel or "any", intent == "same", backward, count, retries, after or ())


class Told:
    """A question about repeat contact, answered in one of its forms."""

    def __init__(
        self, session: Session, output: Output, workspace: Workspace, question: Question, followed: Followed,
        after: tuple[str, ...], timeout: float,
    ) -> None:  # fmt: skip
        self.session, self.output, self.workspace = session, output, workspace
        self.question, self.followed, self.after, self.timeout = question, followed, after, timeout
        self.lang = session.language(workspace)

    def figures(self, windows: tuple[str, ...], *, increments: bool) -> None:
        """A row per cut, with the share within each window."""
        from omnictl.journeys.repeat.answer import for_people, for_programs, repeat
        from omnictl.journeys.repeat.card import as_data, card

        with store_of_people(self.session, self.workspace, self.timeout) as connection:
            found = repeat(
                self.workspace, self.question, self.followed, windows, connection, after=self.after, added=increments
            )
        for line in card(found, self.workspace.timezone, self.lang):
            self.session.say(line)
        people = self.output.for_people
        periods = self.question.every is not None
        table = for_people(found, self.lang, periods=periods) if people else for_programs(found)
        told = as_data(found, self.workspace.timezone)
        self.output.write(table, lang=self.lang, definitions=[{**each, "card": told} for each in found.definitions])

    def curve(self, window: str) -> None:
        """The share followed day by day, over all contacts."""
        from omnictl.journeys.repeat.answer import repeat
        from omnictl.journeys.repeat.card import as_data, card
        from omnictl.journeys.repeat.curve import check_curve, curve, for_people, for_programs, said, span_of

        check_curve(self.question, self.followed)
        span_of(window)
        whole = replace(self.question, by=(), total=False)
        with store_of_people(self.session, self.workspace, self.timeout) as connection:
            found = repeat(self.workspace, whole, self.followed, (window,), connection, after=self.after)
            drawn = curve(self.workspace, self.question, self.followed, window, connection, after=self.after)
        for line in (*card(found, self.workspace.timezone, self.lang), *said(drawn, self.lang)):
            self.session.say(line)
        table = for_people(drawn, self.lang) if self.output.for_people else for_programs(drawn)
        told = {"curve": "Kaplan-Meier, Greenwood's variance on the log-log scale, 95 %"}
        told = as_data(found, self.workspace.timezone) | told
        self.output.write(table, lang=self.lang, definitions=[{**each, "card": told} for each in found.definitions])

    def listed(self, window: str, limit: int) -> None:
        """The contacts that are followed, one by one."""
        from omnictl.journeys.repeat.answer import contacts_behind

        with store_of_people(self.session, self.workspace, self.timeout) as connection:
            table, contacts = contacts_behind(
                self.workspace, self.question, self.followed, window, connection,
                after=self.after, most=limit, people=self.output.for_people,
            )  # fmt: skip
        if self.lang == "fr":
            many = "contacts suivis" if contacts > 1 else "contact suivi"
            self.session.say(f"{contacts} {many} dans la fenêtre {window} : {self.followed.next['fr']}")
        else:
            told = "1 contact is" if contacts == 1 else f"{contacts:,} contacts are"
            self.session.say(f"{told} followed within {window} by {self.followed.next['en']}")
        say_cut(self.session, len(table.rows), contacts)
        self.output.write(table, lang=self.lang)
