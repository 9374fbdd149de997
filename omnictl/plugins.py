"""Finds and loads plugins: distributions with an entry point in the group `omnictl`, one by one.

A plugin that cannot be loaded is left out whole, named with its version, and the others go on. `OMNICTL_PLUGINS=a,b`
limits them to some, named by entry point or distribution; empty, there are none. What omnictl gives itself comes by
the same hooks.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omnictl import __version__
from omnictl.errors import PluginError, did_you_mean

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from omnictl.workspace import Workspace

LIMIT = "OMNICTL_PLUGINS"
BUILT_IN = "omnictl.connectors.builtin"
HOUSE = "built in"  # the name of what omnictl gives itself
HOOKS = ("omnictl_connectors", "omnictl_relations", "omnictl_glossaries")


@dataclass(frozen=True)
class Plugin:
    """One entry point that was loaded, and what its hooks gave, by hook."""

    name: str
    distribution: str
    version: str
    given: dict[str, list[Any]] = field(default_factory=dict, compare=False)

    @property
    def shown(self) -> str:
        return f"{self.distribution} {self.version}"


@dataclass(frozen=True)
class Broken:
    """An entry point that could not be loaded, and why."""

    name: str
    distribution: str
    version: str
    error: PluginError


@dataclass(frozen=True)
class Plugins:
    """What is installed. `left_out` are those that `OMNICTL_PLUGINS` does not name."""

    loaded: tuple[Plugin, ...] = ()
    broken: tuple[Broken, ...] = ()
    left_out: tuple[str, ...] = ()

    def given(self, hook: str) -> Iterator[tuple[Plugin, Any]]:
        """What every plugin gave through a hook, and which one it was."""
        for plugin in self.loaded:
            for each in plugin.given.get(hook, ()):
                yield plugin, each

    def glossaries(self) -> list[Path]:
        """The folders of KPIs that plugins bring, in the order of their names."""
        return [Path(folder) for _, folder in self.given("omnictl_glossaries")]


def installed(*, built_in: bool = True) -> Plugins:
    """The plugins of this environment, each loaded once in a process.

    Args:
        built_in: what omnictl gives itself too.
    """
    found = _installed(os.environ.get(LIMIT))
    return replace(found, loaded=(_built_in(), *found.loaded)) if built_in else found


@functools.cache
def _built_in() -> Plugin:
    return _load(HOUSE, "omnictl", __version__, _module_of(BUILT_IN))


@functools.lru_cache(maxsize=4)
def _installed(limit: str | None) -> Plugins:
    wanted = None if limit is None else {name.strip() for name in limit.split(",") if name.strip()}
    if wanted is not None and not wanted:
        return Plugins()
    entries = _entry_points()
    loaded: list[Plugin] = []
    broken: list[Broken] = []
    left_out: list[str] = []
    for entry in entries:
        name, version = _distribution_of(entry)
        if wanted is not None and not {entry.name, name} & wanted:
            left_out.append(entry.name)
            continue
        try:
            loaded.append(_load(entry.name, name, version, entry))
        except PluginError as error:
            broken.append(Broken(entry.name, name, version, error))
    known = {entry.name for entry in entries} | {_distribution_of(entry)[0] for entry in entries}
    for name in sorted((wanted or set()) - known):
        missing = PluginError(f"{LIMIT} names `{name}`, which is not installed", hint=did_you_mean(name, known))
        broken.append(Broken(name, "", "", missing))
    rivals = _rivals(loaded)
    loaded = [plugin for plugin in loaded if plugin not in rivals]
    return Plugins(tuple(loaded), (*broken, *rivals.values()), tuple(left_out))


def _rivals(loaded: list[Plugin]) -> dict[Plugin, Broken]:
    """The plugins that give a relation of the same name: none of them can be preferred."""
    givers: dict[str, list[Plugin]] = {}
    for plugin in loaded:
        for relation in plugin.given.get("omnictl_relations", ()):
            givers.setdefault(relation.name, []).append(plugin)
    rivals = {}
    for name, plugins in givers.items():
        for plugin in plugins if len(plugins) > 1 else ():
            message = f"relation `{name}` is given twice: by {' and by '.join(each.shown for each in plugins)}"
            error = PluginError(message, hint=f"uninstall one, or limit them: {LIMIT}=…")
            rivals[plugin] = Broken(plugin.name, plugin.distribution, plugin.version, error)
    return rivals


def extend(plugins: Plugins) -> None:
    """Let the relations that plugins bring stand beside ours."""
    from omnictl.relations import RELATIONS

    for _, relation in plugins.given("omnictl_relations"):
        RELATIONS.setdefault(relation.name, relation)


def extended(workspace: Workspace, plugins: Plugins) -> Workspace:
    """The workspace with the glossaries of plugins, laid over the shipped one and under its own."""
    folders = plugins.glossaries()
    if not folders:
        return workspace
    own = list(workspace.glossary)
    place = own.index("standard") + 1 if "standard" in own else 0
    return replace(workspace, glossary=(*own[:place], *folders, *own[place:]))


def _module_of(module: str) -> EntryPoint:
    from importlib.metadata import EntryPoint

    return EntryPoint(HOUSE, module, "omnictl")


def _entry_points() -> list[EntryPoint]:
    """The entry points of the group, by name. Looking at the files first spares most commands an import."""
    if not any(_declares(Path(folder or ".")) for folder in sys.path):
        return []
    from importlib.metadata import entry_points

    found = entry_points(group="omnictl")
    return sorted(found, key=lambda entry: (entry.name, _distribution_of(entry)))


def _declares(folder: Path) -> bool:
    """Whether a folder of packages holds one with an entry point in our group."""
    if folder.is_file():
        return True  # packages in an archive: ask in earnest
    try:
        names = [entry.name for entry in os.scandir(folder) if entry.name.endswith((".dist-info", ".egg-info"))]
    except OSError:
        return False
    for name in names:
        try:
            text = (folder / name / "entry_points.txt").read_bytes()
        except OSError:
            continue
        if b"[omnictl]" in text:
            return True
    return False


def _distribution_of(entry: EntryPoint) -> tuple[str, str]:
    return (entry.dist.name, entry.dist.version) if entry.dist is not None else ("unknown", "")


def _load(name: str, distribution: str, version: str, entry: EntryPoint) -> Plugin:
    """Load one entry point by itself and ask its hooks.

    Raises:
        PluginError: it cannot be imported, has a hook that is none of ours, or a hook fails.
    """
    import pluggy

    from omnictl import hookspecs

    shown = f"plugin `{name}` ({distribution} {version})"
    manager = pluggy.PluginManager(hookspecs.GROUP)
    manager.add_hookspecs(hookspecs)
    try:
        manager.register(entry.load(), name)
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        hint = f"the hooks are {', '.join(HOOKS)}"
        words = ": ".join(line.strip() for line in str(error).splitlines() if line.strip())
        raise PluginError(f"{shown}: {words}", hint=hint) from error
    except (Exception, SystemExit) as error:
        words = f"{type(error).__name__}: {_first_line(error)}"
        hint = f"install another version of {distribution}, or leave it out: {LIMIT}="
        raise PluginError(f"{shown} cannot be loaded: {words}", hint=hint) from error
    given: dict[str, list[Any]] = {}
    for hook in HOOKS:
        try:
            answers = getattr(manager.hook, hook)()
            given[hook] = [each for answer in answers for each in answer]
        except (Exception, SystemExit) as error:
            words = f"{type(error).__name__}: {_first_line(error)}"
            raise PluginError(f"{shown}: {hook} fails: {words}", hint=f"report it to {distribution}") from error
    faults = _faults(given)
    if faults:
        raise PluginError(f"{shown}: {'; '.join(faults)}", hint=f"report it to {distribution}")
    return Plugin(name, distribution, version, given)


def _faults(given: dict[str, list[Any]]) -> list[str]:
    """What is wrong with relations and glossaries; connectors are looked at when they are used."""
    faults = []
    if given["omnictl_relations"]:
        from omnictl.relations.check import faults_of_relation

        faults = [fault for relation in given["omnictl_relations"] for fault in faults_of_relation(relation)]
    for folder in given["omnictl_glossaries"]:
        if not isinstance(folder, (str, os.PathLike)):
            faults.append(f"omnictl_glossaries gives {folder!r}; a folder of KPIs is a Path")
        elif not Path(folder).is_dir():
            faults.append(f"its glossary {folder} is no folder")
    return faults


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
