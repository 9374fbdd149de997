"""`omnictl kpi list` and `omnictl kpi show`: what KPIs there are and what they mean."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from omnictl.cli.base import Command, Session, pass_session
from omnictl.cli.complete import kpis
from omnictl.cli.output import Output, output_options

if TYPE_CHECKING:
    from omnictl.glossary import Glossary, Kpi
    from omnictl.workspace import Workspace


def workspace_around(session: Session) -> Workspace | None:
    """The workspace of the folder, None when there is none."""
    from omnictl.errors import DefinitionError
    from omnictl.workspace import find_workspace

    try:
        find_workspace(session.directory)
    except DefinitionError:
        session.detail("note: no workspace here: the shipped glossary is taken")
        return None
    return session.workspace()


def glossary_of(session: Session) -> tuple[Glossary, Workspace | None]:
    """The glossary of the workspace around, or the shipped one where there is none."""
    from omnictl.glossary import load_glossary
    from omnictl.glossary.house import house_glossary

    workspace = workspace_around(session)
    if workspace is None:
        return load_glossary(["standard"]), None
    return house_glossary(workspace), workspace


@click.command("list", cls=Command)
@click.option(
    "--search",
    metavar="TEXT",
    help="KPIs whose id, label, question, synonyms or vendors' words hold TEXT, in any language.",
)
@click.option("--all", "everything", is_flag=True, help="Names that rows cannot answer too, with the reason.")
@pass_session
@output_options
def list_kpis(session: Session, output: Output, search: str | None, everything: bool) -> None:
    """List the KPIs, or those a word finds.

    Those of the workspace's glossary; outside of a workspace, the shipped ones. People get a short table; CSV, XLSX,
    JSON and Parquet hold all that a KPI says of itself, in both languages where it has both.

    \b
    Examples:
      omnictl kpi list --lang fr
      omnictl kpi list --search "taux de perte"
      omnictl kpi list --all
      omnictl kpi list --csv excel-fr --out glossary.csv
    """
    from omnictl.glossary.sheet import full_table, short_table, unanswered_table
    from omnictl.glossary.unanswered import unanswered

    glossary, workspace = glossary_of(session)
    lang = session.language(workspace)
    found = [kpi for kpi in glossary.kpis.values() if search is None or _found(kpi, search)]
    others = [
        each
        for each in unanswered(glossary.layers).values()
        if search is None or _holds([each.name, each.name.replace("_", " "), *each.label.values()], search)
    ]
    tables = [short_table(found, lang) if output.for_people else full_table(found, others if everything else (), lang)]
    if everything and output.for_people:
        tables.append(unanswered_table(others, lang))
    if not found and not others:
        tables[0].notes.append(f"no KPI is found by `{search}`")
    output.write(*tables, lang=lang)
    if others and not everything:
        session.say(f"note: {len(others)} more names cannot be answered by rows: --all lists them with the reason")


def _found(kpi: Kpi, search: str) -> bool:
    texts = [kpi.id, kpi.id.replace("_", " "), *kpi.label.values(), *kpi.question.values()]
    texts += [word for words in kpi.synonyms.values() for word in words]
    texts += [text for wording in kpi.wording.values() for text in wording.values()]
    texts += [vendor.name for vendor in kpi.vendors.values()]
    return _holds(texts, search)


def _holds(texts: Iterable[str], search: str) -> bool:
    return any(_plain(search) in _plain(text) for text in texts)


def _plain(text: str) -> str:
    """A text as it is typed in haste: without accents, capitals or curly apostrophes."""
    from unicodedata import combining, normalize

    parted = normalize("NFKD", text.casefold().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"))
    return "".join(each for each in parted if not combining(each))


@click.command("show", cls=Command)
@click.argument("kpi", metavar="KPI", shell_complete=kpis)
@pass_session
@output_options
def show_kpi(session: Session, output: Output, kpi: str) -> None:
    """Show what a KPI means, channel by channel.

    The question it answers, what is counted on each channel and what that channel calls it, its parameters, variants
    and target. KPI may name a variant and parameters, as in a query.

    \b
    Examples:
      omnictl kpi show abandonment_rate
      omnictl kpi show service_level@v5 --lang fr
    """
    from omnictl.glossary.card import card, card_text
    from omnictl.glossary.sheet import unanswered_table, unanswered_text
    from omnictl.glossary.unanswered import unanswered

    glossary, workspace = glossary_of(session)
    lang = session.language(workspace)
    other = unanswered(glossary.layers).get(kpi) if kpi not in glossary.names else None
    if other is not None:
        if output.format == "table":
            output.text(unanswered_text(other, lang))
        else:
            output.write(unanswered_table([other], lang), lang=lang)
        return
    found = glossary.resolve(kpi)
    if output.format == "table":
        output.text(card_text(found, lang))
    else:
        output.write(card(found, lang), lang=lang)
