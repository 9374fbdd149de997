"""CSV files, sound and broken: every record is a row or is kept with its line, its text and what is wrong with it."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omnictl.connectors import delimited, export, records, scan, text
from omnictl.errors import SourceError

Land = Callable[..., Any]
Rows = list[tuple[str | None, ...]]


@pytest.fixture(params=[scan.ONE_PIECE, 0], ids=["small", "large"])
def size(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read a file as a small one, or as one DuckDB would cut into pieces, which is read in another way."""
    monkeypatch.setattr(delimited, "ONE_PIECE", request.param)


def kept(landed: Any) -> list[tuple[int, int, str]]:
    """Record, line and reason of what could not be parsed."""
    return [(one.record, one.line, one.reason) for one in landed.export.unparsed]


SOUND: list[tuple[str, Rows, list[int]]] = [  # text after the header, its rows, the lines where they begin
    ("1,2\n3,4\n", [("1", "2"), ("3", "4")], [2, 3]),
    ("1,2\n3,4", [("1", "2"), ("3", "4")], [2, 3]),
    ("1,2\r\n3,4\r\n", [("1", "2"), ("3", "4")], [2, 3]),
    ("\n1,2\n\n3,4\n\n\n", [("1", "2"), ("3", "4")], [3, 5]),
    ("\r\n1,2\r\n\r\n3,4\r\n\r\n", [("1", "2"), ("3", "4")], [3, 5]),
    ('1,"x\ny"\n3,"\n"\n', [("1", "x\ny"), ("3", None)], [2, 4]),
    ('1,"x\r\ny"\r\n3,4\r\n', [("1", "x\r\ny"), ("3", "4")], [2, 4]),
    ('1,"x\n\ny"\r\n3,4\r\n', [("1", "x\n\ny"), ("3", "4")], [2, 5]),
    ('1,"a ""b"" c"\n"",""\n', [("1", 'a "b" c'), (None, None)], [2, 3]),
    ('1,"x;y,z"\n3,"4"', [("1", "x;y,z"), ("3", "4")], [2, 3]),
    (",\n,\n1,2\n,\n", [(None, None), (None, None), ("1", "2"), (None, None)], [2, 3, 4, 5]),
    ('1, "x,y"\n2, "z"\n', [("1", "x,y"), ("2", "z")], [2, 3]),
    ('1,"x" \n3,"4" \n', [("1", "x"), ("3", "4")], [2, 3]),
    ('1,5" pipe\n2,say "hi"\n', [("1", '5" pipe'), ("2", 'say "hi"')], [2, 3]),
    ("1,2,\n3,4,,\n", [("1", "2"), ("3", "4")], [2, 3]),
    ("1, x \n 3 ,\t4\n", [("1", " x "), (" 3 ", "\t4")], [2, 3]),
    ("é,😀\n\u2028,\x85\n\x0b,\x1c\n", [("é", "😀"), ("\u2028", "\x85"), ("\x0b", "\x1c")], [2, 3, 4]),
    ("1,2\r\n3,4\n5,6\r\n", [("1", "2"), ("3", "4"), ("5", "6")], [2, 3, 4]),  # two kinds of line ends
    ("1,2\n   \n3,4\n", [("1", "2"), ("3", "4")], [2, 4]),
    ("1\n3,4\n", [("1", None), ("3", "4")], [2, 3]),  # shorter than the header
    ('1,"x""\ny"\n' * 2, [("1", 'x"\ny'), ("1", 'x"\ny')], [2, 4]),
]


@pytest.mark.usefixtures("size")
@pytest.mark.parametrize(("body", "rows", "lines"), SOUND)
@pytest.mark.parametrize("title", ["", "a title\n\n"])
@pytest.mark.parametrize("packed", [False, True])
def test_sound_records(land: Land, body: str, rows: Rows, lines: list[int], title: str, packed: bool) -> None:
    end = "\r\n" if body.endswith("\r\n") else "\n"
    whole = (title + "id,b\n").replace("\n", end) + body
    content = gzip.compress(whole.encode()) if packed else whole
    landed = land(content, name="export.csv.gz" if packed else "export.csv")
    assert landed.rows == rows
    assert landed.export.unparsed == []
    located = landed.export.locate(landed.records())
    before = title.count("\n")
    assert [line - before for line, _ in located.values()] == lines
    for line, raw in located.values():
        assert whole.split("\n", line - 1)[-1].startswith(raw)


