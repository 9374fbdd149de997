"""Connectors that yield rows or Arrow batches: types, several relations, rejects, own formats, failures, memory."""

from __future__ import annotations

import gzip
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from connector_bench import ConnectorBench, connector_of, four

from omnictl.connectors import Connector, Csv, Option

CSV = "ref;begun;wait;result\na;2026-11-02 09:00:00;12;OK\nb;never;1;OK\n;;;\nc;2026-11-02 10:00:00;7,5;KO\n"
CONTACT = {"interaction_id": "a", "channel": "phone", "started_at": datetime(2026, 11, 2, 9)}


def of_rows(rows: Callable[..., Iterator[Any]], **attributes: Any) -> type[Connector]:
    return connector_of(rows=lambda self, file, options: rows(file, options), **attributes)


def of_batches(batches: Callable[..., Iterator[Any]], **attributes: Any) -> type[Connector]:
    return connector_of(batches=lambda self, file, options: batches(file, options), **attributes)


def bench(folder: Path, connector: type[Connector], content: str | bytes = CSV, settings: str = "") -> ConnectorBench:
    made = ConnectorBench(folder, connector, settings)
    made.write("data/calls.csv", content)
    return made


def one(*rows: Any) -> type[Connector]:
    """A connector that yields these rows whatever the file."""
    return of_rows(lambda file, options: iter(rows))


def test_records_of_a_csv(tmp_path: Path) -> None:
    def rows(file: Any, options: Any) -> Iterator[Any]:
        for place, record in file.records():
            try:
                begun = datetime.strptime(record["begun"], "%Y-%m-%d %H:%M:%S")
            except ValueError as error:
                yield place.reject(error)
                continue
            row = {"interaction_id": record["ref"], "channel": "phone", "started_at": begun}
            yield "interactions", {**row, "outcome": record["result"], "wait_s": record["wait"], "site": options.site}
            yield "identifiers", {"owner_id": record["ref"], "kind": "customer_id", "value": f"C-{record['ref']}"}
            for n in range(2):
                yield (
                    "steps",
                    {
                        "step_id": f"{record['ref']}{n}",
                        "interaction_id": record["ref"],
                        "occurred_at": begun + timedelta(seconds=n),
                        "type": "ivr_node",
                    },
                )

    connector = of_rows(
        rows, reads=Csv(delimiter=";", needs=["ref"]), outcomes={"OK": "handled"}, options=[Option("site", str, "x")]
    )
    made = bench(tmp_path, connector)
    row = made.ingest()
    assert four(row) == (2, 1, 0, 1)
    assert row.relation_rows == 8
    assert made.query(
        "select interaction_id, started_at, outcome, outcome_detail, wait_s::double, site, _record"
        " from interactions order by 1"
    ) == [
        ("a", datetime(2026, 11, 2, 8), "handled", "OK", 12, "x", 1),
        ("c", datetime(2026, 11, 2, 9), None, "KO", 7.5, "x", 4),
    ]
    assert made.query("select step_id from steps order by 1") == [("a0",), ("a1",), ("c0",), ("c1",)]
    ((record, line, reason),) = made.query("select record, line, reason from rejects")
    assert (record, line) == (2, 3)
    assert "never" in reason
    raw = next((tmp_path / ".omnictl" / "rejects").rglob("*.*")).read_bytes()
    assert b"b;never;1;OK" in raw or raw[:2] == b"\x1f\x8b"


