"""`omnictl journey show`: one person's story."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from omnictl.cli.base import Command, Session, pass_session
from omnictl.cli.journey.asked import limit_option, store_of_people
from omnictl.cli.options import timeout_option
from omnictl.cli.output import Output, output_options

if TYPE_CHECKING:
    from omnictl.journeys.story import Story

WORDS = {
    "en": {
        "told": "person {person}: {number}, told by {via}", "none": "nothing",
        "latest": "note: the latest {shown} are shown; --limit all shows them all", "person": "Person {person}",
    },
    "fr": {
        "told": "personne {person} : {number}, d'après {via}", "none": "rien",
        "latest": "note: les {shown} dernières sont montrées ; --limit all les montre toutes",
        "person": "Personne {person}",
    },
}  # fmt: skip


@click.command("show", cls=Command)
@click.argument("person", required=False)
@click.option("--interaction", metavar="SOURCE/ID", help="The person of this contact or visit.")
@limit_option("The latest N")
@timeout_option
@pass_session
@output_options
def show_story(
    session: Session, output: Output, person: str | None, interaction: str | None, limit: int, timeout: float
) -> None:
    """Show the story of one person.

    Every contact and visit of the person in order, in the workspace's time zone: how long after the one before, where,
    why, how it ended, what happened in it, and the need it was for; below, the needs. PERSON is 16 hex digits, as
    other commands show them, and says nothing of who it is. CSV, JSON and files hold the timeline.

    \b
    Examples:
      omnictl journey show 00c0ffee12345678
      omnictl journey show --interaction calls/1700000000.42 --format json
    """
    from omnictl.journeys.people import person_behind, person_of
    from omnictl.journeys.story import story_of
    from omnictl.zone import zone_of

    if (person is None) == (interaction is None):
        raise click.UsageError("name a PERSON, or one of their interactions with --interaction SOURCE/ID")
    workspace = session.workspace()
    lang = session.language(workspace)
    with session.bounds(workspace, timeout), store_of_people(session, workspace, timeout) as connection:
        known = person_of(person, connection) if person else person_behind(interaction or "", connection)
        zone = zone_of(workspace.timezone)
        story = story_of(known, connection, zone, lang=lang, most=limit, people=output.for_people)
    _tell(session, story, output, lang)


def _tell(session: Session, story: Story, output: Output, lang: str) -> None:
    from omnictl.render.figures import figure

    words = WORDS.get(lang, WORDS["en"])
    via = ", ".join(f"{kind} ({figure(count, 'count', lang)})" for kind, count in story.via) or words["none"]
    number = f"{figure(story.interactions, 'count', lang)} interaction{'s' if story.interactions > 1 else ''}"
    session.say(words["told"].format(person=story.person, number=number, via=via))
    shown = len(story.timeline.rows)
    if shown < story.interactions:
        session.say(words["latest"].format(shown=figure(shown, "count", lang)))
    timeline = replace(story.timeline, title=words["person"].format(person=story.person))
    if output.for_people and story.needs.rows:
        output.write(timeline, replace(story.needs, title="Besoins" if lang == "fr" else "Needs"), lang=lang)
    else:
        output.write(timeline, lang=lang)