BROKEN: list[tuple[str, list[tuple[int, int, str]], list[str]]] = [  # after the header, what is kept, ids of the rows
    ("1,2\n2,3,4\n3,4\n", [(2, 3, "3 cells where the header has 2")], ["1", "3"]),
    ('1,2\n2,"abc\n', [(2, 3, "a quote is opened and never closed")], ["1"]),
    ('1,2\n2,"abc', [(2, 3, "a quote is opened and never closed")], ["1"]),
    ('1,2\n2,"abc\n3,4\n4,5\n', [(2, 3, "a quote is opened and never closed")], ["1", "3", "4"]),
    ('1,"2\n2,"abc\n3,4\n', [(1, 2, "text after a closing quote")], ["3"]),
    ('1,2\n2,"ab"c\n3,"x\ny"\n', [(2, 3, "text after a closing quote")], ["1", "3"]),
    ('1,"5" pipe"\n2,3\n', [(1, 2, "text after a closing quote")], ["2"]),
    ("1,2\n2,x\x00y\n3,4\n", [(2, 3, "NUL bytes: the record is damaged")], ["1", "3"]),
    ("1,22222222222222222222\n" * 99 + "\x00" * 40, [(100, 101, "NUL bytes: the record is damaged")], ["1"] * 99),
    ("1,2\n2,x\ry\n3,4\n", [(2, 3, "a carriage return in a cell without quotes")], ["1", "3"]),
    ("1,2\n2", [(2, 3, "the file ends inside this record: 1 of 2 cells")], ["1"]),
    ('a,"x\ny"\n2,3,4\n"b\n",5\n', [(2, 4, "3 cells where the header has 2")], ["a", "b\n"]),
]


@pytest.mark.usefixtures("size")
@pytest.mark.parametrize(("body", "reasons", "ids"), BROKEN)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_broken_records_are_kept_and_lose_no_others(
    land: Land, body: str, reasons: list[tuple[int, int, str]], ids: list[str], encoding: str
) -> None:
    landed = land(("id,b\n" + body).encode(encoding))
    found = kept(landed)
    assert [one[:2] for one in found][:1] == [one[:2] for one in reasons]
    assert found[0][2].startswith(reasons[0][2])
    assert [one for one in landed.column("id") if one in ids] == ids
    everything = sorted([*landed.records(), *(record for record, _, _ in found)])
    assert everything == list(range(1, len(landed.rows) + len(found) + 1))
    located = landed.export.locate(everything)
    assert {one.record: (one.line, one.raw) for one in landed.export.unparsed}.items() <= located.items()
    lines = ("id,b\n" + body).split("\n")
    assert all(lines[line - 1].startswith(raw.split("\n")[0]) for line, raw in located.values())


def test_a_stray_quote_does_not_swallow_what_follows(land: Land) -> None:
    """Of 20,000 records one opens a quote; the next quote stands 10,000 lines below."""
    lines = [f"{number},note {number}\n" for number in range(20_000)]
    lines[5_000] = '5000,"note\n'
    lines[15_000] = '15000,"a note"\n'
    landed = land("id,b\n" + "".join(lines))
    assert kept(landed) == [
        (5_001, 5_002, "text after a closing quote, or a quote inside a quoted cell that is not doubled")
    ]
    assert (len(landed.rows), landed.rows[-1]) == (19_999, ("19999", "note 19999"))
    assert landed.export.record_of(4_999) == 5_000
    assert landed.export.record_of(5_000) == 5_002
    assert landed.export.locate([15_001]) == {15_001: (15_002, '15000,"a note"')}


def test_notes_say_what_was_put_right(land: Land) -> None:
    landed = land("id,b,c\n1,2,3\n2\n3,4\n5,6,7,8\n")
    assert landed.export.notes == [
        "utf-8, delimiter ,, header on line 1",
        "1 record could not be parsed",
        "2 records shorter than the header, filled up with empty cells",
    ]


def test_text_is_kept_for_so_many_only_but_found_for_all(land: Land, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "RAW_KEPT", 2)
    landed = land("id,b\n" + "1,2,3\n" * 4)
    assert [one.raw for one in landed.export.unparsed] == ["1,2,3", "1,2,3", "", ""]
    assert landed.export.locate([4]) == {4: (5, "1,2,3")}


def test_too_much_to_be_such_a_file(land: Land, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "UNPARSED_MOST", 3)
    with pytest.raises(SourceError, match="more than 3 records cannot be parsed, the first on line 2: 3 cells"):
        land("id,b\n" + "1,2,3\n" * 4)


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-16-be", "utf-8-sig"])
def test_encodings(land: Land, encoding: str) -> None:
    whole = 'id;b\r\n1;Prévoyance – été €\r\n2;"l\'été\r\n"\r\n'
    mark = b"\xfe\xff" if encoding == "utf-16-be" else b""
    landed = land(mark + whole.encode(encoding))
    assert landed.rows == [("1", "Prévoyance – été €"), ("2", "l'été\r\n")]
    assert landed.export.locate([2]) == {2: (3, '2;"l\'été\r\n"')}
    assert landed.export.unreadable == 0


