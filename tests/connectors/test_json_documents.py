"""JSON that is one document or several: where the records stand, broken ones, cut-off ones."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest

from omnictl.connectors import json_document, json_records
from omnictl.errors import SourceError

Land = Callable[..., Any]
TICKETS = [
    {"id": 1, "subject": "été", "via": {"channel": "web"}},
    {"id": 2, "tags": ["a", "b]"], "closed": "2026-03-05"},
]
ENVELOPES = {
    "tickets": {"tickets": TICKETS, "next_page": None, "count": 2},
    "records": {"totalSize": 2, "done": True, "records": TICKETS},
    "conversations": {"type": "conversation.list", "pages": {"page": 1, "next": []}, "conversations": TICKETS},
    "hits.hits": {"took": 3, "_shards": {"total": 1}, "hits": {"total": {"value": 2}, "hits": TICKETS}},
}


@pytest.fixture
def as_json(land: Land) -> Land:
    def landed(content: Any, needs: Any = ("id",), name: str = "export.json", **options: Any) -> Any:
        return land(content, needs, name, **options)

    return landed


@pytest.fixture
def all_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every document is longer than what is looked at to find its array."""
    monkeypatch.setattr(json_document, "HEAD", 1)


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_an_array(as_json: Land, indent: int | None, encoding: str, pack: Callable[[bytes], bytes]) -> None:
    text = "\n " + json.dumps(TICKETS, indent=indent, ensure_ascii=False) + "\n"
    landed = as_json(pack(text.encode(encoding)))
    assert landed.columns == ["id", "subject", "via", "tags", "closed"]
    assert landed.rows == [(1, "été", {"channel": "web"}, None, None), (2, None, None, ["a", "b]"], "2026-03-05")]
    assert landed.records() == [1, 2]
    assert landed.tries == 0


@pytest.mark.parametrize("path", ENVELOPES)
@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("given", [True, False])
@pytest.mark.parametrize("large", [True, False])
def test_an_array_under_a_key(
    as_json: Land, path: str, indent: int | None, given: bool, large: bool, request: pytest.FixtureRequest
) -> None:
    if large:  # cut out of the document, not read with it
        request.getfixturevalue("all_large")
    landed = as_json(json.dumps(ENVELOPES[path], indent=indent), records=path if given else "")
    assert landed.column("id") == [1, 2]
    assert landed.export.notes == [f"utf-8, records under `{path}`"]


@pytest.mark.usefixtures("all_large")
@pytest.mark.parametrize("trap", [{"ids": [1, 2], "note": "]}"}, {"x": ']}, {"tickets": []}'}])
def test_what_looks_like_the_end_of_the_array(as_json: Land, trap: dict[str, Any]) -> None:
    tickets = [{"id": 1, "note": '], "count": 1}'}, {"id": 2, "a": [1, [2]], "b": 3}]
    landed = as_json(json.dumps({"next": None, "tickets": tickets, **trap}))
    assert landed.column("id") == [1, 2]
    assert landed.column("note") == ['], "count": 1}', None]


def test_pages_one_after_the_other(as_json: Land) -> None:
    pages = [{"tickets": [{"id": 1}, {"id": 2}]}, {"tickets": []}, {"tickets": [{"id": 3}]}]
    for end in ("\n", "", " \n\n"):
        for indent in (None, 1):
            landed = as_json(end.join(json.dumps(page, indent=indent) for page in pages))
            assert landed.rows == [(1,), (2,), (3,)]


def test_a_page_that_is_an_error(as_json: Land) -> None:
    landed = as_json('{"tickets": [{"id": 1}]}\n{"error": "too many", "seen": [{}]}\n{"tickets": [{"id": 2}]}\n')
    assert landed.rows == [(1,), (2,)]
    assert [(one.record, one.line, one.reason) for one in landed.export.unparsed] == [
        (2, 2, "there is no array `tickets`; there is `seen`")
    ]
    assert landed.records() == [1, 3]


def test_objects_on_several_lines(as_json: Land) -> None:
    landed = as_json("\n".join(json.dumps({"id": i, "a": {"b": i}}, indent=2) for i in (1, 2)))
    assert landed.rows == [(1, {"b": 1}), (2, {"b": 2})]
    assert landed.export.locate([2]) == {2: (7, '{\n  "id": 2,\n  "a": {\n    "b": 2\n  }\n}')}
    assert as_json('{"id": 1}{"id": 2}{"id": 3}').rows == [(1,), (2,), (3,)]


def test_an_object_is_a_record_when_it_has_the_columns(as_json: Land) -> None:
    """An answer of a web service has keys like its records; a conversation has parts."""
    conversation = {"id": 7, "start": "2026-03-05", "participants": [{"id": 8, "purpose": "agent"}]}
    assert as_json(json.dumps(conversation, indent=1), ("id", "start")).column("id") == [7]
    assert as_json(json.dumps(conversation), ("id", "start", "end")).column("id") == [7]
    answer = {"id": "page 1", "type": "list", "items": [{"id": 1, "type": "call", "start": "2026-03-05"}]}
    assert as_json(json.dumps(answer), ("id", "type", "start")).column("id") == [1]
    assert as_json(json.dumps(answer), ("id",), records="items").column("id") == [1]
    assert as_json(json.dumps(answer), ("kind",), records=".").column("id") == ["page 1"]


