"""Which connectors there are, who gives them, and whether they keep the contract."""

from __future__ import annotations

import hashlib
import importlib
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omnictl.connectors.contract import API, SQL, TABLE, Connector, Option, Reads, speed_of
from omnictl.connectors.settings import WORDS
from omnictl.errors import PluginError, did_you_mean
from omnictl.places import duration
from omnictl.plugins import HOUSE, LIMIT, Plugin, Plugins
from omnictl.relations import RELATIONS
from omnictl.relations.column import OUTCOMES
from omnictl.sources import SOURCE_KEYS

HOOK = "omnictl_connectors"
NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
SHAPES: tuple[tuple[str, Any, str], ...] = (
    ("name", str, "a text"),
    ("reads", (Reads, type(None)), "Csv(…), JsonLines(…), Excel(…) or Parquet(…)"),
    ("options", (list, tuple), "a list of Option(…)"),
    ("relations", Mapping, "a mapping from relation to SELECT"),
    ("prepared", Mapping, "a mapping from the name of a table to a SELECT"),
    ("outcomes", Mapping, "a mapping from the vendor's code to an outcome"),
    ("look_back", str, "a text such as `6h`"),
    ("at", str, "a text: the time of a record, as SQL"),
)
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
        own = getattr(connector, "name", "")
        if isinstance(connector, type) and own and own != self.name:
            faults.append(f"it is offered as `{self.name}` and calls itself `{own}`")
        if faults:
            raise PluginError(f"connector `{self.name}` ({self.plugin.shown}): " + "; ".join(faults))
        return connector

    def digest(self, connector: type[Connector]) -> str:
        """Changes with the plugin's version and the code of the connector's module; '' for the house's own."""
        if self.plugin.name == HOUSE:
            return ""
        file = getattr(sys.modules.get(connector.__module__), "__file__", None)
        code = Path(file).read_bytes() if file and Path(file).is_file() else b""
        return hashlib.sha256(self.plugin.shown.encode() + code).hexdigest()[:16]

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
            hint = did_you_mean(name, self.offers) + "; `omnictl connectors list` shows those installed"
            broken = ", ".join(
                f"{each.distribution} {each.version}".strip() or each.name for each in self.plugins.broken
            )
            hint += f"; plugins that could not be loaded: {broken}" if broken else ""
            left_out = ", ".join(self.plugins.left_out)
            hint += f"; left out by {LIMIT}: {left_out}" if left_out else ""
            raise PluginError(f"there is no connector `{name}`", hint=hint)
        return self.offers[name].load()


def registry(plugins: Plugins) -> Registry:
    """The connectors that plugins offer. Those that offer the same name lose it all; the house's own stands."""
    claims: dict[str, list[Offer]] = {}
    refused: dict[str, PluginError] = {}
    for plugin, given in plugins.given(HOOK):
        offer = _offer(plugin, given)
        if isinstance(offer, PluginError):
            refused[f"{plugin.name}: {given!r}"] = offer
        else:
            claims.setdefault(offer.name, []).append(offer)
    for name, offers in claims.items():
        if len(offers) == 1:
            continue
        givers = " and ".join(f"by {offer.plugin.shown}" for offer in offers)
        message = f"connector `{name}` is given {'twice' if len(offers) == 2 else f'{len(offers)} times'}: {givers}"
        error = PluginError(message, hint="uninstall one, or limit them: OMNICTL_PLUGINS=…")
        ours = offers[0].plugin.name == HOUSE
        refused[f"{offers[1].plugin.name}: {name}" if ours else name] = error
    return Registry({name: offers[0] for name, offers in claims.items()}, refused, plugins)


def _offer(plugin: Plugin, given: Any) -> Offer | PluginError:
    if isinstance(given, type):
        return Offer(str(getattr(given, "name", "")) or given.__name__, given, plugin)
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
    faults = [
        f"`{name}` must be {words}" for name, kind, words in SHAPES if not isinstance(getattr(connector, name), kind)
    ]
    if faults:
        return faults
    if not NAME.match(connector.name):
        faults.append(f"`{connector.name}` cannot name a connector: small letters, digits and `_`")
    if connector.api != API:
        faults.append(f"it is written for version {connector.api} of the contract; this omnictl knows {API}")
    speed = speed_of(connector)
    if not speed:
        faults.append("it must have exactly one of `relations`, `batches` and `rows`")
    if speed == SQL and connector.reads is None:
        faults.append("SQL over files needs `reads`")
    faults += (
        _relation_faults(connector)
        + _prepared_faults(connector, speed)
        + _outcome_faults(connector)
        + _look_back_faults(connector, speed)
    )
    if speed != TABLE:
        faults += _option_faults(connector)
    return faults


def _relation_faults(connector: type[Connector]) -> list[str]:
    faults = []
    relations: Mapping[Any, Any] = connector.relations
    for relation, text in relations.items():
        if relation not in RELATIONS or RELATIONS[relation].written_by != "connector":
            known = [name for name, each in RELATIONS.items() if each.written_by == "connector"]
            faults.append(f"`{relation}` is not a relation; {did_you_mean(str(relation), known)}")
        elif not isinstance(text, str):
            faults.append(f"`{relation}` must be a text: a SELECT over `file`")
    return faults


def _prepared_faults(connector: type[Connector], speed: str) -> list[str]:
    prepared: Mapping[Any, Any] = connector.prepared
    faults = ["`prepared` is for SQL over files"] if prepared and speed != SQL else []
    for name, text in prepared.items():
        if not isinstance(name, str) or not NAME.match(name) or name in RELATIONS or name == "file":
            faults.append(f"`{name}` cannot name a prepared table: small letters, digits and `_`, and no relation")
        elif not isinstance(text, str):
            faults.append(f"`{name}` must be a text: a SELECT over `file`")
    return faults


def _outcome_faults(connector: type[Connector]) -> list[str]:
    return [
        f"outcome `{code}` cannot become `{outcome}`; {did_you_mean(str(outcome), OUTCOMES)}"
        for code, outcome in connector.outcomes.items()
        if outcome not in OUTCOMES
    ]


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
    seen: set[str] = set()
    options: Sequence[Any] = connector.options
    for option in options:
        if not isinstance(option, Option):
            faults.append(f"{option!r} is not an Option")
            continue
        if not isinstance(option.name, str) or not NAME.match(option.name):
            faults.append(f"`{option.name}` cannot name an option: small letters, digits and `_`")
        elif option.name in SOURCE_KEYS:
            faults.append(f"`{option.name}` cannot name an option: it is a key of every source")
        elif option.name in seen:
            faults.append(f"option `{option.name}` stands twice")
        seen.add(str(option.name))
        if option.type not in WORDS:
            faults.append(f"option `{option.name}` must be of type str, int, float, bool or timedelta")
    return faults
