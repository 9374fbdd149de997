"""Which connectors there are, who gives them, and whether they keep the contract."""

from __future__ import annotations

import importlib
import re
from dataclasses import dataclass
from typing import Any

from omnictl.connectors.contract import API, SQL, TABLE, Connector, Option, Reads, speed_of
from omnictl.errors import PluginError, did_you_mean
from omnictl.places import duration
from omnictl.plugins import Plugin, Plugins
from omnictl.relations import RELATIONS
from omnictl.relations.column import OUTCOMES
from omnictl.sources import SOURCE_KEYS

HOOK = "omnictl_connectors"
NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
DOTTED = re.compile(r"(?P<name>[a-z][a-z0-9_]*)\s*=\s*(?P<module>[\w.]+):(?P<attribute>\w+)\Z")


@dataclass(frozen=True)
class Offer:
    """One connector as a plugin offers it: a class, or where the class is to be imported from."""

    name: str
    target: type[Connector] | str
    plugin: Plugin

    def load(self) -> type[Connector]:
        """The class, imported and checked.

        Raises:
            PluginError: it cannot be imported, or does not keep the contract; every fault at once.
        """
        connector = self.target if isinstance(self.target, type) else self._imported(self.target)
        faults = faults_of(connector)
        if isinstance(connector, type) and getattr(connector, "name", "") != self.name:
            faults.append(f"it is offered as `{self.name}` and calls itself `{getattr(connector, 'name', '')}`")
        if faults:
            raise PluginError(f"connector `{self.name}` ({self.plugin.shown}): " + "; ".join(faults))
        return connector

    def _imported(self, target: str) -> type[Connector]:
        module, _, attribute = target.partition(":")
        try:
            found = getattr(importlib.import_module(module), attribute)
        except (Exception, SystemExit) as error:
            words = str(error).strip().splitlines() or [type(error).__name__]
            message = f"connector `{self.name}` ({self.plugin.shown}) cannot be imported from {target}: {words[0]}"
            raise PluginError(message) from error
        return found  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Registry:
    """The connectors by name. `refused` are those that cannot be used, and why."""

    offers: dict[str, Offer]
    refused: dict[str, PluginError]
    plugins: Plugins

    def connector(self, name: str) -> type[Connector]:
        """The connector of a name.

        Raises:
            PluginError: there is none, it is given twice, or it does not keep the contract.
        """
        if name in self.refused:
            raise self.refused[name]
        if name not in self.offers:
            hint = did_you_mean(name, self.offers)
            broken = ", ".join(f"{each.distribution} {each.version}" for each in self.plugins.broken)
            hint += f"; plugins that could not be loaded: {broken}" if broken else ""
            raise PluginError(f"there is no connector `{name}`", hint=hint)
        return self.offers[name].load()


def registry(plugins: Plugins) -> Registry:
    """The connectors that plugins offer. Two that offer the same name lose it both; the house's own stands."""
    offers: dict[str, Offer] = {}
    refused: dict[str, PluginError] = {}
    for plugin, given in plugins.given(HOOK):
        offer = _offer(plugin, given)
        if isinstance(offer, PluginError):
            refused[f"{plugin.name}: {given!r}"] = offer
            continue
        before = offers.get(offer.name)
        if before is None:
            offers[offer.name] = offer
            continue
        message = f"connector `{offer.name}` is given twice: by {before.plugin.shown} and by {plugin.shown}"
        error = PluginError(message, hint="uninstall one, or limit them: OMNICTL_PLUGINS=…")
        if before.plugin.name == "built in":
            refused[f"{plugin.name}: {offer.name}"] = error
        else:
            refused[offer.name] = error
    return Registry(offers, refused, plugins)


def _offer(plugin: Plugin, given: Any) -> Offer | PluginError:
    if isinstance(given, type):
        return Offer(str(getattr(given, "name", "")), given, plugin)
    found = DOTTED.match(str(given))
    if found is None:
        words = f"{HOOK} gives {given!r}"
        hint = "a connector is a class, or a text: name = package.module:Class"
        return PluginError(f"plugin `{plugin.name}` ({plugin.shown}): {words}", hint=hint)
    return Offer(found["name"], f"{found['module']}:{found['attribute']}", plugin)


def faults_of(connector: Any) -> list[str]:
    """What of a connector breaks the contract, in words; SQL is looked at when it is run."""
    if not (isinstance(connector, type) and issubclass(connector, Connector)):
        return ["it is not a subclass of omnictl.connectors.Connector"]
    faults = []
    if not NAME.match(str(connector.name)):
        faults.append(f"`{connector.name}` cannot name a connector: small letters, digits and `_`")
    if connector.api != API:
        faults.append(f"it is written for version {connector.api} of the contract; this omnictl knows {API}")
    speed = speed_of(connector)
    if not speed:
        faults.append("it must have exactly one of `relations`, `batches` and `rows`")
    if speed == SQL and connector.reads is None:
        faults.append("SQL over files needs `reads`")
    reads: object = connector.reads
    if reads is not None and not isinstance(reads, Reads):
        faults.append("`reads` must be Csv(…), JsonLines(…), Excel(…) or Parquet(…)")
    for relation in connector.relations:
        if relation not in RELATIONS or RELATIONS[relation].written_by != "connector":
            known = [name for name, each in RELATIONS.items() if each.written_by == "connector"]
            faults.append(f"`{relation}` is not a relation; {did_you_mean(relation, known)}")
    for code, outcome in connector.outcomes.items():
        if outcome not in OUTCOMES:
            faults.append(f"outcome `{code}` cannot become `{outcome}`; {did_you_mean(outcome, OUTCOMES)}")
    faults += _look_back_faults(connector, speed)
    if speed != TABLE:
        faults += _option_faults(connector)
    return faults


def _look_back_faults(connector: type[Connector], speed: str) -> list[str]:
    if not connector.look_back:
        return []
    if duration(connector.look_back) is None:
        return [f"`look_back` must be a duration such as `6h`, not `{connector.look_back}`"]
    if speed != SQL or not connector.at:
        return ["`look_back` is for SQL over files, and needs `at`: the time of a record"]
    return []


def _option_faults(connector: type[Connector]) -> list[str]:
    faults = []
    for option in connector.options:
        if type(option) is not Option:
            faults.append(f"{option!r} is not an Option")
        elif not NAME.match(option.name) or option.name in SOURCE_KEYS:
            faults.append(f"`{option.name}` cannot name an option")
    return faults