VALUES: list[tuple[str, Any, Any]] = [
    ("started_at", datetime(2026, 7, 1, 12), datetime(2026, 7, 1, 10)),  # naive: local
    ("started_at", datetime(2026, 7, 1, 12, tzinfo=UTC), datetime(2026, 7, 1, 12)),
    (
        "started_at",
        datetime(2026, 7, 1, 12, tzinfo=timezone(timedelta(hours=-5, minutes=-30))),
        datetime(2026, 7, 1, 17, 30),
    ),
    ("started_at", datetime(2026, 7, 1, 12, 0, 0, 123456), datetime(2026, 7, 1, 10, 0, 0, 123456)),
    ("started_at", "2026-07-01T12:00:00+02:00", datetime(2026, 7, 1, 10)),
    ("started_at", "2026-07-01 12:00:00", datetime(2026, 7, 1, 10)),
    ("started_at", date(2026, 7, 1), datetime(2026, 6, 30, 22)),
    ("wait_s", Decimal("12.345"), Decimal("12.345")),
    ("wait_s", Decimal("1E+3"), Decimal("1000.000")),
    ("wait_s", 12, Decimal("12.000")),
    ("wait_s", 0.1, Decimal("0.100")),
    ("wait_s", timedelta(minutes=1, milliseconds=500), Decimal("60.500")),
    ("wait_s", time(0, 1, 30), Decimal("90.000")),
    ("wait_s", "00:01:30", Decimal("90.000")),
    ("wait_s", float("nan"), None),
    ("transfers", 3, 3),
    ("transfers", True, None),
    ("transfers", 3.0, 3),
    ("transfers", "3.7", None),
    ("resolved", True, True),
    ("resolved", False, False),
    ("resolved", 1, True),
    ("resolved", "oui", True),
    ("resolved", "perhaps", None),
    ("queue", 12, "12"),
    ("queue", "", None),
    ("queue", b"caf\xc3\xa9", "café"),
    ("queue", Decimal("1.50"), "1.50"),
    ("queue", "a\x00b", None),
    ("attributes", {"a": [1, None, "é"]}, '{"a": [1, null, "é"]}'),
    ("attributes", [1, Decimal("2.5")], '[1, "2.5"]'),
]


@pytest.mark.parametrize(("column", "value", "expected"), VALUES, ids=lambda value: repr(value)[:40])
def test_values_of_python_become_cells(tmp_path: Path, column: str, value: Any, expected: Any) -> None:
    made = bench(tmp_path, one(("interactions", {**CONTACT, column: value})))
    row = made.ingest()
    assert row.status == "done", row.message
    ((found,),) = made.query(f"select {column} from interactions")
    if value == "a\x00b":
        assert found in ("a\x00b", "a")
    elif value is True and column == "transfers":
        assert row.unreadable_cells == 1 and found is None
    else:
        assert found == expected
        assert row.unreadable_cells == (1 if expected is None and value != "" else 0)


def test_a_time_the_clock_skipped_is_rejected_as_everywhere(tmp_path: Path) -> None:
    made = bench(tmp_path, one(("interactions", {**CONTACT, "started_at": datetime(2026, 3, 29, 2, 30)})))
    assert four(made.ingest()) == (0, 1, 0, 0)
    ((reason,),) = made.query("select reason from rejects")
    assert "the clock skipped it" in reason


def test_rows_without_any_place_are_records_of_their_own(tmp_path: Path) -> None:
    made = bench(
        tmp_path,
        one(
            ("interactions", CONTACT),
            ("interactions", {**CONTACT, "interaction_id": "b", "started_at": None}),
            ("interactions", {**CONTACT, "interaction_id": "c"}),
            ("identifiers", {"owner_id": "c", "kind": "email", "value": "c@example.org"}),
        ),
    )
    row = made.ingest()
    assert (row.records, four(row)) == (4, (3, 1, 0, 0))
    assert made.query("select record, reason from rejects") == [(2, "started_at: it is empty")]


def test_an_own_format_with_places(tmp_path: Path) -> None:
    def rows(file: Any, options: Any) -> Iterator[Any]:
        with file.open() as stream:
            for number, line in enumerate(stream, 1):
                text = line.decode().strip()
                if not text:
                    continue
                place = file.place(line=number, raw=text)
                if text.startswith("!"):
                    yield place.reject(f"it begins with {text[0]}")
                elif text != "nothing":
                    yield (
                        "interactions",
                        {
                            **CONTACT,
                            "interaction_id": text,
                            "started_at": None if text == "x" else CONTACT["started_at"],
                        },
                    )

    made = bench(tmp_path, of_rows(rows), "a\n\n!bad\nnothing\nx\nb\n")
    row = made.ingest()
    assert (row.records, four(row)) == (5, (2, 2, 0, 1))
    assert made.query("select record, line, reason from rejects order by 1") == [
        (2, 3, "it begins with !"),
        (4, 5, "started_at: it is empty"),
    ]
    assert made.query("select interaction_id, _record from interactions order by 1") == [("a", 1), ("b", 5)]


def test_a_compressed_file_is_opened_unpacked(tmp_path: Path) -> None:
    def rows(file: Any, options: Any) -> Iterator[Any]:
        assert file.path.suffix == ".gz"
        with file.open() as stream:
            for line in stream:
                file.place()
                yield "interactions", {**CONTACT, "interaction_id": line.decode().strip()}

    made = ConnectorBench(tmp_path, of_rows(rows))
    made.write("data/calls.txt.gz", gzip.compress(b"a\nb\n"))
    assert four(made.ingest()) == (2, 0, 0, 0)


