"""What a mapping may say, and where its faults are shown."""

from __future__ import annotations

import duckdb
import pytest
from ingest_bench import Bench

from omnictl.errors import DefinitionError, Place
from omnictl.ingest.expressions import Expression, Functions, bound, read_expression
from omnictl.workspace import Text

COLUMNS = {"a": "VARCHAR", "b": "INTEGER", "Call Id": "VARCHAR", "tags": "VARCHAR[]", "who": "STRUCT(name VARCHAR)"}


def fitted(text: str) -> Expression:
    connection = duckdb.connect()
    line = f"        x: {text}"
    expression = read_expression(connection, Functions.of(connection), Text(text, Place("f.yml", 7, 12), line), "`x`")
    return bound(connection, [expression], COLUMNS)[0]


def refused(text: str) -> tuple[str, str, int]:
    """Code, message and column of the first finding."""
    with pytest.raises(DefinitionError) as caught:
        fitted(text)
    finding = caught.value.findings[0]
    assert finding.place is not None
    return finding.code, finding.message, finding.place.column


@pytest.mark.parametrize(
    ("text", "type_", "columns"),
    [
        ("a", "VARCHAR", {"a"}),
        ("A", "VARCHAR", {"A"}),
        ('"Call Id"', "VARCHAR", {"Call Id"}),
        ("Call Id", "VARCHAR", {"Call Id"}),  # a name with a space, as people write it
        ("call id", "VARCHAR", {"Call Id"}),
        ("'phone'", "VARCHAR", set()),
        ("b + 1", "INTEGER", {"b"}),
        ("case a when 'x' then 1 else b end", "INTEGER", {"a", "b"}),
        ("a -- the number", "VARCHAR", {"a"}),
        ("list_transform(tags, lambda t: upper(t))", "VARCHAR[]", {"tags"}),
        ("[t for t in tags if t <> a]", "VARCHAR[]", {"tags", "a"}),
        ("who.name", "VARCHAR", {"who"}),
        ("strptime(a, '%d/%m/%Y')", "TIMESTAMP", {"a"}),
        ("a::timestamptz", "TIMESTAMP WITH TIME ZONE", {"a"}),
        ("interval (b) minute", "INTERVAL", {"b"}),
        ("null", '"NULL"', set()),
        ("a in ('x', 'y') and not b > 2", "BOOLEAN", {"a", "b"}),
        ("regexp_extract(a, '(\\d+)', 1)", "VARCHAR", {"a"}),
        ("json_object('k', a)", "JSON", {"a"}),
        ("{'k': a, 'l': b}", "STRUCT(k VARCHAR, l INTEGER)", {"a", "b"}),
    ],
)
def test_accepted(text: str, type_: str, columns: set[str]) -> None:
    expression = fitted(text)
    assert (expression.type, set(expression.columns)) == (type_, columns)


@pytest.mark.parametrize(
    ("text", "because"),
    [
        ("(select 1)", "a sub-query"),
        ("a in (select a)", "a sub-query"),
        ("exists(select 1)", "a sub-query"),
        ("count(*)", "many rows"),
        ("max(a)", "many rows"),
        ("upper(string_agg(a, ','))", "many rows"),
        ("row_number() over ()", "a window"),
        ("sum(b) over (order by a)", "a window"),
        ("unnest(tags)", "makes rows"),
        ("*", "`*`"),
        ("columns('a')", "`*`"),
        ("$1", "a parameter"),
        ("?", "a parameter"),
        ("#1", "by position"),
        ("random()", "moment of the run"),
        ("uuid()", "moment of the run"),
        ("now()", "moment of the run"),
        ("today() - 1", "moment of the run"),
        ("getvariable('x')", "moment of the run"),
    ],
)
def test_refused(text: str, because: str) -> None:
    code, message, _ = refused(text)
    assert code == "expression-not-scalar"
    assert because in message


@pytest.mark.parametrize(
    "text", ["", "a, b", "a b", "1 +", "a; drop table x", "a) from t, (select 1", "a as b", "'open"]
)
def test_no_expression(text: str) -> None:
    assert refused(text)[0] == "expression-syntax"


def test_the_moment_by_another_name() -> None:
    code, message, _ = refused("current_timestamp")
    assert (code, "moment of the run" in message) == ("column-not-in-export", True)


def test_a_missing_column_is_shown_where_it_stands() -> None:
    code, message, column = refused("upper(callid)")
    assert code == "column-not-in-export"
    assert "`callid`, which is not a column of the export" in message
    assert column == len("        x: upper(") + 1


def test_what_the_database_refuses_is_told_in_its_words() -> None:
    code, message, _ = refused("strptime(b, '%d')")
    assert code == "expression-refused"
    assert "No function matches" in message


def test_every_fault_of_a_source_at_once(bench: Bench) -> None:
    bench.write("calls.csv", "id,begun\n1,2026-01-01\n")
    bench.sources(
        """
        calls:
          connector: table
          path: calls.csv
          columns:
            interaction_id: max(id)
            channel: (select 'phone')
            started_at: begun
          where: count(*) > 1
        """
    )
    report = bench.run()
    (row,) = report.rows
    assert row.status == "failed"
    assert report.exit_code == 2
    assert row.message.count("error[expression-not-scalar]") == 3
    assert "omnictl.yml:9:23: " in row.message


def test_a_name_with_spaces_needs_no_quotes(bench: Bench) -> None:
    bench.write("calls.csv", "Call Id,Date/Time,Speed of answer\n1,2026-01-01 10:00,5\n")
    bench.sources(
        """
        calls:
          connector: table
          path: calls.csv
          columns: {interaction_id: Call Id, channel: "'phone'", started_at: Date/Time, wait_s: Speed of answer}
        """
    )
    assert bench.load().used == 1
    assert bench.value("select wait_s from interactions") == 5
