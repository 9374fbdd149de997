"""The loader: one plugin by one; a broken one is named with its version, and the others go on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from omnictl.connectors.registry import registry
from omnictl.errors import PluginError
from omnictl.plugins import extend
from omnictl.relations import RELATIONS

GOOD = """
    from omnictl.connectors import Connector, Csv
    from omnictl.hookspecs import hookimpl

    class Good(Connector):
        name = "good"
        reads = Csv()
        relations = {"interactions": "select id as interaction_id, 'phone' as channel, t as started_at from file"}

    @hookimpl
    def omnictl_connectors():
        return [Good]
"""
BROKEN = {
    "on import": ("import no_such_library", "ModuleNotFoundError: No module named 'no_such_library'"),
    "in its syntax": ("def (", "SyntaxError"),
    "by leaving": ("import sys\nsys.exit('bye')", "SystemExit: bye"),
    "by leaving without a word": ("raise SystemExit", "SystemExit"),
    "by a silent error": ("raise ValueError", "ValueError"),
    "in a hook": (
        """
        from omnictl.hookspecs import hookimpl

        @hookimpl
        def omnictl_glossaries():
            raise OSError("no folder today\\nand more lines")
        """,
        "omnictl_glossaries fails: OSError: no folder today",
    ),
    "by leaving in a hook": (
        """
        from omnictl.hookspecs import hookimpl

        @hookimpl
        def omnictl_connectors():
            raise SystemExit(3)
        """,
        "omnictl_connectors fails: SystemExit: 3",
    ),
    "by a hook that gives nothing": (
        """
        from omnictl.hookspecs import hookimpl

        @hookimpl
        def omnictl_connectors():
            return 7
        """,
        "omnictl_connectors fails: TypeError",
    ),
    "by a hook nobody knows": (
        """
        from omnictl.hookspecs import hookimpl

        @hookimpl
        def omnictl_conectors():
            return []
        """,
        "omnictl_conectors",
    ),
    "by a hook with arguments": (
        """
        from omnictl.hookspecs import hookimpl

        @hookimpl
        def omnictl_connectors(workspace):
            return []
        """,
        "workspace",
    ),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_plugin_is_named_and_the_others_are_loaded(site, how: str) -> None:
    code, words = BROKEN[how]
    site.install("alpha", GOOD.replace("good", "alpha_good"))
    site.install("bad", code, version="0.9b1", distribution="omnictl-worse")
    site.install("zeta", GOOD)
    found = site.loaded()
    assert [plugin.name for plugin in found.loaded] == ["built in", "alpha", "zeta"]
    (broken,) = found.broken
    assert (broken.name, broken.distribution, broken.version) == ("bad", "omnictl-worse", "0.9b1")
    assert "plugin `bad` (omnictl-worse 0.9b1)" in str(broken.error)
    assert words in str(broken.error)
    assert "\n" not in str(broken.error.args[0])
    assert set(registry(found).offers) == {"table", "alpha_good", "good"}


def test_an_unknown_hook_names_the_hooks_there_are(site) -> None:
    site.install("bad", BROKEN["by a hook nobody knows"][0])
    assert "omnictl_connectors, omnictl_relations, omnictl_glossaries" in site.loaded().broken[0].error.text()


@pytest.mark.parametrize(
    ("limit", "loaded", "left_out"),
    [
        ("one", ["one"], ["two"]),
        ("omnictl-two", ["two"], ["one"]),
        (" one , two ,", ["one", "two"], []),
    ],
)
def test_the_variable_limits(site, limit: str, loaded: list[str], left_out: list[str]) -> None:
    site.install("one", GOOD)
    site.install("two", GOOD.replace("good", "other"))
    site.limit(limit)
    found = site.loaded()
    assert [plugin.name for plugin in found.loaded] == ["built in", *loaded]
    assert [name for name in found.left_out if name in ("one", "two")] == left_out
    assert found.broken == ()


def test_an_empty_variable_leaves_only_what_is_built_in(site) -> None:
    site.install("one", "raise ValueError('not to be imported')")
    site.limit("")
    found = site.loaded()
    assert [plugin.name for plugin in found.loaded] == ["built in"]
    assert found.broken == ()


def test_an_unknown_name_in_the_variable_is_told_with_the_nearest(site) -> None:
    site.install("vocalia", GOOD)
    site.limit("vocalla")
    (broken,) = site.loaded().broken
    assert "OMNICTL_PLUGINS names `vocalla`, which is not installed" in broken.error.text()
    assert "vocalia" in broken.error.text()


def test_a_name_given_by_two_distributions_names_both_and_neither_wins(site) -> None:
    site.install("one", GOOD, version="1.0")
    site.install("two", GOOD, version="2.0")
    found = registry(site.loaded())
    with pytest.raises(PluginError, match=r"given twice: by omnictl-one 1\.0 and by omnictl-two 2\.0"):
        found.connector("good")


def test_a_third_claim_to_a_name_is_not_forgotten(site) -> None:
    for name in ("one", "two", "three"):
        site.install(name, GOOD)
    with pytest.raises(PluginError) as told:
        registry(site.loaded()).connector("good")
    assert all(f"omnictl-{name} 1.2.3" in str(told.value) for name in ("one", "two", "three"))


def test_a_built_in_name_cannot_be_taken(site) -> None:
    site.install("thief", GOOD.replace('"good"', '"table"'))
    found = registry(site.loaded())
    assert found.connector("table").__module__ == "omnictl.connectors.table"
    (told,) = found.refused.values()
    assert "connector `table` is given twice" in str(told)
    assert "omnictl-thief 1.2.3" in str(told)


def test_one_entry_point_of_two_distributions_loads_both(site) -> None:
    site.install("same", GOOD, distribution="omnictl-one")
    site.install("same", GOOD.replace("good", "other"), distribution="omnictl-two")
    found = site.loaded()
    assert [plugin.distribution for plugin in found.loaded] == ["omnictl", "omnictl-one", "omnictl-two"]


RELATION = """
    from omnictl.hookspecs import hookimpl
    from omnictl.relations import Column, Relation
    from omnictl.relations.column import SOURCE, TEXT, TIME

    @hookimpl
    def omnictl_relations():
        columns = (SOURCE, Column("id", TEXT, "id", required=True), Column("at", TIME, "when", required=True))
        return [Relation("NAME", "one visit of a van", ("source", "id"), columns, "at")]
