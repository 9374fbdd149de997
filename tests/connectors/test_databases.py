"""SQLite and DuckDB files: tables, queries, the kinds of values, files in use, and what a query may not do."""

from __future__ import annotations

import gzip
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from omnictl.connectors.files import examine
from omnictl.errors import SourceError

Land = Callable[..., Any]
Make = Callable[..., Path]


@pytest.fixture
def sqlite(tmp_path: Path) -> Make:
    def made(script: str, name: str = "export.sqlite") -> Path:
        with closing(sqlite3.connect(tmp_path / name)) as connection:
            connection.executescript(script)
        return tmp_path / name

    return made


@pytest.fixture
def duck(tmp_path: Path) -> Make:
    def made(script: str, name: str = "export.duckdb") -> Path:
        with duckdb.connect(str(tmp_path / name)) as connection:
            connection.execute(script)
        return tmp_path / name

    return made


CALLS = "create table calls (id integer, note text); insert into calls values (1, 'été'), (2, ''), (3, null);"


def test_kinds_of_values(land: Land, sqlite: Make) -> None:
    path = sqlite(
        """
        create table t (i, r real, n, x, b, m, big, none, declared bigint, t);
        insert into t values
            (1, 1, 1, 1, x'00ff', x'ab', 9223372036854775807, null, null, '2026-03-05'),
            (-2, 0.1, 2.5, 'one', x'', 'b', 0.5, null, null, ''),
            (null, null, null, null, null, 1.5, null, null, null, null);
        """
    )
    landed = land(path, ("I", "t"))
    assert landed.export.columns == {
        "i": "BIGINT",
        "r": "DOUBLE",
        "n": "DOUBLE",
        "x": "VARCHAR",
        "b": "BLOB",
        "m": "VARCHAR",
        "big": "VARCHAR",
        "none": "VARCHAR",
        "declared": "BIGINT",
        "t": "VARCHAR",
    }
    assert landed.rows == [
        (1, 1.0, 1.0, "1", b"\x00\xff", "AB", "9223372036854775807", None, None, "2026-03-05"),
        (-2, 0.1, 2.5, "one", b"", "b", "0.5", None, None, ""),
        (None, None, None, None, None, "1.5", None, None, None, None),
    ]
    assert landed.export.notes == ["SQLite, table t"]
    assert landed.export.locate([3])[3] == (3, landed.export.locate([1, 3])[3][1])
    assert '"m": "AB"' in landed.export.locate([1])[1][1]


def test_awkward_texts_and_names(land: Land, sqlite: Make) -> None:
    path = sqlite("""create table "a ""b" ("x y" text, "É" text, "é" text, "q'" text)""")
    text = 'line\nbreak, "quoted"\x00\x1f\u2028😀'
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("""insert into "a ""b" values (?, ?, ?, ?)""", (text, "1", "2", "?"))
        connection.execute("""insert into "a ""b" values (cast(x'ff41' as text), '', null, "?")""")
    landed = land(path, ("x y",), missing=("?",))
    assert landed.columns == ["x y", "É", "é", "q'"]
    assert landed.rows == [(text, "1", "2", None), (None, "", None, None)]
    assert landed.export.unreadable == 1
    assert landed.export.notes[1] == "1 value with bytes that are no text"


def test_records_in_the_order_of_rows(land: Land, sqlite: Make) -> None:
    path = sqlite(
        """
        create table t (id integer primary key, v); insert into t values (3, 'c'), (1, 'a'), (2, 'b');
        create index by_v on t (v desc, id);
        create table w (k text, l int, v, primary key (l, k)) without rowid;
        insert into w values ('b', 1, 1), ('a', 2, 2), ('a', 1, 3);
        create table r (rowid text, id); insert into r values ('z', 1), ('a', 2);
        create view seen as select id * 10 as id from t where id > 1 order by id desc;
        """
    )
    assert land(path, ("id",), table="t").column("v") == ["a", "b", "c"]
    assert land(path, ("k",), table="w").column("v") == [3, 1, 2]
    assert land(path, ("id",), table="R").column("id") == [1, 2]
    assert land(path, ("id",), table="seen").column("id") == [30, 20]


