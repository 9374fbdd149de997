"""The commands beside a broken plugin, and those that tell about plugins."""

from __future__ import annotations

from pathlib import Path

import pytest
from workbench import Workbench

from omnictl.relations import RELATIONS

CALLS = "call_ref;begin;result\nA1;02/11/2026 09:00:00;OK\nA2;02/11/2026 09:05:00;???\n"
WORKSPACE = """workspace: test
timezone: Europe/Paris
country: FR
identity: {secret: 0123456789abcdef0123456789abcdef}
sources:
  calls: {connector: CONNECTOR, path: data/*.csv}
"""
VOCALIA = """
    from omnictl.connectors import Connector, Csv, Option
    from omnictl.hookspecs import hookimpl

    class Vocalia(Connector):
        '''Vocalia call list: one row per call.

        And more about it.
        '''
        name = "vocalia"
        reads = Csv(delimiter=";", needs=["call_ref"], optional=["agent"])
        options = [Option("site", str, "", "site of each call"), Option("area", str, ..., "area code")][:LAST]
        outcomes = {"OK": "handled"}
        retrieval = "by hand"
        relations = {"interactions": '''select call_ref as interaction_id, 'phone' as channel, agent,
            local_time("begin", '%d/%m/%Y %H:%M:%S') as started_at, outcome(result) as outcome from file'''}

    @hookimpl
    def omnictl_connectors():
        return [Vocalia]
"""
ONE = VOCALIA.replace("LAST", "1")
BROKEN = "raise ImportError('libvocalia.so: wrong ELF class')"


@pytest.fixture
def centre(workbench: Workbench) -> Workbench:
    workbench.write("data/calls.csv", CALLS)
    workbench.workspace(WORKSPACE.replace("CONNECTOR", "vocalia"))
    workbench.plugins = None
    return workbench


def only(site, centre: Workbench) -> None:
    """Let commands see what is installed in the site and nothing else of the machine."""
    centre.plugins = ",".join(site.entries)


def test_a_source_is_loaded_by_a_plugin(site, centre: Workbench) -> None:
    site.install("vocalia", ONE)
    only(site, centre)
    centre.call("run")
    assert centre.accounting("calls")["used"] == 2
    assert centre.rows("show", "interactions") and centre.sql(
        "select interaction_id, outcome, outcome_detail from interactions order by 1"
    ) == [
        {"interaction_id": "A1", "outcome": "handled", "outcome_detail": "OK"},
        {"interaction_id": "A2", "outcome": None, "outcome_detail": "???"},
    ]


def test_every_command_goes_on_beside_a_broken_plugin(site, centre: Workbench) -> None:
    site.install("vocalia", ONE)
    site.install("bad", BROKEN, version="0.9")
    only(site, centre)
    named = "plugin `bad` (omnictl-bad 0.9) cannot be loaded: ImportError: libvocalia.so: wrong ELF class"
    for line in (
        ["run"],
        ["status"],
        ["show", "interactions"],
        ["show", "runs"],
        ["sql", "select 1 as one"],
        ["kpi", "list"],
        ["kpi", "check"],
        ["kpi", "show", "contacts_received"],
        ["kpi", "query", "contacts_received", "--by", "channel"],
        ["ingest", "--full"],
    ):
        said = centre.call(*line)
        assert named in said.stderr, line
        assert said.stderr.count("plugin `bad`") == 1, said.stderr
    for line in (["plugins"], ["connectors", "list"]):
        said = centre.call(*line, expect=1)
        assert named in said.stderr, line
        assert "vocalia" in said.stdout


def test_the_source_of_a_broken_plugin_fails_alone_and_keeps_its_rows(site, centre: Workbench) -> None:
    site.install("vocalia", ONE, version="0.3.1")
    only(site, centre)
    centre.workspace(
        WORKSPACE.replace("CONNECTOR", "vocalia")
        + "  more: {connector: table, path: data/*.csv, columns: {interaction_id: call_ref, channel: \"'web'\",\n"
        "    started_at: \"local_time(begin, '%d/%m/%Y %H:%M:%S')\"}}\n"
    )
    centre.call("run")
    (site.folder / "omnictl_vocalia.py").write_text(BROKEN, encoding="utf-8")
    site.modules_anew()
    centre.write("data/calls2.csv", CALLS.replace("A", "B"))
    said = centre.call("run", expect=1)
    assert "there is no connector `vocalia`" in said.stdout + said.stderr
    assert "omnictl-vocalia 0.3.1" in said.stderr
    assert centre.sql("select source, count(*) as n from interactions group by all order by 1") == [
        {"source": "calls", "n": 2},
        {"source": "more", "n": 4},
    ]


def test_plugins_lists_what_each_brings(site, centre: Workbench) -> None:
    site.install("vocalia", ONE, version="0.3.1")
    site.install("bad", BROKEN, version="0.9")
    only(site, centre)
    listed = {row["plugin"]: row for row in centre.rows("plugins", expect=1)}
    assert listed["built in"]["connectors"] == "table"
    assert {key: listed["vocalia"][key] for key in ("distribution", "version", "state", "connectors")} == {
        "distribution": "omnictl-vocalia",
        "version": "0.3.1",
        "state": "loaded",
        "connectors": "vocalia",
    }
    assert listed["bad"]["state"] == "broken"
    centre.plugins = "vocalia"
    listed = {row["plugin"]: row for row in centre.rows("plugins")}
    assert listed["bad"]["state"] == "left out"
    centre.plugins = ""
    assert [row["plugin"] for row in centre.rows("plugins")] == ["built in"]