def test_a_reject_after_rows_of_its_record_takes_them_along(tmp_path: Path) -> None:
    def rows(file: Any, options: Any) -> Iterator[Any]:
        place = file.place(line=1, raw="half good")
        yield "interactions", CONTACT
        yield place.reject("the rest is torn")
        file.place(line=2)
        yield "interactions", {**CONTACT, "interaction_id": "b"}

    made = bench(tmp_path, of_rows(rows))
    assert four(made.ingest()) == (1, 1, 0, 0)
    assert made.query("select interaction_id from interactions") == [("b",)]
    assert made.query("select record, line, reason from rejects") == [(1, 1, "the rest is torn")]


def test_rows_of_several_files_know_their_file(tmp_path: Path) -> None:
    def rows(file: Any, options: Any) -> Iterator[Any]:
        for line in file.path.read_text(encoding="utf-8").splitlines():
            place = file.place()
            yield place.reject("bad") if line == "bad" else ("interactions", {**CONTACT, "interaction_id": line})

    made = ConnectorBench(tmp_path, of_rows(rows))
    made.write("data/1", "a\nbad\nb\n")
    made.write("data/2", "", minutes=1)
    made.write("data/3", "bad\nc\nb\n", minutes=2)
    assert four(made.ingest()) == (3, 2, 1, 0)
    assert made.query("select path, records, used, rejected, superseded from files order by 1") == [
        ("data/1", 3, 1, 1, 1),
        ("data/2", 0, 0, 0, 0),
        ("data/3", 3, 2, 1, 0),
    ]
    assert made.query("select file, record from rejects order by all") == [("data/1", 2), ("data/3", 1)]


def test_columns_may_differ_from_row_to_row(tmp_path: Path) -> None:
    made = bench(
        tmp_path,
        one(
            ("interactions", CONTACT),
            ("interactions", {**CONTACT, "interaction_id": "b", "queue": 7}),
            ("interactions", {**CONTACT, "interaction_id": "c", "queue": "x", "agent": None}),
        ),
    )
    assert four(made.ingest()) == (3, 0, 0, 0)
    assert made.query("select queue from interactions order by interaction_id") == [(None,), ("7",), ("x",)]


FAULTY: dict[str, tuple[tuple[Any, ...], str]] = {
    "an unknown relation": ((("interaction", CONTACT),), "`interaction` is not a relation"),
    "a relation of ours": ((("runs", {}),), "`runs` is not a relation"),
    "a relation that is none": (((None, CONTACT),), "is not a relation"),
    "an unknown column": ((("interactions", {**CONTACT, "que": 1}),), "`que` is not a column of interactions"),
    "the source": ((("interactions", {**CONTACT, "source": "x"}),), "`source` is not a column of interactions"),
    "a column that is no text": ((("interactions", {**CONTACT, 7: 1}),), "7 cannot name a column"),
    "no pair": ((CONTACT,), "rows() yields"),
    "nothing": ((None,), "rows() yields None"),
    "a text": (("interactions",), "rows() yields 'interactions'"),
    "a list for a dict": ((("interactions", ["a", "phone"]),), "rows() yields ['a', 'phone']"),
    "None for a dict": ((("interactions", None),), "rows() yields None"),
    "three things": ((("interactions", CONTACT, 1),), "rows() yields"),
}


@pytest.mark.parametrize("fault", FAULTY)
def test_what_is_no_row_is_told(tmp_path: Path, fault: str) -> None:
    rows, words = FAULTY[fault]
    made = bench(tmp_path, one(("interactions", CONTACT), *rows))
    row = made.ingest()
    assert row.status == "failed", row
    assert words in row.message
    assert "connector vocalia" in row.message


def test_a_relation_without_its_key_is_told(tmp_path: Path) -> None:
    row = bench(tmp_path, one(("interactions", {"channel": "phone", "started_at": None}))).ingest()
    assert row.status == "failed"
    assert "there is no `interaction_id`, which no row of interactions can be without" in row.message


def test_rows_that_are_no_generator_are_told(tmp_path: Path) -> None:
    row = bench(tmp_path, of_rows(lambda file, options: None)).ingest()
    assert row.status == "failed"
    assert "connector vocalia" in row.message