def test_more_rows_than_are_held(land: Land, sqlite: Make) -> None:
    path = sqlite(
        """
        create table t as
        with recursive n(i) as (select 1 union all select i + 1 from n where i < 25000) select i as id from n
        """
    )
    landed = land(path)
    assert landed.column("id") == list(range(1, 25_001))
    assert landed.export.locate([10_001, 25_000]) == {
        10_001: (10_001, '{"id": 10001}'),
        25_000: (25_000, '{"id": 25000}'),
    }


@pytest.mark.parametrize("kind", ["sqlite", "duck"])
def test_which_table(land: Land, request: pytest.FixtureRequest, kind: str) -> None:
    make = request.getfixturevalue(kind)
    path = make(CALLS + "create table users (id integer); create view v as select 4 as id")
    with pytest.raises(SourceError, match="it holds 2 tables") as error:
        land(path)
    assert error.value.hint == "name one by `table`, or write a `query`; there are: calls, users"
    with pytest.raises(SourceError, match="there is no table `cals`") as error:
        land(path, table="cals")
    assert error.value.hint == "did you mean `calls`?"
    assert land(path, table="Calls").rows == [(1, "été"), (2, ""), (3, None)]
    assert land(path, table="v").rows == [(4,)]
    assert land(path, table="users").rows == []
    landed = land(path, query="select id + 1 as id, note from calls where note is not null order by id desc;")
    assert landed.rows == [(3, ""), (2, "été")]
    assert landed.export.notes[0].endswith(", a query")
    assert landed.export.locate([2])[2][0] == 2
    with pytest.raises(SourceError, match="there is no column `at`"):
        land(path, ("at",), table="calls")


@pytest.mark.parametrize("kind", ["sqlite", "duck"])
@pytest.mark.parametrize(
    "query",
    [
        "delete from calls",
        "create table more (id)",
        "attach 'other.db' as other",
        "pragma journal_mode = delete",
        "select 1; select 2",
        "select * from missing",
        "selec",
        "select * from read_csv('/etc/hosts')",
        "copy calls to 'other.csv'",
        "select load_extension('x')",
        "with x as (select 1 as id) insert into calls select id, '' from x",
    ],
)
def test_a_query_may_only_read_its_file(land: Land, request: pytest.FixtureRequest, kind: str, query: str) -> None:
    path = request.getfixturevalue(kind)(CALLS)
    before = path.read_bytes()
    with pytest.raises(SourceError, match="the `query` cannot be run"):
        land(path, query=query)
    assert path.read_bytes() == before
    assert sorted(entry.name for entry in path.parent.iterdir()) == [path.name, "scratch"]


def test_rows_that_are_not_in_the_file_yet(land: Land, sqlite: Make, tmp_path: Path) -> None:
    """A writer keeps its last rows beside the file: they count, the file's digest says so, and nothing is touched."""
    path = sqlite("pragma journal_mode = wal;" + CALLS)
    before = examine(path, "x")
    with closing(sqlite3.connect(path)) as writer:
        writer.execute("insert into calls values (4, 'new')")
        writer.commit()
        names = sorted(entry.name for entry in tmp_path.iterdir())
        after = examine(path, "x")
        assert (tmp_path / "export.sqlite-wal").stat().st_size
        assert (after.sha256 != before.sha256, after.size > before.size) == (True, True)
        landed = land(path)
        assert landed.column("id") == [1, 2, 3, 4]
        assert landed.export.locate([4]) == {4: (4, '{"id": 4, "note": "new"}')}
        assert sorted(entry.name for entry in tmp_path.iterdir()) == names
        assert examine(path, "x").sha256 == after.sha256