def test_a_guessed_encoding_is_said(land: Land) -> None:
    content = "id,b\n1,é\n".encode("cp1252")
    assert land(content).export.notes == ["cp1252 because it is not UTF-8, delimiter ,, header on line 1"]
    assert land(content, encoding="cp1252").rows == land(content, encoding="latin-1").rows == [("1", "é")]
    assert land(content, encoding="cp850").rows == [("1", "Ú")]


def test_broken_bytes_cost_their_cell_only(land: Land) -> None:
    lines = [f"{number},été {number},x\n".encode() for number in range(300)]
    lines[100] = b"100,\xff\xfe,y\n"
    lines[200] = b"2\xff00,\xe9t\xe9,z\n"
    landed = land(b"id,b,c\n" + b"".join(lines))
    assert landed.file.encoding == "utf-8-broken"
    assert (landed.rows[100], landed.rows[200]) == (("100", None, "y"), (None, None, "z"))
    assert landed.rows[299] == ("299", "été 299", "x")
    assert landed.export.unreadable == 3
    assert landed.export.notes[1].startswith("3 cells with bytes that are not utf-8; if it is another encoding")


def test_what_no_windows_file_holds(land: Land) -> None:
    landed = land(b"id,b\n1,\xe9\n2,\x81\n")
    assert (landed.rows, landed.export.unreadable) == ([("1", "é"), ("2", None)], 1)


def test_further_texts_that_mean_empty(land: Land) -> None:
    landed = land('id,b\n1,?\n2,"?"\n?,n/a\n4, ?\n5,"x,y"\n6,it\'s\n', missing=("?", "n/a", "x,y", "it's"))
    assert landed.rows == [("1", None), ("2", None), (None, None), ("4", " ?"), ("5", None), ("6", None)]
    landed = land("id,b\n1,?\n2\n", missing=("?",))
    assert landed.rows == [("1", None), ("2", None)]


def test_a_name_twice_and_names_in_need_of_quotes(land: Land) -> None:
    header = """id,date,date,,"a""b';--","x'y",'select',😀"""
    landed = land(f"{header}\n1,2,3,4,5,6,7,8\n", ("ID", "date_1", "a\"b';--"))
    assert landed.columns == ["id", "date", "date_1", "column3", "a\"b';--", "x'y", "'select'", "😀"]
    assert landed.rows == [tuple("12345678")]


@pytest.mark.parametrize(
    "name",
    [
        "a[1].csv",
        "st*r.csv",
        "wh?t.csv",
        "q'uote.csv",
        "{a,b}.csv",
        "back\\slash.csv",
        "a b\nc.csv",
        "100%.csv",
        "é.csv",
    ],
)
def test_the_file_is_read_whatever_its_name(land: Land, tmp_path: Path, name: str) -> None:
    """DuckDB takes a path for a pattern; a neighbour that would match it must not be read instead."""
    for neighbour in ("a1.csv", "star.csv", "what.csv"):
        (tmp_path / neighbour).write_text("id,b\nwrong,file\n")
    folder = tmp_path / "year=2026" / "d[x]*?"
    folder.mkdir(parents=True)
    (folder / name).write_text("id,b\n1,2\n")
    landed = land(folder / name)
    assert (landed.columns, landed.rows) == (["id", "b"], [("1", "2")])


def test_a_compressed_file_without_the_ending(land: Land) -> None:
    assert land(gzip.compress(b"id,b\n1,2\n") + gzip.compress(b"3,4\n")).rows == [("1", "2"), ("3", "4")]


def test_long_cells(land: Land) -> None:
    """Longer than DuckDB reads without being told."""
    cell = "x\n" * 1_500_000
    landed = land(f'id,b,c\n1,"{cell}",2\n3,4,5\n')
    assert [len(value) for value in landed.column("b")] == [3_000_000, 1]
    assert landed.export.unparsed == []


def test_a_line_that_is_too_long(land: Land, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "LONGEST", 5_000)
    monkeypatch.setattr(records, "LONGEST", 5_000)
    landed = land("id,b\n1," + "x" * 20_000 + "\n2,3,4\n5,6\n")
    assert [one[:2] for one in kept(landed)] == [(1, 2), (2, 3)]
    assert kept(landed)[0][2] == "a line of more than 5,000 characters"
    assert landed.rows == [("5", "6")]