@pytest.mark.parametrize(
    "error", [KeyError("begun"), ZeroDivisionError("division by zero"), SystemExit(3), ValueError()]
)
def test_an_exception_names_plugin_file_and_record(tmp_path: Path, error: BaseException) -> None:
    def rows(file: Any, options: Any) -> Iterator[Any]:
        for place, record in file.records():
            if place.record == 2:
                raise error
            yield "interactions", {**CONTACT, "interaction_id": record["ref"]}

    made = bench(tmp_path, of_rows(rows, reads=Csv(delimiter=";")))
    row = made.ingest()
    assert row.status == "failed"
    for words in ("connector vocalia", "omnictl-tested 1.0", "data/calls.csv", "record 2", type(error).__name__):
        assert words in row.message, row.message
    assert "place.reject(error)" in row.message
    assert made.query("select count(*) from interactions") == [(0,)]


def test_an_option_that_is_not_there(tmp_path: Path) -> None:
    def rows(file: Any, options: Any) -> Iterator[Any]:
        yield "interactions", {**CONTACT, "site": options.sit}

    row = bench(tmp_path, of_rows(rows, options=[Option("site", str)])).ingest()
    assert "there is no option `sit`" in row.message


def arrow(**columns: Any) -> Any:
    import pyarrow

    return pyarrow.table(columns)


def test_arrow_types(tmp_path: Path) -> None:
    import pyarrow

    table = arrow(
        interaction_id=pyarrow.array([1, 2], pyarrow.int32()),
        channel=pyarrow.array(["phone", "phone"]).dictionary_encode(),
        started_at=pyarrow.array([datetime(2026, 7, 1, 12)] * 2, pyarrow.timestamp("us")),
        ended_at=pyarrow.array([datetime(2026, 7, 1, 12, tzinfo=UTC), None], pyarrow.timestamp("ms", "UTC")),
        wait_s=pyarrow.array([1.5, float("nan")]),
        talk_s=pyarrow.array([Decimal("2.25"), None], pyarrow.decimal128(10, 2)),
        hold_s=pyarrow.array([90_000, None], pyarrow.duration("ms")),
        resolved=pyarrow.array([True, None]),
        queue=pyarrow.array(["x", ""], pyarrow.large_string()),
        outcome=pyarrow.array(["OK", "KO"]),
        agent=pyarrow.nulls(2),
    )
    shapes = ([table], table.to_batches(), [table.to_reader()], [table.slice(0, 1), table.slice(1)])
    for number, batches in enumerate(shapes):
        connector = of_batches(
            lambda file, options, given=batches: (("interactions", each) for each in given), outcomes={"OK": "handled"}
        )
        made = bench(tmp_path / str(number), connector)
        row = made.ingest()
        assert row.status == "done", row.message
        assert (row.records, four(row)) == (2, (2, 0, 0, 0))
        assert made.query(
            "select interaction_id, started_at, ended_at, wait_s::double, talk_s::double, hold_s::double, resolved,"
            " queue, outcome, outcome_detail, agent from interactions order by 1"
        ) == [
            ("1", datetime(2026, 7, 1, 10), datetime(2026, 7, 1, 12), 1.5, 2.25, 90, True, "x", "handled", "OK", None),
            ("2", datetime(2026, 7, 1, 10), None, None, None, None, None, None, None, "KO", None),
        ]


def test_arrow_batches_of_several_relations_share_records(tmp_path: Path) -> None:
    def batches(file: Any, options: Any) -> Iterator[Any]:
        yield (
            "interactions",
            arrow(
                interaction_id=["a", "b", "c"],
                channel=["phone"] * 3,
                started_at=["2026-11-02 09:00:00", "never", None],
                record=[1, 2, 3],
            ),
        )
        yield (
            "steps",
            arrow(
                step_id=["a1", "a2", "b1"],
                interaction_id=["a", "a", "b"],
                occurred_at=["2026-11-02 09:00:00"] * 3,
                type=["page"] * 3,
                record=[1, 1, 2],
            ),
        )

    made = bench(tmp_path, of_batches(batches))
    row = made.ingest()
    assert (row.records, four(row)) == (3, (1, 2, 0, 0))
    assert made.query("select step_id from steps order by 1") == [("a1",), ("a2",)]


