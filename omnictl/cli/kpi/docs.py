"""`omnictl kpi docs`: the glossary as pages to browse."""

from __future__ import annotations

from pathlib import Path

import click

from omnictl.cli.base import Command, Session, pass_session
from omnictl.cli.kpi.listing import glossary_of

FORMS = ("html", "md")


@click.command("docs", cls=Command)
@click.option(
    "-o", "--out", "folder", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", required=True,
    help="Write the pages into DIR.",
)  # fmt: skip
@click.option("--format", type=click.Choice(FORMS), default="html", help="html (default), or md for a repository.")
@pass_session
def docs(session: Session, folder: Path, format: str) -> None:
    """Write the glossary as pages to browse.

    An index with a search, a page for each KPI with its definition, what is counted on each channel, variants, vendors'
    words and worked figures, who owns what, a picture of what is made of what, and the names that rows cannot answer;
    in English and in French. The pages open from a disk and fetch nothing. A glossary that has not changed gives the
    same files; pages of KPIs that are gone are taken away.

    \b
    Examples:
      omnictl kpi docs --out glossary/
      omnictl kpi docs --out docs/glossary --format md
    """
    from omnictl.review.book import book_of
    from omnictl.review.glossary_site import site, write_site

    glossary, workspace = glossary_of(session)
    files = site(book_of(glossary), "md" if format == "md" else "html", session.language(workspace))
    gone = write_site(files, folder)
    first = folder / ("README.md" if format == "md" else "index.html")
    removed = f", {gone} removed" if gone else ""
    session.say(f"{first}: {len(glossary.names)} KPIs, {len(files)} files{removed}")
