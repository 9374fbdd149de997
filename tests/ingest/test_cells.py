"""What a value of an export becomes in a column of ours."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from ingest_bench import Bench

SOURCE = """
    calls:
      connector: table
      path: calls.csv
      columns:
        interaction_id: id
        channel: "'phone'"
        started_at: "'2026-03-02 10:00:00'"
        {column}: {expression}
"""


def read(bench: Bench, column: str, values: list[str], expression: str = "x") -> tuple[list[Any], int]:
    """The cells a column takes from texts, and how many could not be read."""
    lines = [f'{number},"{value}"' for number, value in enumerate(values)]
    bench.write("calls.csv", "id,x\n" + "\n".join(lines) + "\n")
    bench.sources(SOURCE.format(column=column, expression=expression))
    row = bench.load()
    found = bench.query(f"select {column} from interactions order by interaction_id::integer")
    return [value for (value,) in found], row.unreadable_cells


def test_decimals(bench: Bench) -> None:
    values = [
        "12",
        "12.5",
        "12,5",
        "1.234,5",
        "",
        "abc",
        "-3",
        "1e2",
        "nan",
        "0:02:23",
        "00:02:23.5",
        "25:00:00",
        "2:23",
    ]
    cells, unreadable = read(bench, "wait_s", values)
    known = [12, 12.5, 12.5, 1234.5, None, None, -3, 100, None, 143, 143.5, 90000, None]
    assert cells == [None if value is None else Decimal(str(value)) for value in known]
    assert unreadable == 3  # abc nan 2:23


def test_numbers_with_their_thousands_grouped(bench: Bench) -> None:
    values = [
        "1 234,5",
        "12\u202f345",
        "1\u00a0234\u00a0567,25",
        "1,234.5",
        "-1.234.567,5",
        "12 34",
        "1 2345",
        "1.234.567",
    ]
    known = ["1234.5", "12345", "1234567.25", "1234.5", "-1234567.5", None, None, None]
    cells, unreadable = read(bench, "wait_s", values)
    assert cells == [None if value is None else Decimal(value) for value in known]
    assert unreadable == 3
    assert read(bench, "page_views", ["12 345", "1 234,5", "1\u202f000"]) == ([12345, None, 1000], 1)


def test_decimals_of_intervals_and_clock_times(bench: Bench) -> None:
    assert read(bench, "talk_s", ["0:03:44"], '"x::interval"')[0] == [Decimal(224)]
    assert read(bench, "talk_s", ["0:03:45"], '"x::time"')[0] == [Decimal(225)]


def test_whole_numbers_are_not_rounded(bench: Bench) -> None:
    cells, unreadable = read(bench, "transfers", ["3", "3.0", "12.7", "x", "", "99999999999"])
    assert cells == [3, 3, None, None, None, None]
    assert unreadable == 3


def test_booleans(bench: Bench) -> None:
    values = [
        "true",
        "FALSE",
        "yes",
        "No",
        "oui",
        "NON",
        "y",
        "n",
        "o",
        "1",
        "0",
        "vrai",
        "faux",
        " Oui ",
        "2",
        "maybe",
        "",
    ]
    cells, unreadable = read(bench, "resolved", values)
    known = [True, False, True, False, True, False, True, False, True, True, False, True, False, True, None, None, None]
    assert cells == known
    assert unreadable == 2


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-03-02 10:00:00", datetime(2026, 3, 2, 9)),
        ("2026-07-02T10:00:00", datetime(2026, 7, 2, 8)),
        ("2026-07-02", datetime(2026, 7, 1, 22)),
        ("2026-07-02T10:00:00Z", datetime(2026, 7, 2, 10)),
        ("2026-07-02T10:00:00.25Z", datetime(2026, 7, 2, 10, 0, 0, 250000)),
        ("2024-01-24T01:46:04+03:00", datetime(2024, 1, 23, 22, 46, 4)),
        ("2024-01-24T01:46+0300", datetime(2024, 1, 23, 22, 46)),
        ("2024-01-24 01:46:04 +03", datetime(2024, 1, 23, 22, 46, 4)),
        ("2024-01-24 01:46:04-05", datetime(2024, 1, 24, 6, 46, 4)),
        ("2024-01-24 01:46:04 America/New_York", datetime(2024, 1, 24, 6, 46, 4)),
        ("2024-01-24 01:46 PM", None),  # DuckDB's own cast drops the PM
        ("24/01/2024 01:46", None),
        ("infinity", None),
        ("2026-03-29 02:30:00", None),  # the clock skipped it
        ("2026-10-25 02:30:00", datetime(2026, 10, 25, 0, 30)),  # the first of two
    ],
)
def test_times_written_as_text(bench: Bench, text: str, utc: datetime | None) -> None:
    cells, unreadable = read(bench, "ended_at", [text])
    assert cells == [utc]
    assert unreadable == (utc is None)


def test_times_of_every_type(bench: Bench) -> None:
    asked = {
        "strptime(x, '%d/%m/%Y %H:%M')": datetime(2026, 3, 2, 9, 5),
        "strptime(x, '%d/%m/%Y %H:%M')::date": datetime(2026, 3, 1, 23),
        "strptime(x, '%d/%m/%Y %H:%M')::timestamptz": datetime(2026, 3, 2, 10, 5),
        "to_timestamp(1772445900)": datetime(2026, 3, 2, 10, 5),
    }
    for expression, utc in asked.items():
        assert read(bench, "ended_at", ["02/03/2026 10:05"], f'"{expression}"') == ([utc], 0)


def test_numbers_are_no_times(bench: Bench) -> None:
    bench.write("calls.csv", "id,x\n1,1772445900\n")
    bench.sources(SOURCE.format(column="ended_at", expression="x::bigint"))
    (row,) = bench.run().rows
    assert row.status == "failed"
    assert "expression-type" in row.message
    assert "to_timestamp" in row.message


def test_an_error_in_one_cell_costs_that_cell_only(bench: Bench) -> None:
    cells, unreadable = read(bench, "wait_s", ["1", "x", "3"], '"x::integer + 1"')
    assert cells == [Decimal(2), None, Decimal(4)]
    assert unreadable == 1


def test_a_value_that_is_none_of_those_known(bench: Bench) -> None:
    cells, unreadable = read(bench, "parent_kind", ["within", "beside", ""])
    assert cells == ["within", None, None]
    assert unreadable == 1


def test_an_outcome_without_mapping_is_null_and_counted(bench: Bench) -> None:
    cells, unreadable = read(bench, "outcome", ["handled", "Answered", "Answered", "RONA", ""])
    assert cells == ["handled", None, None, None, None]
    assert unreadable == 0
    assert bench.query("select value, row_count from unmapped where kind = 'outcome' order by all") == [
        ("Answered", 2),
        ("RONA", 1),
    ]
    assert bench.query("select outcome_detail from interactions order by all") == [
        ("Answered",),
        ("Answered",),
        ("RONA",),
        (None,),
        (None,),
    ]


def test_the_query_of_an_address_is_dropped(bench: Bench) -> None:
    values = ["https://acme.fr/claims?token=s3cret&x=1#top", "/faq?q=mort", "how much?"]
    cells, _ = read(bench, "entry_point", values)
    assert cells == ["https://acme.fr/claims#top", "/faq", "how much?"]


def test_empty_text_is_null(bench: Bench) -> None:
    assert read(bench, "queue", ["auto", "", "-"], "\"case when x = '-' then '' else x end\"")[0] == [
        "auto",
        None,
        None,
    ]


def test_defaults_are_never_null(bench: Bench) -> None:
    cells, _ = read(bench, "direction", ["outbound", ""])
    assert cells == ["outbound", "inbound"]
    assert bench.query("select distinct kind, excluded from interactions") == [("contact", "")]


def test_kind_follows_the_channel_unless_given(bench: Bench) -> None:
    bench.write("calls.csv", "id,c,k\n1,web,\n2,phone,\n3,phone,visit\n4,hologram,\n5,web,journey\n")
    bench.sources(
        """
        calls:
          connector: table
          path: calls.csv
          columns: {interaction_id: id, channel: c, kind: k, started_at: "'2026-03-02'"}
        """
    )
    row = bench.load()
    assert (row.used, row.rejected) == (4, 1)
    assert bench.query("select interaction_id, kind from interactions order by 1") == [
        ("1", "visit"),
        ("2", "contact"),
        ("3", "visit"),
        ("4", "contact"),
    ]
    assert bench.query("select kind, value, row_count from unmapped") == [("channel", "hologram", 1)]
    assert bench.value("select reason from rejects") == "kind: it is none of contact, visit"


def test_a_bad_type_says_what_to_write(bench: Bench) -> None:
    bench.write("calls.csv", "id,x\n1,2\n")
    bench.sources(SOURCE.format(column="resolved", expression="x::date"))
    (row,) = bench.run().rows
    assert "type DATE, which cannot fill a column of type BOOLEAN" in row.message
    assert "omnictl.yml:" in row.message
