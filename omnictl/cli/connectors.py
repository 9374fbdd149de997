"""`omnictl connectors` and `omnictl plugins`: what can be read, and who brings it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from omnictl.cli import diagnostics
from omnictl.cli.base import Command, Entry, LazyGroup, Session, pass_session
from omnictl.cli.output import Output, output_options
from omnictl.errors import PluginError
from omnictl.render import Col, Table

if TYPE_CHECKING:
    from omnictl.connectors import Connector, Option
    from omnictl.connectors.registry import Offer, Registry

COMMANDS = {
    "list": Entry("omnictl.cli.connectors", "list_connectors", "List the connectors that are installed."),
    "show": Entry("omnictl.cli.connectors", "show_connector", "Show what a connector reads, gives and may be told."),
}
FINDINGS = 1


@click.group(cls=LazyGroup, table=COMMANDS)
def connectors() -> None:
    """What can be read."""


@click.command("list", cls=Command)
@pass_session
@output_options
def list_connectors(session: Session, output: Output) -> int:
    """List the connectors that are installed.

    Exit code 1 when one cannot be loaded.

    \b
    Example:
      omnictl connectors list --format json
    """
    found = _registry()
    rows: list[tuple[Any, ...]] = []
    faults = [broken.error for broken in found.plugins.broken] + list(found.refused.values())
    for name, offer in sorted(found.offers.items()):
        if name in found.refused:
            continue
        try:
            connector = offer.load()
        except PluginError as error:
            faults.append(error)
            continue
        rows.append((name, _reads(connector), ", ".join(_gives(connector)), _first_line(connector), offer.plugin.shown))
    for fault in faults:
        diagnostics.error(fault)
    columns = [Col("connector"), Col("reads"), Col("relations"), Col("about"), Col("plugin")]
    output.write(Table(columns, rows), lang=session.language())
    return FINDINGS if faults else 0


@click.command("show", cls=Command)
@click.argument("name")
@pass_session
@output_options
def show_connector(session: Session, output: Output, name: str) -> None:
    """Show what a connector reads, gives and may be told.

    \b
    Example:
      omnictl connectors show table
    """
    found = _registry()
    connector = found.connector(name)
    table = _card(connector, found.offers[name])
    if output.format == "table":
        output.text(_page(connector, table))
    else:
        output.write(table, lang=session.language())


@click.command(cls=Command)
@pass_session
@output_options
def plugins(session: Session, output: Output) -> int:
    """List the plugins, what they bring, and what is wrong with them.

    OMNICTL_PLUGINS=a,b limits them to some; empty, there are none. Exit code 1 when one cannot be loaded.

    \b
    Example:
      omnictl plugins
    """
    found = _registry()
    rows: list[tuple[Any, ...]] = []
    for plugin in found.plugins.loaded:
        offered = [offer.name for offer in found.offers.values() if offer.plugin is plugin]
        relations = [getattr(each, "name", repr(each)) for each in plugin.given.get("omnictl_relations", ())]
        folders = [str(each) for each in plugin.given.get("omnictl_glossaries", ())]
        brings = (", ".join(sorted(offered)), ", ".join(relations), ", ".join(folders))
        rows.append((plugin.name, plugin.distribution, plugin.version, "loaded", *brings))
    rows += [(each.name, each.distribution, each.version, "broken", None, None, None) for each in found.plugins.broken]
    rows += [(name, None, None, "left out", None, None, None) for name in found.plugins.left_out]
    faults = [broken.error for broken in found.plugins.broken] + list(found.refused.values())
    for fault in faults:
        diagnostics.error(fault)
    names = ("plugin", "distribution", "version", "state", "connectors", "relations", "glossaries")
    output.write(Table([Col(name) for name in names], rows), lang=session.language())
    return FINDINGS if faults else 0


def _registry() -> Registry:
    from omnictl.connectors.registry import registry
    from omnictl.plugins import extend, installed

    found = installed()
    extend(found)
    return registry(found)


def _reads(connector: type[Connector]) -> str:
    from omnictl.connectors.contract import TABLE, speed_of

    if speed_of(connector) == TABLE:
        from omnictl.sources import FORMATS

        return ", ".join(FORMATS)
    return connector.reads.format if connector.reads is not None else "its own format"


def _gives(connector: type[Connector]) -> list[str]:
    from omnictl.connectors.contract import SQL, TABLE, speed_of

    speed = speed_of(connector)
    if speed == TABLE:
        return ["any"]
    return list(connector.relations) if speed == SQL else ["as its rows say"]


def _first_line(connector: type[Connector]) -> str:
    return (connector.__doc__ or "").strip().split("\n", 1)[0]


def _card(connector: type[Connector], offer: Offer) -> Table:
    """What is to be known of a connector: one row per thing."""
    rows: list[tuple[Any, ...]] = [
        ("about", "", _first_line(connector)),
        ("plugin", "", offer.plugin.shown),
        ("reads", "", _reads(connector)),
    ]
    if connector.reads is not None:
        rows += [("needs", name, "a column every file must have") for name in connector.reads.needs]
        rows += [("optional", name, "a column that may be missing") for name in connector.reads.optional]
    for option in connector.options:
        default = "must be given" if option.required else f"default: {_written(option)}"
        default = "default: none" if option.default is None else default
        among = f"; one of {', '.join(map(str, option.among))}" if option.among else ""
        rows.append(("option", option.name, f"{option.meaning} ({option.type.__name__}{among}; {default})"))
    rows += [("relation", name, "") for name in _gives(connector)]
    rows += [("outcome", code, outcome) for code, outcome in connector.outcomes.items()]
    if connector.look_back:
        rows.append(("look_back", "", f"files within {connector.look_back} of each other are read together"))
    if connector.retrieval:
        rows.append(("retrieval", "", connector.retrieval))
    return Table([Col("what"), Col("name"), Col("meaning")], rows)


def _written(option: Option) -> str:
    """An option's default as one writes it in omnictl.yml."""
    if option.default is None:
        return "…"
    if isinstance(option.default, bool):
        return "true" if option.default else "false"
    if isinstance(option.default, timedelta):
        return f"{option.default.total_seconds():g} s"
    return f"'{option.default}'" if option.default == "" else str(option.default)


def _page(connector: type[Connector], table: Table) -> str:
    """The card as people read it, and the lines that declare a source of it."""
    said = [f"{connector.name}", (connector.__doc__ or "").strip(), ""]
    width = max(len(f"{what} {name}".strip()) for what, name, _ in table.rows)
    said += [
        f"  {f'{what} {name}'.strip():<{width}}  {meaning}" for what, name, meaning in table.rows if what != "about"
    ]
    said += ["", "In omnictl.yml:", "", "sources:", f"  my_{connector.name}:", f"    connector: {connector.name}"]
    said += ["    path: data/*"]
    for option in connector.options:
        said.append(f"    {option.name}: …" if option.required else f"    # {option.name}: {_written(option)}")
    return "\n".join(said)