def test_a_transaction_that_was_never_finished(land: Land, sqlite: Make, tmp_path: Path) -> None:
    """A journal beside the file takes back what its writer had begun."""
    path = sqlite(CALLS)
    writing = f"""
import os, sqlite3
connection = sqlite3.connect({str(path)!r})
connection.executescript("pragma cache_size = 1; pragma cache_spill = 1; begin")
for _ in range(3000):
    connection.execute("insert into calls values (9, 'half' || hex(randomblob(100)))")
os._exit(0)
"""
    subprocess.run([sys.executable, "-c", writing], check=True)
    assert (tmp_path / "export.sqlite-journal").stat().st_size
    assert land(path).column("id") == [1, 2, 3]
    assert (tmp_path / "export.sqlite-journal").stat().st_size


def test_types_of_duckdb(land: Land, duck: Make) -> None:
    path = duck(
        """
        create table t as select 1::hugeint as h, 1.50::decimal(9, 2) as d, timestamp '2026-03-05 10:00:00' as at,
            timestamptz '2026-03-05 10:00:00+02' as tz, 'a'::enum('a', 'b') as e, {'x': [1]} as s, 'ab'::blob as b,
            '' as blank, null as none, sum(1) as n
        """
    )
    landed = land(path, ("AT",))
    assert landed.rows == [
        (
            Decimal(1),
            Decimal("1.50"),
            datetime(2026, 3, 5, 10),
            landed.rows[0][3],
            "a",
            {"x": [1]},
            b"ab",
            "",
            None,
            Decimal(1),
        )
    ]
    assert landed.export.columns["tz"] == "TIMESTAMP WITH TIME ZONE"
    moment = datetime.fromisoformat(landed.rows[0][3])
    assert moment == datetime(2026, 3, 5, 8, tzinfo=UTC)


def test_schemas_of_duckdb(land: Land, duck: Make) -> None:
    path = duck('create schema s; create table s."a.b" as select 1 as id; create table t as select 2 as id')
    assert land(path, table="s.a.b").rows == [(1,)]
    assert land(path, table="t").rows == [(2,)]


def test_a_duckdb_file_in_use(land: Land, duck: Make) -> None:
    path = duck(CALLS)
    code = f"import duckdb; c = duckdb.connect({str(path)!r}); print('open', flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:
        assert writer.stdout
        assert writer.stdout.readline()
        with pytest.raises(SourceError, match="another program has it open to write"):
            land(path)
        writer.communicate(b"\n")
    assert land(path).column("id") == [1, 2, 3]


@pytest.mark.parametrize("kind", ["sqlite", "duck"])
@pytest.mark.parametrize("part", [0.3, 0.7])
def test_a_damaged_file(land: Land, request: pytest.FixtureRequest, kind: str, part: float) -> None:
    path = request.getfixturevalue(kind)("create table t as select 1 as id;" + CALLS)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * part)])
    with pytest.raises(SourceError, match="cannot be read") as error:
        land(path, table="calls")
    assert error.value.file == path.name


@pytest.mark.parametrize("name", ["export.sqlite", "export.db", "export", "export.db.gz"])
def test_a_file_is_known_by_its_first_bytes(land: Land, sqlite: Make, duck: Make, tmp_path: Path, name: str) -> None:
    for made in (sqlite(CALLS, "a"), duck(CALLS, "b")):
        content = made.read_bytes()
        made.unlink()
        (tmp_path / name).unlink(missing_ok=True)
        if made.name == "b" and name == "export.sqlite":
            with pytest.raises(SourceError, match="this is no SQLite file"):
                land(content, name=name)
        else:
            assert land(gzip.compress(content) if name.endswith("gz") else content, name=name).column("id") == [1, 2, 3]
    with pytest.raises(SourceError, match="this is no DuckDB file"):
        land("id\n1\n", format="duckdb")