def test_arrow_batches_without_records_count_rows(tmp_path: Path) -> None:
    def batches(file: Any, options: Any) -> Iterator[Any]:
        yield (
            "interactions",
            arrow(interaction_id=["a", None], channel=["phone"] * 2, started_at=["2026-11-02 09:00"] * 2),
        )
        yield "interactions", arrow(interaction_id=["c"], channel=["phone"], started_at=["2026-11-02 09:00"])

    made = bench(tmp_path, of_batches(batches))
    row = made.ingest()
    assert (row.records, four(row)) == (3, (2, 1, 0, 0))
    assert made.query("select record from rejects") == [(2,)]


ARROW_FAULTS: dict[str, tuple[Callable[[], list[Any]], str]] = {
    "a list": (lambda: [("interactions", [1, 2])], "batches() yields no Arrow batch"),
    "a text": (lambda: ["interactions"], "batches() yields"),
    "nothing": (lambda: [None], "batches() yields"),
    "an unknown relation": (lambda: [("calls", arrow(a=[1]))], "`calls` is not a relation"),
    "an unknown column": (
        lambda: [("interactions", arrow(interaction_id=["a"], channel=["phone"], started_at=["2026-11-02"], que=[1]))],
        "`que` is not a column of interactions",
    ),
    "record 0": (
        lambda: [
            ("interactions", arrow(interaction_id=["a"], channel=["phone"], started_at=["2026-11-02"], record=[0]))
        ],
        "record",
    ),
    "record NULL": (
        lambda: [
            (
                "interactions",
                arrow(
                    interaction_id=["a", "b"], channel=["phone"] * 2, started_at=["2026-11-02"] * 2, record=[None, 1]
                ),
            )
        ],
        "record",
    ),
    "record that is no number": (
        lambda: [
            ("interactions", arrow(interaction_id=["a"], channel=["phone"], started_at=["2026-11-02"], record=["x"]))
        ],
        "record",
    ),
}


@pytest.mark.parametrize("fault", ARROW_FAULTS)
def test_what_is_no_batch_is_told(tmp_path: Path, fault: str) -> None:
    given, words = ARROW_FAULTS[fault]
    row = bench(tmp_path, of_batches(lambda file, options: iter(given()))).ingest()
    assert row.status == "failed", row
    assert words in row.message
    assert "connector vocalia" in row.message


def test_batches_whose_types_differ_become_what_holds_both(tmp_path: Path) -> None:
    def batches(file: Any, options: Any) -> Iterator[Any]:
        for name, queue in (("a", [7]), ("b", ["x"]), ("c", [None])):
            yield (
                "interactions",
                arrow(interaction_id=[name], channel=["phone"], started_at=["2026-11-02 09:00"], queue=queue),
            )

    made = bench(tmp_path, of_batches(batches))
    row = made.ingest()
    assert row.status == "done", row.message
    assert made.query("select queue from interactions order by interaction_id") == [("7",), ("x",), (None,)]


MEASURED = """
import resource, sys, tempfile
from pathlib import Path
sys.path[:0] = {paths!r}
from connector_bench import ConnectorBench, connector_of
from datetime import datetime, timedelta
begun = datetime(2026, 1, 1)
def rows(self, file, options):
    with file.open() as stream:
        count = int(stream.read())
    for number in range(count):
        file.place()
        yield "interactions", {{
            "interaction_id": f"call-{{number}}", "channel": "phone", "queue": f"queue {{number % 50}}",
            "started_at": begun + timedelta(seconds=number), "wait_s": number % 300, "agent": f"agent {{number % 900}}",
        }}
with tempfile.TemporaryDirectory() as folder:
    bench = ConnectorBench(Path(folder), connector_of(rows=rows))
    bench.write("data/n", sys.argv[1])
    row = bench.ingest()
    assert row.used == int(sys.argv[1]), row
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_memory_does_not_grow_with_the_python_side_of_a_file(tmp_path: Path) -> None:
    """200,000 rows as dicts would take some 150 MB; they cross in batches, and what crossed is DuckDB's to keep."""
    tests = Path(__file__).parents[1]
    code = MEASURED.format(paths=[str(tests.parent), str(tests)])
    peaks = []
    for count in ("50000", "200000"):
        done = subprocess.run([sys.executable, "-c", code, count], capture_output=True, text=True, check=True)
        peaks.append(int(done.stdout) / 1024)
    assert peaks[1] - peaks[0] < 120, peaks