def test_copies_are_private_and_stay_in_their_folder(land: Land, tmp_path: Path) -> None:
    land("id;b\n1;é\n".encode("cp1252"))
    land("id,b\n1,2,3\n")
    copies = list((tmp_path / "scratch").iterdir())
    assert len(copies) == 2
    assert {copy.stat().st_mode & 0o777 for copy in copies} == {0o600}


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("blanks", ["", "\n", "\n\n\n"])
@pytest.mark.parametrize("cell", ["d", '"d\n\nd"', '"d, ""d"""'])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_rows_that_are_missing_are_missed(land: Land, end: str, blanks: str, cell: str, pack: Any) -> None:
    """DuckDB may lose records without a word; the lines of the file are counted apart from it."""
    whole = ("id,b\n" + f"abc,{cell}\n{blanks}" * 40).replace("\n", end)
    landed = land(pack(whole.encode()))
    assert (len(landed.rows), landed.tries) == (40, 0)
    assert [rows for rows in range(43) if landed.export.complete(rows)] == [40]


def test_a_large_file_that_is_cut_off_inside_quotes(land: Land) -> None:
    """Read in order, DuckDB drops the last record without a word when its quote is never closed."""
    lines = [f'{number},"note\n{number}"\n' for number in range(300_000)]
    landed = land("id,b\n" + "".join(lines)[:-4])
    assert landed.file.size > scan.ONE_PIECE
    assert (len(landed.rows), landed.rows[-1]) == (299_999, ("299998", "note\n299998"))
    assert kept(landed) == [(300_000, 600_000, "a quote is opened and never closed")]


@pytest.mark.usefixtures("size")
def test_a_quote_that_is_never_closed_is_missed_however_it_comes_about(land: Land) -> None:
    """Inch marks make the number of quotes even, and DuckDB drops what follows the last one without a word."""
    landed = land('id,b\n1,5" pipe\n' + "2,x\n" * 50 + '3,"cut off\n' + "4,y\n" * 9)
    assert len(landed.rows) == 60
    assert kept(landed) == [(52, 53, "a quote is opened and never closed")]


CELLS = st.text(st.sampled_from(list("ab \",;\n\r\t'é€\\")), max_size=6)


@pytest.mark.usefixtures("size")
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=12),
    delimiter=st.sampled_from(",;\t|"),
    end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16"]),
    title=st.sampled_from(["", "Export of the day", "\n"]),
)
def test_what_the_csv_module_writes_is_read_back(
    land: Land, rows: list[list[str]], delimiter: str, end: str, quoting: Any, encoding: str, title: str
) -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\r\n", quoting=quoting)  # it quotes both CR and LF
    writer.writerows([["id", "b", "c"], *rows])
    whole = out.getvalue().replace("\r\n", end) if end == "\n" else out.getvalue()
    given_rows = [[cell.replace("\r\n", end) if end == "\n" else cell for cell in row] for row in rows]
    landed = land(((title + end if title else "") + whole).encode(encoding))
    # Read record by record, blanks before a cell may go.
    found = [[(cell or "").lstrip(" ") for cell in row] for row in landed.rows]
    assert found == [["" if not cell.strip(" \t\r\n") else cell.lstrip(" ") for cell in row] for row in given_rows]
    located = landed.export.locate(landed.records())
    assert "".join(raw + end for _, raw in located.values()) == whole.split(end, 1)[1]


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.text(st.sampled_from(list('1a,,"\n\n\r é')), max_size=60), encoding=st.sampled_from(["utf-8", "utf-16"]))
def test_whatever_stands_below_the_header_is_accounted_for(land: Land, body: str, encoding: str) -> None:
    """Rows and unparsed records number the records from 1 without a gap, and each is found again in the file."""
    whole = "id,b,c\n" + body
    landed = land(whole.encode(encoding))
    numbers = sorted([*landed.records(), *(one.record for one in landed.export.unparsed)])
    assert numbers == list(range(1, len(numbers) + 1))
    located = landed.export.locate(numbers)
    assert sorted(located) == numbers
    taken = "".join(raw for _, raw in located.values())
    for blank in " \r\n":
        taken, body = taken.replace(blank, ""), body.replace(blank, "")
    assert taken == body


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("broken", ["", '4,"x""'])
def test_a_cell_of_blanks_is_empty(land: Land, end: str, encoding: str, broken: str) -> None:
    lines = ["id,b,c", "1, ,x", '2,"  \t ", ', "3,\u00a0, x ", "  ,!,y", broken]
    landed = land(end.join(lines).encode(encoding))
    assert landed.rows[:3] == [("1", None, "x"), ("2", None, None), ("3", None, " x ")]
    assert landed.rows[3] == (None, "!", "y")


def test_quotes_that_are_characters_like_others(land: Land) -> None:
    landed = land('id,size\n1,5" screen\n2,"12""\n', quote="none")
    assert landed.rows == [("1", '5" screen'), ("2", '"12""')]


def test_a_table_that_is_called_json(land: Land) -> None:
    landed = land('id,b\n1,"x\ny"\n2,z\n', name="export.json", format="csv")
    assert (landed.rows, landed.tries) == ([("1", "x\ny"), ("2", "z")], 0)
