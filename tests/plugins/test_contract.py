"""`omnictl.testing`: what the one line of a connector's test finds, and how it says so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from omnictl.connectors import Connector, Csv, Option
from omnictl.relations import RELATIONS, Column, Relation
from omnictl.relations.column import SOURCE, TEXT, TIME
from omnictl.testing import contract, load

CALLS = "ref;begun;result\na;2026-11-02 09:00:00;OK\nb;never;OK\nc;2026-11-02 10:00:00;KO\n"
LOG = "1|a|ENTER\n2|b|ENTER\n3|a|END\n4|c|ENTER\n5|b|END\n6|c|END\n"


class Calls(Connector):
    name = "calls"
    reads = Csv(delimiter=";", needs=["ref"])
    options = [Option("site", str, "Lyon")]
    outcomes = {"OK": "handled"}
    relations = {
        "interactions": "select ref as interaction_id, 'phone' as channel, begun as started_at, $site as site,"
        " outcome(result) as outcome from file"
    }


class Log(Connector):
    name = "log"
    reads = Csv(header=False, delimiter="|")
    look_back, at = "1h", "column0::bigint"
    relations = {
        "interactions": "select column1 as interaction_id, 'phone' as channel, to_timestamp(min(column0::bigint))"
        " as started_at, count(*)::varchar as queue, list(record) as record from file group by column1"
    }


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    file = tmp_path / "calls.csv"
    file.write_text(CALLS, encoding="utf-8")
    return file


@pytest.fixture
def log(tmp_path: Path) -> Path:
    file = tmp_path / "queue.log"
    file.write_text(LOG, encoding="utf-8")
    return file


def test_a_sound_connector_passes_and_is_given_back_for_closer_tests(calls: Path) -> None:
    loaded = contract(Calls, calls, used=2, rejected=1, rows={"interactions": 2}, options={"site": "it's: #1"})
    assert [row["site"] for row in loaded.rows["interactions"]] == ["it's: #1"] * 2
    assert loaded.unmapped == {"KO": 1}
    assert [(reject["record"], reject["line"]) for reject in loaded.rejects] == [(2, 3)]


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({"used": 3}, "record 2: started_at: it cannot be read"),
        ({"used": 2, "rejected": 1, "filtered": 1}, "'filtered': 0"),
        ({"used": 2, "rejected": 1, "rows": {"interactions": 3}}, "2 rows of interactions, 3 were expected"),
        ({"used": 2, "rejected": 1, "rows": {"identifiers": 1}}, "0 rows of identifiers, 1 were expected"),
    ],
)
def test_other_numbers_are_told(calls: Path, counts: dict[str, Any], words: str) -> None:
    with pytest.raises(AssertionError) as told:
        contract(Calls, calls, **counts)
    assert words in str(told.value)


def test_a_connector_that_cannot_be_used_is_told(calls: Path) -> None:
    class Later(Calls):
        api = 2

    with pytest.raises(AssertionError, match="version 2 of the contract"):
        contract(Later, calls, used=2, rejected=1)


def test_a_wrong_option_is_told(calls: Path) -> None:
    with pytest.raises(AssertionError, match="has no option `sit`"):
        contract(Calls, calls, used=2, rejected=1, options={"sit": "x"})


def test_an_empty_text_for_unknown_is_told(calls: Path) -> None:
    """The host makes NULL of it, so it never comes through."""

    class Empty(Calls):
        relations = {"interactions": Calls.relations["interactions"].replace("$site", "''")}

    loaded = contract(Empty, calls, used=2, rejected=1)
    assert {row["site"] for row in loaded.rows["interactions"]} == {None}


def test_a_sound_log_passes(log: Path) -> None:
    loaded = contract(Log, log, used=6, rows={"interactions": 3})
    rows = [(row["interaction_id"], row["queue"]) for row in loaded.rows["interactions"]]
    assert sorted(rows) == [("a", "2"), ("b", "2"), ("c", "2")]


def test_a_log_whose_rows_depend_on_the_cut_is_told(log: Path) -> None:
    class Cut(Log):
        relations = {
            "interactions": Log.relations["interactions"].replace(
                "column1 as interaction_id", "path || column1 as interaction_id"
            )
            + ", path"
        }

    with pytest.raises(AssertionError, match="the log gives other rows"):
        contract(Cut, log, used=6, rows={"interactions": 3})


def test_a_connector_that_takes_anything_for_a_record_is_told(tmp_path: Path, calls: Path) -> None:
    class Anything(Connector):
        name = "anything"

        def rows(self, file: Any, options: Any) -> Iterator[Any]:
            with file.open() as stream:
                for number, _ in enumerate(stream.read().splitlines()):
                    file.place()
                    yield "interactions", {"interaction_id": str(number), "channel": "web", "started_at": "2026-11-02"}

    with pytest.raises(AssertionError, match="noise bytes gave"):
        contract(Anything, calls, used=4)


def test_relations_of_the_plugin_stand_for_the_test_only(calls: Path) -> None:
    columns = (SOURCE, Column("id", TEXT, "id", required=True), Column("seen_at", TIME, "when", required=True))
    vans = Relation("vans", "one visit of a van", ("source", "id"), columns, "seen_at")

    class Vans(Connector):
        name = "vans"
        reads = Csv(delimiter=";")
        relations = {"vans": "select ref as id, begun as seen_at from file"}

    contract(Vans, calls, used=2, rejected=1, rows={"vans": 2}, relations=[vans])
    assert "vans" not in RELATIONS
    with pytest.raises(AssertionError, match="`vans` is not a relation"):
        contract(Vans, calls, used=2, rejected=1)


def test_several_files_are_loaded_in_the_order_given(tmp_path: Path) -> None:
    for name, result in (("z", "KO"), ("a", "OK")):
        (tmp_path / name).write_text(f"ref;begun;result\na;2026-11-02 09:00:00;{result}\n", encoding="utf-8")
    loaded = load(Calls, tmp_path / "z", tmp_path / "a")
    assert [row["outcome"] for row in loaded.rows["interactions"]] == ["handled"]
    assert loaded.account.superseded == 1
