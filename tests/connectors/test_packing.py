"""Packed files of every format: gzip, bzip2, xz, ZIP archives of one file; and what is refused."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest

from omnictl.connectors.files import examine
from omnictl.errors import SourceError

Land = Callable[..., Any]
Pack = Callable[[bytes, str], bytes]


def zipped(content: bytes, name: str, **others: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
        for other, inner in others.items():
            archive.writestr(other, inner)
    return out.getvalue()


PACKS: dict[str, Pack] = {
    ".gz": lambda content, name: gzip.compress(content),
    ".bz2": lambda content, name: bz2.compress(content),
    ".xz": lambda content, name: lzma.compress(content),
    ".zip": lambda content, name: zipped(content, f"some folder/{name}"),
}


def contents(tmp_path: Path) -> dict[str, bytes]:
    """The same two records in every format."""
    book = openpyxl.Workbook()
    for row in (["id", "b"], ["1", "é"], ["2", "x"]):
        book.active.append(row)
    workbook = io.BytesIO()
    book.save(workbook)
    with closing(sqlite3.connect(tmp_path / "s")) as connection:
        connection.executescript("create table t (id, b); insert into t values ('1', 'é'), ('2', 'x')")
    duckdb.sql("select * from (values ('1', 'é'), ('2', 'x')) as t(id, b)").write_parquet(str(tmp_path / "p"))
    return {
        "csv": "id,b\n1,é\n2,x\n".encode(),
        "jsonl": '{"id": "1", "b": "é"}\n{"id": "2", "b": "x"}\n'.encode(),
        "json": '[{"id": "1", "b": "é"},\n {"id": "2", "b": "x"}]'.encode(),
        "xlsx": workbook.getvalue(),
        "sqlite": (tmp_path / "s").read_bytes(),
        "parquet": (tmp_path / "p").read_bytes(),
    }


@pytest.mark.parametrize("ending", PACKS)
@pytest.mark.parametrize("format_", ["csv", "jsonl", "json", "xlsx", "sqlite", "parquet"])
def test_every_format_may_be_packed(land: Land, tmp_path: Path, format_: str, ending: str) -> None:
    content = contents(tmp_path)[format_]
    stored = PACKS[ending](content, f"export.{format_}")
    landed = land(stored, name=f"export.{format_}{ending}")
    assert landed.rows == [("1", "é"), ("2", "x")]
    assert "x" in landed.export.locate([2])[2][1]
    if format_ != "csv":  # what is inside tells the format when the name does not
        assert land(stored, name="export").rows == [("1", "é"), ("2", "x")]


@pytest.mark.parametrize("ending", PACKS)
@pytest.mark.parametrize(
    "change",
    [
        lambda stored: stored[: len(stored) // 2],
        lambda stored: stored[:60] + b"\x55\xaa" * 30 + stored[120:],
    ],
)
def test_a_broken_one(tmp_path: Path, ending: str, change: Callable[[bytes], bytes]) -> None:
    content = "".join(f"{number},{number * 7919 % 1000}\n" for number in range(2_000)).encode()
    path = tmp_path / f"a.csv{ending}"
    path.write_bytes(change(PACKS[ending](content, "a.csv")))
    with pytest.raises(SourceError, match=r"it is compressed and (ends too early|damaged)") as error:
        examine(path, path.name)
    assert error.value.hint == "fetch it again"


def test_an_archive_of_several_files(land: Land) -> None:
    with pytest.raises(SourceError, match=r"it is a ZIP archive of 2 files: a\.csv, b\.csv") as error:
        land(zipped(b"id\n1\n", "a.csv", **{"b.csv": b""}), name="export.zip")
    assert error.value.hint == "unpack it, and name the files it holds by `path`; one archive may hold one file"
    with pytest.raises(SourceError, match="it is a ZIP archive without files"):
        land(zipped(b"", "folder/"), name="export.zip")
    litter = {"__MACOSX/._a.csv": b"x", ".DS_Store": b"x", "deep/": b""}
    assert land(zipped(b"id\n1\n", "a.csv", **litter), name="export.zip").column("id") == ["1"]


def test_an_archive_under_a_password(tmp_path: Path) -> None:
    stored = bytearray(zipped(b"id\n1\n", "a.csv"))
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        stored[stored.index(signature) + flags] |= 1
    (tmp_path / "a.zip").write_bytes(stored)
    with pytest.raises(SourceError, match="protected by a password"):
        examine(tmp_path / "a.zip", "a.zip")


def test_the_digest_is_of_the_archive(tmp_path: Path) -> None:
    """Two archives of one content are two files: they are known by their bytes on disk."""
    for name, level in (("a.zip", 1), ("b.zip", 9)):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
            archive.writestr("a.csv", "id\n" + "1\n" * 1000)
        (tmp_path / name).write_bytes(out.getvalue())
    first, second = (examine(tmp_path / name, name) for name in ("a.zip", "b.zip"))
    assert first.sha256 != second.sha256
    assert (first.packing, first.member, first.lines.total) == ("zip", "a.csv", 1001)
    assert first.size == (tmp_path / "a.zip").stat().st_size
