"""`omnictl explain`: a finding's page in the terminal."""

from __future__ import annotations

import textwrap

import click

from omnictl.cli.base import Command, Session, pass_session
from omnictl.cli.complete import codes
from omnictl.cli.output import Output, output_options
from omnictl.errors import OmnictlError, did_you_mean, nearest
from omnictl.findings import PAGES, REASONS, Page
from omnictl.render import Col, Table

IN_WORDS = {
    "kpi": "in the definition of a KPI",
    "columns": "under the `columns` of a source",
    "shell": "in a shell",
    "": "told in words",
}
WIDTH = 100


@click.command(cls=Command)
@click.argument("code", required=False, shell_complete=codes)
@pass_session
@output_options
def explain(session: Session, output: Output, code: str | None) -> None:
    """Explain a finding by its code, or list the codes.

    The code of a finding stands in brackets behind `error` or `warning`. Its page says what is wrong, gives an
    example that raises it, and tells how to mend it. So are the reasons of
    `omnictl tracking coverage`, C01 to C13.

    \b
    Examples:
      omnictl explain
      omnictl explain rollup-contradicts
      omnictl explain C04
    """
    if code is None:
        output.write(_table(list(PAGES.values())), lang="en")
        return
    page = PAGES.get(code.strip("[]").casefold()) or REASONS.get(code.strip("[]").upper())
    if page is None:
        raise OmnictlError(f"there is no finding `{code}`", hint=_nearest(code))
    if output.for_people:
        output.text(as_text(page))
    else:
        output.write(_table([page]), lang="en")


def _nearest(code: str) -> str:
    """The code that is meant, or those that hold the word."""
    holding = [each for each in PAGES if code.casefold() in each]
    if holding and not nearest(code, PAGES):
        return f"did you mean {' or '.join(f'`{each}`' for each in holding[:5])}?"
    return did_you_mean(code, PAGES)


def as_text(page: Page) -> str:
    """The page as it is read in a terminal."""
    where = IN_WORDS.get(page.stands_in, f"in {page.stands_in}")
    return "\n".join(
        [
            page.code,
            "",
            textwrap.fill(" ".join(page.means.split()), WIDTH),
            "",
            f"Example, {where}:",
            "",
            textwrap.indent(page.example, "    "),
            "",
            "To mend it:",
            "",
            textwrap.fill(" ".join(page.mend.split()), WIDTH, initial_indent="    ", subsequent_indent="    "),
        ]
    )


def _table(pages: list[Page]) -> Table:
    """One row per finding. When several are listed, people read the first sentence only."""
    columns = [Col(name) for name in ("code", "means", "example", "mend")]
    if len(pages) == 1:
        return Table(columns, [(page.code, " ".join(page.means.split()), page.example, page.mend) for page in pages])
    return Table(columns[:2], [(page.code, _sentence(page)) for page in pages])


def _sentence(page: Page) -> str:
    text = " ".join(page.means.split())
    first, full_stop, _ = text.partition(". ")
    return first + full_stop.strip()