"""


def test_a_relation_stands_beside_ours(site) -> None:
    site.install("vans", RELATION.replace("NAME", "vans"))
    extend(site.loaded())
    extend(site.loaded())  # a second command in one process
    assert RELATIONS["vans"].one_row_is == "one visit of a van"


@pytest.mark.parametrize(
    "name", ["interactions", "runs", "files", "followups", "held_x", "Vans", "va ns", "x; drop table y", "order", ""]
)
def test_a_relation_with_a_name_it_cannot_have_makes_its_plugin_broken(site, name: str) -> None:
    site.install("vans", RELATION.replace("NAME", name))
    site.install("good", GOOD)
    found = site.loaded()
    assert [plugin.name for plugin in found.loaded] == ["built in", "good"]
    (broken,) = found.broken
    assert "plugin `vans` (omnictl-vans 1.2.3)" in str(broken.error)
    assert f"`{name}`" in str(broken.error)


FAULTY = {
    "no source": ("(SOURCE, ", "(", "its first column is SOURCE"),
    "a key that is no column": ('("source", "id")', '("source", "no")', "names `no`"),
    "a key that may be empty": ('"id", required=True', '"id"', "`id` is of the key"),
    "at is no column": ('columns, "at")', 'columns, "on")', "not `on`"),
    "at is no time": ('columns, "at")', 'columns, "id")', "not `id`"),
    "a column twice": ('Column("at", TIME', 'Column("id", TIME', "two columns"),
    "a type of another make": ('"id", TEXT', '"id", "TEXT"', "type 'TEXT'"),
    "no relation": ("[Relation(", '["vans"] or [Relation(', "gives a relation that is none: 'vans'"),
}


@pytest.mark.parametrize("fault", FAULTY)
def test_a_faulty_relation_makes_its_plugin_broken(site, fault: str) -> None:
    sound, faulty, words = FAULTY[fault]
    code = RELATION.replace("NAME", "vans")
    assert sound in code
    site.install("vans", code.replace(sound, faulty))
    (broken,) = site.loaded().broken
    assert words in str(broken.error)


def test_a_relation_given_by_two_names_both(site) -> None:
    site.install("vans", RELATION.replace("NAME", "vans"))
    site.install("cars", RELATION.replace("NAME", "vans"), version="7")
    found = site.loaded()
    assert [plugin.name for plugin in found.loaded] == ["built in"]
    assert {str(broken.error).split(": ", 1)[1] for broken in found.broken} == {
        "by omnictl-cars 7 and by omnictl-vans 1.2.3"
    }


@pytest.mark.parametrize(("gives", "words"), [("'no/such/folder'", "no/such/folder is no folder"), ("7", "gives 7")])
def test_a_glossary_that_is_no_folder_makes_its_plugin_broken(site, gives: str, words: str) -> None:
    site.install(
        "lost",
        f"""
        from omnictl.hookspecs import hookimpl

        @hookimpl
        def omnictl_glossaries():
            return [{gives}]
        """,
    )
    (broken,) = site.loaded().broken
    assert words in str(broken.error)


@pytest.mark.parametrize("line", [["--help"], ["--version"], ["kpi", "--help"], ["run", "--help"]])
def test_help_loads_no_plugin(site, line: list[str]) -> None:
    site.install("loud", "raise SystemExit('a plugin was loaded')")
    code = f"""
import sys
sys.path.insert(0, {str(site.folder)!r})
from omnictl.cli.main import call, omnictl
code = call(omnictl, {line!r})
assert "omnictl_loud" not in sys.modules
assert "importlib.metadata" not in sys.modules or {line!r} != ["--help"], "entry points were looked at"
sys.exit(code)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert done.returncode == 0, done.stderr
    assert "a plugin was loaded" not in done.stdout + done.stderr
