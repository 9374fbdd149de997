"""Connectors that break the contract are refused by name, with every fault at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from omnictl.connectors import Connector, Csv, Option
from omnictl.connectors.registry import Offer, Registry, faults_of, registry
from omnictl.errors import PluginError
from omnictl.plugins import Plugin, Plugins

INTERACTIONS = {"interactions": "select a as interaction_id, 'phone' as channel, b as started_at from file"}


def connector(**attributes: Any) -> type[Connector]:
    """A connector class, sound but for what is said."""
    sound = {"name": "vocalia", "reads": Csv(), "relations": INTERACTIONS}
    return type("Vocalia", (Connector,), {**sound, **attributes})


def rows(self: Connector, file: Any, options: Any) -> Any:
    return iter(())


def offered(*given: Any) -> Registry:
    plugins = (Plugin("vocalia", "omnictl-vocalia", "0.3.1", {"omnictl_connectors": list(given)}),)
    return registry(Plugins(plugins))


def test_a_sound_connector_has_no_faults() -> None:
    sound = connector(
        options=[Option("site", str), Option("limit", timedelta, timedelta(hours=1))],
        look_back="6h",
        at="to_timestamp(x::bigint)",
        outcomes={"OK": "handled"},
    )
    assert faults_of(sound) == []
    assert faults_of(connector(relations={}, reads=None, rows=rows)) == []
    assert faults_of(connector(relations={}, batches=rows)) == []


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "a later contract": ({"api": 2}, "version 2 of the contract; this omnictl knows 1"),
    "no name": ({"name": ""}, "`` cannot name a connector"),
    "a name in capitals": ({"name": "Vocalia"}, "`Vocalia` cannot name a connector"),
    "a name that is no text": ({"name": 7}, "`name` must be a text"),
    "two speeds": ({"rows": rows}, "exactly one of `relations`, `batches` and `rows`"),
    "no speed": ({"relations": {}}, "exactly one of `relations`, `batches` and `rows`"),
    "no reads": ({"reads": None}, "SQL over files needs `reads`"),
    "reads is the class": ({"reads": Csv}, "`reads` must be Csv(…)"),
    "an unknown relation": (
        {"relations": {"interaction": "select 1"}},
        "`interaction` is not a relation",
    ),
    "a relation of ours": ({"relations": {"runs": "select 1"}}, "`runs` is not a relation"),
    "relations as a list": ({"relations": ["interactions"]}, "`relations` must be a mapping"),
    "a SELECT that is no text": ({"relations": {"interactions": None}}, "`interactions` must be a text"),
    "an unknown outcome": ({"outcomes": {"OK": "answered"}}, "outcome `OK` cannot become `answered`"),
    "outcomes as a list": ({"outcomes": ["OK"]}, "`outcomes` must be a mapping"),
    "an option as a text": ({"options": ["site"]}, "'site' is not an Option"),
    "one option without a list": ({"options": Option("site", str)}, "`options` must be a list"),
    "an option named like a key": ({"options": [Option("path", str)]}, "`path` cannot name an option: it is a key"),
    "an option with a space": ({"options": [Option("my site", str)]}, "`my site` cannot name an option"),
    "an option twice": ({"options": [Option("a", str), Option("a", int)]}, "option `a` stands twice"),
    "an option of another type": ({"options": [Option("a", list)]}, "option `a` must be of type str, int"),
    "look_back without at": ({"look_back": "6h"}, "needs `at`"),
    "look_back of rows": (
        {"relations": {}, "rows": rows, "look_back": "6h", "at": "t"},
        "`look_back` is for SQL over files",
    ),
    "look_back that is no duration": ({"look_back": "soon", "at": "t"}, "`look_back` must be a duration"),
    "look_back that is a number": ({"look_back": 6, "at": "t"}, "`look_back` must be a text"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_told_with_the_connector_and_its_plugin(fault: str) -> None:
    attributes, words = FAULTS[fault]
    broken = connector(**attributes)
    assert any(words in told for told in faults_of(broken)), faults_of(broken)
    with pytest.raises(PluginError, match=r"\(omnictl-vocalia 0\.3\.1\)"):
        next(iter(offered(broken).offers.values())).load()


def test_all_faults_are_told_at_once() -> None:
    broken = connector(api=2, outcomes={"OK": "answered", "KO": "lost"}, options=[Option("path", str)])
    assert len(faults_of(broken)) == 4


def test_what_is_no_connector_is_refused() -> None:
    assert faults_of(dict) == ["it is not a subclass of omnictl.connectors.Connector"]
    assert faults_of("vocalia") == ["it is not a subclass of omnictl.connectors.Connector"]


def test_a_dotted_name_is_imported_when_used() -> None:
    found = offered("table2 = omnictl.connectors.table:Table", "gone = no_such_module:Gone", "none = omnictl:Nothing")
    assert set(found.offers) == {"table2", "gone", "none"}
    with pytest.raises(PluginError, match="offered as `table2` and calls itself `table`"):
        found.connector("table2")
    with pytest.raises(PluginError, match="cannot be imported from no_such_module:Gone: No module named"):
        found.connector("gone")
    with pytest.raises(PluginError, match="has no attribute 'Nothing'"):
        found.connector("none")


@pytest.mark.parametrize("given", [7, "vocalia", "Vocalia = a:B", "a b = c:d", Offer])
def test_what_names_no_connector_is_told(given: Any) -> None:
    found = offered(given, connector())
    told = [*found.refused.values()]
    if isinstance(given, type):
        with pytest.raises(PluginError, match="not a subclass"):
            found.connector("Offer")
    else:
        assert "plugin `vocalia` (omnictl-vocalia 0.3.1): omnictl_connectors gives" in str(told[0])
    assert found.connector("vocalia").name == "vocalia"


def test_an_unknown_connector_is_told_with_the_nearest() -> None:
    with pytest.raises(PluginError) as told:
        offered(connector()).connector("vocalla")
    assert "there is no connector `vocalla`" in told.value.text()
    assert "vocalia" in told.value.text()