def test_connectors_are_listed_and_shown(site, centre: Workbench) -> None:
    site.install("vocalia", VOCALIA.replace("LAST", "2"))
    only(site, centre)
    (row,) = [row for row in centre.rows("connectors", "list") if row["connector"] == "vocalia"]
    assert row == {
        "connector": "vocalia",
        "reads": "csv",
        "relations": "interactions",
        "about": "Vocalia call list: one row per call.",
        "plugin": "omnictl-vocalia 1.2.3",
    }
    shown = centre.call("connectors", "show", "vocalia").stdout
    for words in ("And more about it.", "call_ref", "site of each call", "area: …", "by hand", "handled", "agent"):
        assert words in shown
    said = centre.call("connectors", "show", "vocalla", expect=2)
    assert "did you mean `vocalia`" in said.stderr


def test_the_card_of_a_connector_is_a_source_that_loads(site, centre: Workbench) -> None:
    """What `connectors show` prints under `sources:` can be pasted."""
    site.install("vocalia", ONE)
    only(site, centre)
    shown = centre.call("connectors", "show", "vocalia").stdout
    drafted = shown[shown.index("sources:") :]
    centre.workspace(WORKSPACE.split("sources:")[0] + drafted)
    centre.call("run")
    assert centre.accounting("my_vocalia")["used"] == 2


def test_a_glossary_and_a_relation_of_a_plugin_are_asked(site, centre: Workbench, tmp_path: Path) -> None:
    kpis = tmp_path / "their kpis"
    kpis.mkdir()
    (kpis / "vans.yml").write_text(
        "kpi: van_visits\nlabel: {en: Van visits, fr: Tournées}\nquestion: {en: How many?, fr: Combien ?}\n"
        "definition: {en: All visits., fr: Toutes.}\nunit: count\nrollup: sum\nbetter: neutral\n"
        "from: vans\nat: at\nvalue: count(*)\n"
        "tests:\n  - {given: {vans: [{id: a}, {id: b}]}, expect: 2}\n",
        encoding="utf-8",
    )
    site.install(
        "vans",
        f"""
        from omnictl.connectors import Connector, Csv
        from omnictl.hookspecs import hookimpl
        from omnictl.relations import Column, Relation
        from omnictl.relations.column import SOURCE, TEXT, TIME

        class Vans(Connector):
            name = "vans"
            reads = Csv()
            relations = {{
                "vans": "select call_ref as id, local_time(\\"begin\\", '%d/%m/%Y %H:%M:%S') as at from file"
            }}

        @hookimpl
        def omnictl_connectors():
            return [Vans]

        @hookimpl
        def omnictl_relations():
            columns = (SOURCE, Column("id", TEXT, "id", required=True), Column("at", TIME, "when", required=True))
            return [Relation("vans", "one visit of a van", ("source", "id"), columns, "at")]

        @hookimpl
        def omnictl_glossaries():
            return [{str(kpis)!r}]
        """,
    )
    only(site, centre)
    centre.workspace(WORKSPACE.replace("CONNECTOR", "vans"))
    centre.call("run")
    (row,) = centre.rows("kpi", "query", "van_visits")
    assert row["van_visits"] == 2
    assert len(centre.rows("show", "vans")) == 2
    assert "van_visits" in centre.call("kpi", "list").stdout
    centre.call("kpi", "check")
    # the plugin goes away: its relation and its KPI too, and nothing else is harmed
    centre.plugins = ""
    del RELATIONS["vans"]  # as in a new process
    assert "van_visits" in centre.call("kpi", "query", "van_visits", expect=2).stderr
    assert "`vans`" in centre.call("show", "vans", expect=2).stderr
    assert centre.rows("kpi", "query", "contacts_received")
    centre.call("status")


def test_a_relation_that_came_after_the_store_was_published(site, centre: Workbench, tmp_path: Path) -> None:
    """Installed between two runs: asked before the next one, it says that nothing was loaded."""
    site.install("vocalia", ONE)
    only(site, centre)
    centre.call("run")
    site.install(
        "vans",
        """
        from omnictl.hookspecs import hookimpl
        from omnictl.relations import Column, Relation
        from omnictl.relations.column import SOURCE, TEXT, TIME

        @hookimpl
        def omnictl_relations():
            columns = (SOURCE, Column("id", TEXT, "id", required=True), Column("at", TIME, "when", required=True))
            return [Relation("vans", "one visit of a van", ("source", "id"), columns, "at")]
        """,
    )
    only(site, centre)
    assert centre.rows("show", "interactions")
    said = centre.call("show", "vans", expect=2)
    assert "nothing of `vans` has been loaded yet" in said.stderr
    assert [row["relation"] for row in centre.rows("show")].count("vans") == 0
    centre.call("run")
    assert centre.rows("kpi", "query", "contacts_received")
