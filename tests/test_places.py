"""Strict YAML: what is refused, what stays the text it is, and where findings point."""

from __future__ import annotations

import time
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnictl.errors import DefinitionError
from omnictl.places import Document, Reader, duration, parse, plain, read


def document(text: str) -> Document:
    (only,) = parse(text, "f.yml")
    return only


def codes(text: str) -> list[str]:
    with pytest.raises(DefinitionError) as caught:
        parse(text, "f.yml")
    return [finding.code for finding in caught.value.findings]


@pytest.mark.parametrize(
    "written",
    [
        "NO",
        "no",
        "on",
        "off",
        "Yes",
        "20:00",
        "12:30:45",
        "+33612345678",
        "010",
        "0x1F",
        "1_000",
        "2026-03-01",
        ".inf",
        "1e3",
    ],
)
def test_ambiguous_scalars_stay_the_text_they_are(written: str) -> None:
    assert plain(document(f"a: {written}").root) == {"a": written}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("12", 12),
        ("-3", -3),
        ("0", 0),
        ("1.10", Decimal("1.10")),
        ("true", True),
        ("null", None),
        ("~", None),
        ("''", ""),
    ],
)
def test_plain_scalars_have_the_value_they_show(written: str, value: object) -> None:
    assert plain(document(f"a: {written}").root) == {"a": value}


def test_quotes_keep_a_number_a_text() -> None:
    assert plain(document("a: '12'").root) == {"a": "12"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: &x 1\nb: *x\n", "yaml-anchor"),
        ("a: [*x]\n", "yaml-anchor"),
        ("a: !!python/object:os.system 1\n", "yaml-tag"),
        ("a: {b: [1, 2}\n", "yaml-syntax"),
        ("? [a, b]\n: 1\n", "yaml-key"),
        ("a: 1\nb: 2\na: 3\n", "duplicate-key"),
        ("a: \x07\n", "yaml-syntax"),
        ("[" * 40_000, "yaml-too-large"),
        ("a:\n" + "".join(" " * depth + "- \n" for depth in range(1, 60)) + " " * 61 + "x", "yaml-too-large"),
    ],
)
def test_what_a_hostile_document_brings_is_refused(text: str, code: str) -> None:
    assert codes(text)[0] == code


def test_merge_keys_do_not_expand() -> None:
    bomb = "a: &a {k: 1}\n" + "".join(f"b{i}: &b{i} {{<<: [*a, *a]}}\n" for i in range(25))
    started = time.perf_counter()
    assert codes(bomb) == ["yaml-anchor"]
    assert time.perf_counter() - started < 2


def test_all_duplicate_keys_are_reported_with_the_first_place() -> None:
    with pytest.raises(DefinitionError) as caught:
        parse("a: 1\na: 2\nb: 1\nb: 2\n", "f.yml")
    assert [(str(f.place), f.hint) for f in caught.value.findings] == [
        ("f.yml:2:1", "first written at line 1"),
        ("f.yml:4:1", "first written at line 3"),
    ]


def test_a_finding_shows_its_line_and_the_nearest_name() -> None:
    reader = Reader(document("workspace: a\nretreival: daily\n"))
    root = reader.root("the workspace")
    root.text("workspace")
    root.take("retrieval")
    root.done()
    with pytest.raises(DefinitionError) as caught:
        reader.finish()
    assert caught.value.text() == (
        "f.yml:2:1: error[unknown-key]: unknown key `retreival` in the workspace\n"
        "    2 | retreival: daily\n"
        "      | ^^^^^^^^^\n"
        "      = did you mean `retrieval`?"
    )


def test_every_fault_is_found_in_one_pass() -> None:
    reader = Reader(document("a: [1]\nb: x\nc: maybe\n"))
    root = reader.root("it")
    assert (root.text("a"), root.number("b"), root.boolean("c"), root.text("d", required=True)) == (None,) * 4
    with pytest.raises(DefinitionError) as caught:
        reader.finish()
    assert [(f.place.line if f.place else 0, f.code) for f in caught.value.findings] == [
        (1, "missing-key"),
        (1, "wrong-type"),
        (2, "wrong-type"),
        (3, "wrong-type"),
    ]


def test_a_file_that_is_not_utf8_or_not_there_is_said(tmp_path: Path) -> None:
    (tmp_path / "latin.yml").write_bytes("a: é".encode("latin-1"))
    for name, code in (("latin.yml", "yaml-encoding"), ("none.yml", "file-missing"), (".", "file-missing")):
        with pytest.raises(DefinitionError) as caught:
            read(tmp_path / name)
        assert caught.value.findings[0].code == code


@pytest.mark.parametrize(
    ("content", "place", "hint"),
    [
        ("a: b\nkey: [é, ï]\n".encode("cp1252"), (2, 7), "save the file as UTF-8"),
        ("a: é\n".encode("utf-16"), (1, 1), "UTF-16"),
        (b"a: b\nc: d\x00e\n", (2, 5), ""),
        (b"a:\n\tb: c\n", (2, 1), "no tabs"),
        (b"a: % of calls\n", (1, 4), "stands in quotes"),
        (b"a:\n  en: Note: this\n", (2, 11), "stands in quotes"),
        (b"a: {b: 1\nc: 2\n", (2, 2), "are closed"),
    ],
)
def test_what_is_no_yaml_is_told_at_its_place(
    tmp_path: Path, content: bytes, place: tuple[int, int], hint: str
) -> None:
    (tmp_path / "k.yml").write_bytes(content)
    with pytest.raises(DefinitionError) as caught:
        read(tmp_path / "k.yml")
    (found,) = caught.value.findings
    assert found.place is not None and (found.place.line, found.place.column) == place
    assert hint in found.hint and found.code in ("yaml-syntax", "yaml-encoding")


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    (tmp_path / "bom.yml").write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert plain(read(tmp_path / "bom.yml")[0].root) == {"a": 1}


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_but_never_crashes(text: str) -> None:
    try:
        parse(text, "f.yml")
    except DefinitionError as error:
        assert error.findings


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("20 s", 20), ("30min", 1800), ("2h", 7200), ("7 d", 604_800), ("1.5 h", 5400), ("20", None), ("d", None)],
)
def test_durations_carry_their_unit(text: str, seconds: float | None) -> None:
    found = duration(text)
    assert (found.total_seconds() if found else None) == seconds
