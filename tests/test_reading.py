"""The guard of SQL written by hand: what passes, what does not, and that personal columns cannot be reached."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from omnictl.engines.store import Store
from omnictl.errors import EngineError
from omnictl.reading import Reading, read_published
from omnictl.relations import RELATIONS

SECRET_TEXT = "met at 12 rue de la Paix"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    store = Store(tmp_path_factory.mktemp("store"))
    with store.writer() as connection:
        for relation in RELATIONS.values():
            columns = ", ".join(f'"{column.name}" {column.type}' for column in relation.columns)
            connection.execute(f"create table {relation.name} ({columns}, _file integer)")
        connection.execute("create table unmapped (source varchar, kind varchar, value varchar, row_count bigint)")
        connection.execute(
            """
            insert into interactions (source, interaction_id, channel, started_at, attributes, _file)
            values ('a', '1', 'phone', '2026-01-01 08:00', $secret, 7), ('a', '2', 'chat', '2026-01-02 09:00', null, 7)
            """,
            {"secret": SECRET_TEXT},
        )
        connection.execute("insert into identifiers values ('a', 'interaction', '1', 'phone', 42, 7)")
        store.publish(connection)
    return store


@pytest.fixture(scope="module")
def reading(store: Store) -> Iterator[Reading]:
    with read_published(store) as opened:
        yield opened


@pytest.mark.parametrize(
    "text",
    [
        "select channel, count(*) from interactions group by all",
        "from interactions order by all limit 1;",
        "with x as (from interactions) select * from x -- the end",
        "with recursive r(n) as (select 1 union all select n + 1 from r where n < 3) from r",
        "with interactions as (select 1 as one) from interactions",
        "select (select max(channel) from interactions), exists (from identifiers)",
        "from range(3), unnest([1, 2])",
        "values (1), (2)",
        "(select 1) union all (select 2)",
        "pivot interactions on channel in ('phone', 'chat') using count(*)",
        "describe interactions",
        "summarize unmapped",
        "select timestamptz '2026-01-01 10:00:00+02'",
        "from INTERACTIONS",
    ],
)
def test_reading_is_answered(reading: Reading, text: str) -> None:
    table, more = reading.answer(text)
    assert table.columns
    assert table.rows
    assert not more


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-- nothing",
        "select 1; select 2",
        "select 1; drop view interactions",
        "drop view interactions",
        "create table t as select 1",
        "insert into interactions (source) values ('x')",
        "with gone as (delete from interactions returning *) from gone",
        "with more as (insert into interactions (source) values ('x') returning *) from more",
        "copy interactions to 'out.csv'",
        "copy (select 1) to '/dev/stdout'",
        "attach 'other.duckdb'",
        "use main",
        "set threads = 1",
        "reset lock_configuration",
        "pragma version",
        "call pragma_version()",
        "install httpfs",
        "export database 'folder'",
        "explain select 1",
        "from 'file.csv'",
        "from '/etc/passwd'",
        "with \"/etc/passwd\" as (select 1) from read_text('/etc/passwd')",
        "from read_csv('file.csv')",
        "from glob('*')",
        "from query('select 1')",
        "from query_table('interactions')",
        "from json_execute_serialized_sql('')",
        "from duckdb_tables()",
        "from duckdb_databases()",
        "from information_schema.tables",
        "from pg_catalog.pg_class",
        "from sqlite_master",
        "show all tables",
        "from meta",
        "from main.interactions",
        "from memory.main.interactions",
        "select * from read_parquet('x.parquet')",
        "reading",  # a variable of the calling program
        "from reading",
    ],
)
def test_all_else_is_refused_with_words(reading: Reading, text: str) -> None:
    with pytest.raises(EngineError) as refused:
        reading.answer(text)
    assert refused.value.message


@pytest.mark.parametrize(
    "text",
    [
        "select attributes from interactions",
        "select interactions.attributes from interactions",
        "select value from identifiers",
        "select max(value) over () from identifiers",
        "select 1 from interactions where attributes like '%rue%'",
        "select columns('attr.*') from interactions",
        "select _file from interactions",
        "from main.identifiers",
        "select * exclude (attributes) from interactions",
    ],
)
def test_personal_and_hidden_columns_do_not_exist(reading: Reading, text: str) -> None:
    with pytest.raises(EngineError):
        reading.answer(text)


def test_no_star_gives_a_personal_column_away(reading: Reading) -> None:
    for text in ("from interactions", "select interactions from interactions", "select columns(*) from interactions"):
        table, _ = reading.answer(text)
        assert SECRET_TEXT not in str(table)
    assert "value" not in [column.name for column in reading.answer("from identifiers")[0].columns]


def test_the_file_cannot_be_named_even_by_who_knows_its_name(reading: Reading) -> None:
    name = reading.connection.execute("select database_name from duckdb_databases() where readonly").fetchall()[0][0]
    for path in (f"{name}.main.identifiers", f'"{name}"."main"."identifiers"', f"{name}.identifiers"):
        with pytest.raises(EngineError, match="cannot be read here"):
            reading.answer(f"from {path}")
        with pytest.raises(EngineError):
            reading.answer(f"with x as (select 1) select * from x, lateral (from {path})")


def test_personal_columns_are_there_when_asked_for(store: Store) -> None:
    with read_published(store, personal=True) as reading:
        assert reading.answer("select value from identifiers")[0].rows == [(42,)]
        assert reading.answer("select attributes from interactions order by 1")[0].rows == [(SECRET_TEXT,), (None,)]


def test_the_hint_names_the_option(reading: Reading) -> None:
    with pytest.raises(EngineError) as refused:
        reading.answer("select attributes from interactions")
    assert "--personal" in refused.value.hint


def test_a_limit_tells_whether_there_is_more(reading: Reading) -> None:
    assert [len(reading.answer("from range(3)", limit)[0].rows) for limit in (0, 2, 3, 4)] == [0, 2, 3, 3]
    assert [reading.answer("from range(3)", limit)[1] for limit in (0, 2, 3, 4)] == [True, True, False, False]


def test_nesting_without_end_is_an_error(reading: Reading) -> None:
    for text in ("select " + "(" * 3000 + "1" + ")" * 3000, "select " + "not " * 950 + "true"):
        with pytest.raises(EngineError):
            reading.answer(text)


def test_what_lies_beyond_the_calendar_is_an_error_or_a_text(reading: Reading) -> None:
    assert reading.answer("select date '290000-01-01'")[0].rows == [("290000-01-01",)]


def test_the_connection_is_locked_besides(reading: Reading, tmp_path: Path) -> None:
    import duckdb

    (tmp_path / "file.csv").write_text("a\n1\n")
    for text in (f"from '{tmp_path / 'file.csv'}'", "set threads = 1", "set lock_configuration = false"):
        with pytest.raises(duckdb.Error):
            reading.connection.execute(text)


def test_nothing_published_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(EngineError) as refused, read_published(Store(tmp_path)):
        pass
    assert "omnictl run" in refused.value.hint


def test_a_newer_store_is_refused(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    with store.writer() as connection:
        connection.execute("update meta set value = '99' where key = 'format'")
        store.publish(connection)
    with pytest.raises(EngineError, match="newer omnictl"), read_published(store):
        pass
    with pytest.raises(EngineError, match="newer omnictl"), store.reader():
        pass