def test_lines_with_arrays_stay_lines(as_json: Land) -> None:
    lines = '{"id": 1, "comments": [{"id": 9, "body": "x"}]}\n{"id": 2, "comments": []}\n'
    assert as_json(lines, ("id", "closed_at")).column("id") == [1, 2]
    assert as_json(lines, ("body",), name="export.jsonl").column("id") == [1, 2]


@pytest.mark.usefixtures("all_large")
@pytest.mark.parametrize("indent", [None, 2])
def test_several_arrays(as_json: Land, indent: int | None) -> None:
    content = json.dumps({"tickets": TICKETS, "users": [{"id": 1}], "meta": {"log": [{"x": 1}]}}, indent=indent)
    with pytest.raises(SourceError, match=r"it holds several arrays: `tickets`, `users`, `meta\.log`") as error:
        as_json(content)
    assert error.value.hint == "name the one with the records, such as `records: tickets`"
    assert as_json(content, records="users").rows == [(1,)]
    assert as_json(content, ("x",), records="meta.log").rows == [(1,)]


def test_a_path_that_is_not_there(as_json: Land) -> None:
    with pytest.raises(SourceError, match="line 1: there is no array `tikets`; there is `tickets`"):
        as_json(json.dumps(ENVELOPES["tickets"]), records="tikets")
    with pytest.raises(SourceError, match="it is an array itself, not an object with `tickets`"):
        as_json("[]", records="tickets")


@pytest.mark.parametrize("content", ["[]", '{"tickets": []}', '{"tickets": [], "count": 0}\n', " [\n]\n"])
def test_no_records(as_json: Land, content: str) -> None:
    landed = as_json(content, ("id", "at"))
    assert (landed.columns, landed.rows, landed.export.absent) == (["at", "id"], [], {"id", "at"})


def test_broken_records_in_an_array(as_json: Land) -> None:
    records = [
        '{"id": 1}',
        "oops",
        '{"id": 2, "a": [1, {"b": nul}], "c": "],{"}',
        "[1]",
        '{"id": 3,\n "id": 4}',
        '{"id": 5, "s": "\\ud800"}',
        '{"id": 6, "s": "a\tb"}',
        '{"id": 7}',
        "",
        "null",
        '{"id": 8}',
    ]
    reasons = [
        (2, 3, "not JSON: expecting value at character 1"),
        (3, 4, "not JSON: expecting value at character 26"),
        (4, 5, "not a JSON object"),
        (5, 6, "the key `id` stands twice"),
        (6, 8, "half of a surrogate pair in a text"),
        (7, 9, "not JSON: invalid control character at character 18"),
        (9, 11, "not JSON: expecting value at character 1"),
        (10, 12, "not a JSON object"),
    ]
    body = "[\n" + ",\n".join(records) + "\n]"
    for content in (body, f'{{"tickets":{body}, "count": 3}}'):
        landed = as_json(content)
        assert landed.column("id") == [1, 7, 8]
        assert landed.records() == [1, 8, 11]
        assert [(one.record, one.line, one.reason) for one in landed.export.unparsed] == reasons
        assert landed.export.notes[-1] == "8 records could not be parsed"
        assert landed.export.locate([8])[8] == (10, '{"id": 7}')


def test_a_quote_that_is_never_closed_costs_its_record(as_json: Land) -> None:
    landed = as_json('[{"id": 1}, {"id": 2, "n": "x, "b": 1},\n {"id": 3, "n": "y"}, {"id": 4, "n": "z"}]')
    assert landed.column("id") == [1, 3, 4]
    assert landed.records() == [1, 3, 4]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('[{"id": 1},\n{"id": 2}', "the JSON ends too early: line 2, column 10"),
        ('[{"id": 1},\n', "the JSON ends too early: line 2, column 1"),
        ('[{"id": 1},\n  {"id": "a', "the JSON ends too early: line 2, column 3"),
        ('{"tickets": [\n{"id": 1},\n{"id":', "the JSON ends too early inside `tickets`: line 3, column 1"),
        ('{"tickets": [{"id": 1}], "cou', "the JSON ends too early: line 1, column 26"),
        ('{"tickets": [{"id": 1}]', "the JSON ends too early: line 1, column 24"),
        ('[{"id": 1}\n {"id": 2}]', "this is no sound JSON: line 2, column 2: `,` or `]` was expected"),
        ('[{"id": 1}} , {"id": 2}]', "this is no sound JSON: line 1, column 11: `,` or `]` was expected"),
        ('[{"id": 1}]\n[{"id": 2}] oops', "this is no sound JSON: line 2, column 13: an array was expected"),
        ('{"tickets": [{"id": 1}], oops}', "this is no sound JSON: line 1, column 26: a key was expected"),
        ('{"a":' * 5_000 + '[{"id": 1}]' + "}" * 5_000, "nested too deeply"),
    ],
)
def test_documents_that_are_cut_off_or_broken(as_json: Land, content: str, message: str) -> None:
    with pytest.raises(SourceError, match="JSON") as error:
        as_json(content)
    assert message in error.value.message
    assert error.value.file == "export.json"


