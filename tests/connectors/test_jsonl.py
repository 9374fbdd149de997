"""JSON lines: types of the whole file, dates left as they are written, broken lines kept."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest

from omnictl.errors import SourceError

Land = Callable[..., Any]


@pytest.fixture
def jsonl(land: Land) -> Land:
    def landed(content: bytes | str, needs: Any = ("id",), name: str = "export.jsonl", **options: Any) -> Any:
        return land(content, needs, name, **options)

    return landed


def test_types(jsonl: Land) -> None:
    landed = jsonl(
        '{"id": 1, "wait": 1.5, "vip": true, "at": "2026-03-05T10:00:00+03:00", "day": "2026-03-05", "t": "10:00:00",'
        ' "key": "3F2504E0-4F89-11D3-9A0C-0305E82C3301", "nothing": null, "either": 1,'
        ' "person": {"born": "1999-01-01", "marks": [1.5, 2], "seen": [{"at": "2026-03-05T10:00:00Z"}]}, "none": {}}\n'
        '{"id": 2, "either": "one", "person": {"born": "unknown"}}\n'
        '{"id": 3, "either": {"a": [1]}}\n'
    )
    assert {name: type_.replace('"', "") for name, type_ in landed.export.columns.items()} == {
        "id": "BIGINT",
        "wait": "DOUBLE",
        "vip": "BOOLEAN",
        "at": "VARCHAR",
        "day": "VARCHAR",
        "t": "VARCHAR",
        "key": "VARCHAR",
        "nothing": "NULL",
        "either": "VARCHAR",
        "person": "STRUCT(born VARCHAR, marks DOUBLE[], seen STRUCT(at VARCHAR)[])",
        "none": "VARCHAR",
    }
    first = landed.rows[0]
    assert first[3:7] == ("2026-03-05T10:00:00+03:00", "2026-03-05", "10:00:00", "3F2504E0-4F89-11D3-9A0C-0305E82C3301")
    assert first[9]["seen"] == [{"at": "2026-03-05T10:00:00Z"}]
    assert landed.column("either") == ["1", "one", '{"a":[1]}']
    assert landed.tries == 0


def test_long_integers_stay_exact(jsonl: Land) -> None:
    long = 123456789012345678901234567890
    lines = [
        {"id": 12345678901234567890, "a": long, "b": 2**53 + 1, "c": {"d": [long]}, "e": 1.25},
        {"id": 1, "a": 1.5, "b": 0.5, "c": {"d": [0.5]}, "e": 2},
    ]
    landed = jsonl("".join(json.dumps(line) + "\n" for line in lines), ())
    assert landed.column("id") == [12345678901234567890, 1]
    assert landed.column("a") == [str(long), "1.5"]
    assert landed.column("b") == ["9007199254740993", "0.5"]
    assert landed.column("c") == [{"d": [str(long)]}, {"d": ["0.5"]}]
    assert landed.column("e") == [1.25, 2.0]


def test_broken_lines_are_kept(jsonl: Land) -> None:
    lines = [
        '{"id": 1}',
        "",
        "oops",
        "[1]",
        "   ",
        '{"id": 2, "id": 3}',
        '{"id": "\\ud800"}',
        '{"id": NaN}',
        '{"id": 3} {"id": 4}',
        '{"id": 5, "x": "\\ud83d\\ude00"}',
        '{"id": 6, "a": ' + "[" * 5000 + "]" * 5000 + "}",
        '{"id":',
    ]
    landed = jsonl("\n".join(lines))
    assert landed.rows == [(1, None), (5, "😀")]
    assert [(one.record, one.line, one.reason) for one in landed.export.unparsed] == [
        (2, 3, "not JSON: expecting value at character 1"),
        (3, 4, "not a JSON object"),
        (4, 6, "the key `id` stands twice"),
        (5, 7, "half of a surrogate pair in a text"),
        (6, 8, "NaN is no JSON"),
        (7, 9, "not JSON: extra data at character 11"),
        (9, 11, "nested too deeply"),
        (10, 12, "the line ends inside the record"),
    ]
    assert landed.export.notes == ["utf-8", "8 lines could not be parsed"]
    assert landed.records() == [1, 8]
    assert landed.export.locate([1, 8, 10]) == {1: (1, lines[0]), 8: (10, lines[9]), 10: (12, '{"id":')}


def test_a_fault_far_down_is_found(jsonl: Land) -> None:
    lines = [f'{{"id": {number}}}' for number in range(50_000)]
    lines[40_000] = '{"id": 40000, "id": 1}'  # which DuckDB finds when it reads, not when it looks for types
    landed = jsonl("\n".join(lines))
    assert (len(landed.rows), landed.tries) == (49_999, 1)
    assert [one.record for one in landed.export.unparsed] == [40_001]
    assert (landed.export.record_of(39_999), landed.export.record_of(40_000)) == (40_000, 40_002)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n \n"])
def test_blank_lines_are_no_records(jsonl: Land, end: str) -> None:
    landed = jsonl("\n" + end.join(['{"id": 1}', '{"id": 2}', '{"id": 3}']) + end)
    assert landed.rows == [(1,), (2,), (3,)]
    step = end.count("\n")
    assert landed.export.locate([1, 3]) == {1: (2, '{"id": 1}'), 3: (2 + 2 * step, '{"id": 3}')}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_encodings(jsonl: Land, encoding: str, pack: Callable[[bytes], bytes]) -> None:
    landed = jsonl(pack('{"id": 1, "b": "été"}\n{"id": 2, "b": "à"}'.encode(encoding)), name="export.jsonl.gz")
    assert landed.rows == [(1, "été"), (2, "à")]


def test_broken_bytes_cost_their_value_only(jsonl: Land) -> None:
    good = '{"id": 1, "b": "été", "c": {"d": "é"}, "n": 12345678901234567890}\n'.encode() * 5
    landed = jsonl(good + b'{"id": 2, "b": "\xff", "c": {"d": "\xff"}, "n": 12345678901234567891}\n')
    assert landed.rows[4] == (1, "été", {"d": "é"}, 12345678901234567890)
    assert landed.rows[5] == (2, None, None, 12345678901234567891)
    assert (landed.export.unreadable, landed.export.unparsed) == (2, [])


def test_a_key_no_record_has_is_null(jsonl: Land) -> None:
    """Exports leave out keys without value: one file alone cannot tell that a key does not exist."""
    landed = jsonl('{"id": 1}\n', ("ID", "closed_at"))
    assert landed.rows == [(1, None)]
    assert landed.export.absent == {"closed_at"}
    assert landed.export.notes == ["utf-8", "no record has closed_at"]


def test_keys_that_differ_in_capitals(jsonl: Land) -> None:
    with pytest.raises(SourceError, match="two keys differ in capitals only: `Id`"):
        jsonl('{"id": 1}\n{"Id": 2}\n')
    assert jsonl('{"id": 1, "id_1": 2}\n').rows == [(1, 2)]
    assert jsonl('{"id": 1, "id_1": null}\n').rows == [(1, None)]


def test_objects_no_type_fits(jsonl: Land) -> None:
    """Inner keys that differ in capitals, and an empty key: what DuckDB has no type for is text."""
    landed = jsonl('{"id": 1, "a": {"k": 1}}\n{"id": 2, "a": {"K": 1}, "": 3}\n')
    assert landed.rows == [("1", '{"k":1}'), ("2", '{"K":1}')]


def test_awkward_keys(jsonl: Land) -> None:
    record = {"a b": 1, "x'y": 2, 'q"r': {"s,t": 3, 'u"v': [4]}, "select": 5, "é": 6}
    landed = jsonl(json.dumps(record), ("a b", "x'y"))
    assert landed.columns == list(record)
    assert landed.rows == [(1, 2, {"s,t": 3, 'u"v': [4]}, 5, 6)]


def test_further_texts_that_mean_empty(jsonl: Land) -> None:
    landed = jsonl('{"id": "?", "n": 1}\n{"id": "it\'s", "n": 2}\n{"id": "x", "n": 3}\n', missing=("?", "it's"))
    assert landed.rows == [(None, 1), (None, 2), ("x", 3)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("\n  \n", "it holds nothing but blanks"),
        ('{"id": 1,', "no line is a record; line 1: the line ends inside the record"),
        ("id,b\n1,2\n", "no line is a record; line 1: not JSON"),
    ],
)
def test_what_is_not_json_lines(jsonl: Land, content: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        jsonl(content)


@pytest.mark.parametrize("name", ["export.ndjson", "export.json", "export.json.gz", "export.log"])
def test_the_format_is_told_by_the_name_or_the_content(land: Land, name: str) -> None:
    content = b'{"id": 1}\n'
    assert land(gzip.compress(content) if name.endswith("gz") else content, name=name).rows == [(1,)]


def test_a_file_name_that_is_a_pattern(land: Land, tmp_path: Any) -> None:
    (tmp_path / "a1.jsonl").write_text('{"id": "wrong file"}')
    assert land('{"id": 1}', name="a[1].jsonl").rows == [(1,)]