def test_a_large_document(as_json: Land) -> None:
    """More than is held at a time, and than is looked at to find the array; broken far down."""
    records = [{"id": number, "text": "é" * 50, "parts": [{"n": number}]} for number in range(20_000)]
    content = json.dumps({"meta": {"page": 1}, "tickets": records, "users": 3}, ensure_ascii=False)
    landed = as_json(content)
    assert landed.column("id") == list(range(20_000))
    assert landed.tries == 0
    broken = content.replace('"id": 15000,', '"id": oops,').replace("}, ", "},\n")
    landed = as_json(broken)
    assert landed.column("id") == [number for number in range(20_000) if number != 15_000]
    assert [(one.record, one.reason) for one in landed.export.unparsed] == [
        (15_001, "not JSON: expecting value at character 8")
    ]
    place, raw = landed.export.locate([15_002])[15_002]
    assert broken.split("\n")[place - 1].startswith('{"id": 15001')
    assert json.loads(raw) == records[15_001]


def test_bytes_that_are_no_text(as_json: Land) -> None:
    good = b'{"id": 1, "b": "\xc3\xa9t\xc3\xa9"}'
    landed = as_json(b'{"tickets": [' + b", ".join([good] * 5) + b', {"id": 2, "b": "\xff"}]}')
    assert landed.rows[4:] == [(1, "été"), (2, None)]
    assert landed.export.unreadable == 1


@pytest.mark.parametrize("name", ["export", "export.dat", "export.txt.gz"])
def test_the_format_is_told_by_the_content(land: Land, name: str) -> None:
    content = json.dumps({"tickets": TICKETS}).encode()
    stored = gzip.compress(content) if name.endswith("gz") else content
    assert land(stored, name=name, format="json" if "txt" in name else "").column("id") == [1, 2]


@pytest.mark.parametrize(
    ("odd", "types"),
    [
        ({"id": 3}, {"id": "BIGINT", "at": "VARCHAR", "ok": "BOOLEAN"}),
        ({"id": 3, "ok": None, "at": 5}, {"id": "BIGINT", "at": "VARCHAR", "ok": "BOOLEAN"}),
        ({"id": -3}, {"id": "HUGEINT", "at": "VARCHAR", "ok": "BOOLEAN"}),
        ({"id": "007"}, {"id": "VARCHAR", "at": "VARCHAR", "ok": "BOOLEAN"}),
        ({"id": 1.5}, {"id": "DOUBLE", "at": "VARCHAR", "ok": "BOOLEAN"}),
        ({"id": 1, "ok": 1}, {"id": "BIGINT", "at": "VARCHAR", "ok": "VARCHAR"}),
        ({"id": 1, "new": "x"}, {"id": "BIGINT", "at": "VARCHAR", "ok": "BOOLEAN", "new": "VARCHAR"}),
        ({"id": {"a": 1}}, {"id": "VARCHAR", "at": "VARCHAR", "ok": "BOOLEAN"}),
    ],
)
@pytest.mark.parametrize("lines", [True, False])
def test_a_sample_does_not_decide(
    as_json: Land, monkeypatch: pytest.MonkeyPatch, odd: dict[str, Any], types: dict[str, str], lines: bool
) -> None:
    """One record far behind the sample that is not like it."""
    monkeypatch.setattr(json_records, "LARGE", 1)
    monkeypatch.setattr(json_records, "SAMPLE", 1)
    records = [{"id": number, "at": "2026-03-05", "ok": True} for number in range(5_000)]
    records[4_000] = odd
    content = "\n".join(map(json.dumps, records)) if lines else json.dumps(records)
    landed = as_json(content)
    assert landed.export.columns == types
    assert landed.tries == 0
    values = landed.column("id")
    assert (len(values), str(values[4_000]).replace(" ", "")) == (
        5_000,
        str(odd["id"]).replace("'", '"').replace(" ", ""),
    )
    monkeypatch.undo()
    whole = as_json(content)
    assert (whole.export.columns, whole.rows) == (landed.export.columns, landed.rows)


def test_an_integer_beyond_the_sample_that_is_too_large(as_json: Land, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_records, "LARGE", 1)
    monkeypatch.setattr(json_records, "SAMPLE", 1)
    landed = as_json("\n".join(f'{{"id": {number}}}' for number in [*range(5_000), 2**63]))
    assert landed.column("id")[-1] == 2**63
