"""Which files a path means, and what the bytes of a file say."""

from __future__ import annotations

import gzip
import hashlib
import os
from pathlib import Path

import pytest

from omnictl.connectors.files import MissingFiles, examine, matching, shown_name
from omnictl.errors import SourceError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.csv", "a.csv", "a [1].csv", "a 1.csv", "~$a.csv", ".a.csv", "deep/er/c.csv", "deep/d.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"id\n")
    (tmp_path / "folder.csv").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("globs", "names"),
    [
        (["b.csv", "a.csv", "b.csv"], ["a.csv", "b.csv"]),
        (["*.csv"], ["a 1.csv", "a [1].csv", "a.csv", "b.csv"]),
        (["?.csv", "[b].csv"], ["a.csv", "b.csv"]),
        (["a [1].csv"], ["a [1].csv"]),  # what is there is meant as it stands
        (["a [[]1].csv"], ["a [1].csv"]),
        (["a [0-9].csv"], ["a 1.csv"]),
        (["**/*.csv"], ["a 1.csv", "a [1].csv", "a.csv", "b.csv", "deep/er/c.csv"]),
        (["deep/../b.csv"], ["deep/../b.csv"]),
    ],
)
def test_the_files_of_a_path(folder: Path, globs: list[str], names: list[str]) -> None:
    found = matching(folder, globs)
    assert [shown_name(folder, path) for path in found] == names
    assert all(path.is_file() for path in found)


def test_what_a_database_keeps_beside_its_file_is_no_export(tmp_path: Path) -> None:
    for name in ("a.db", "a.db-wal", "a.db-shm", "a.db-journal", "b.duckdb", "b.duckdb.wal", "c.csv-wal"):
        (tmp_path / name).write_bytes(b"x")
    assert [path.name for path in matching(tmp_path, ["*"])] == ["a.db", "b.duckdb", "c.csv-wal"]


def test_an_absolute_path_is_shown_as_it_is(folder: Path, tmp_path: Path) -> None:
    elsewhere = folder / "deep"
    assert [shown_name(elsewhere, path) for path in matching(elsewhere, [str(tmp_path / "b.csv")])] == [
        (tmp_path / "b.csv").as_posix()
    ]


@pytest.mark.parametrize(
    ("glob", "message", "hint"),
    [
        ("bb.csv", "no file matches `bb.csv`", "did you mean `b.csv`?"),
        ("*.parquet", "no file matches `*.parquet`", "looked in"),
        ("dep/*.csv", "no file matches `dep/*.csv`", "there is no folder"),
        ("folder*", "`folder*` matches folders only", "name their files: `folder*/*`"),
    ],
)
def test_no_file_is_told_from_other_faults(folder: Path, glob: str, message: str, hint: str) -> None:
    with pytest.raises(MissingFiles) as error:
        matching(folder, ["a.csv", glob])
    assert error.value.message == message
    assert hint in error.value.hint


@pytest.mark.parametrize("path", ["deep", "deep/", "folder.csv"])
def test_a_folder_is_no_file(folder: Path, path: str) -> None:
    with pytest.raises(SourceError, match="is a folder, not a file") as error:
        matching(folder, [path])
    assert not isinstance(error.value, MissingFiles)


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (b"", "utf-8"),
        (b"id\n", "utf-8"),
        ("é€😀".encode(), "utf-8"),
        ("é".encode() * 800_000, "utf-8"),  # a character across the pieces it is read in
        (b"x" + "é".encode() * 800_000, "utf-8"),
        (b"\xef\xbb\xbfid\n", "utf-8-sig"),
        ("id\né".encode("utf-16"), "utf-16"),
        ("id\né".encode("utf-16-be").join([b"\xfe\xff", b""]), "utf-16"),
        ("Prévoyance – été €".encode("cp1252"), "cp1252"),
        (b"a" * 2_000_000 + b"\xe9", "cp1252"),
        ("été".encode() * 10 + b"\xe9", "utf-8-broken"),
        ("été".encode() * 400_000 + b"\xe9" + "été".encode(), "utf-8-broken"),
        ("étés".encode() * 5 + b"\xc3", "utf-8-broken"),  # cut inside a character
        ("é\ufffdé".encode(), "utf-8"),  # a replacement character somebody else has written
        (b"\xef\xbb\xbf\xff", "utf-8-broken"),
        (b"PK\x03\x04" + b"\x00" * 40, "binary"),
        (bytes(range(256)) * 20, "binary"),
        ("id;name\n1;x\n".encode("utf-16-le"), "binary"),
        (b"id,name\n1,x\x00y\n" * 3, "utf-8"),  # a damaged text is a text
    ],
)
def test_the_encoding(tmp_path: Path, content: bytes, encoding: str) -> None:
    for name, stored in (("plain", content), ("packed.gz", gzip.compress(content))):
        (tmp_path / name).write_bytes(stored)
        assert examine(tmp_path / name, name).encoding == encoding


def test_a_compressed_file_is_known_by_its_bytes_on_disk(tmp_path: Path) -> None:
    stored = gzip.compress(b'id,name\n1,"x\ny"\n') + gzip.compress(b"2,y")
    (tmp_path / "a.csv.gz").write_bytes(stored)
    os.utime(tmp_path / "a.csv.gz", (1_767_225_600, 1_767_225_600))
    file = examine(tmp_path / "a.csv.gz", "a.csv.gz")
    assert (file.size, file.sha256) == (len(stored), hashlib.sha256(stored).hexdigest())
    assert file.packing == "gzip"
    assert file.modified.isoformat() == "2026-01-01T00:00:00"
    assert (file.lines.total, file.lines.outside_quotes, file.lines.quoted) == (4, 3, True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda stored: stored[: len(stored) // 2], "it is compressed and ends too early"),
        (lambda stored: stored[:20] + b"\xff" * 30 + stored[50:], "it is compressed and damaged"),
        (lambda stored: stored[:-6] + b"\x00" * 6, "it is compressed and damaged"),
    ],
)
def test_a_broken_compressed_file(tmp_path: Path, change: object, message: str) -> None:
    stored = gzip.compress(os.urandom(4000))
    (tmp_path / "a.csv.gz").write_bytes(change(stored))  # type: ignore[operator]
    with pytest.raises(SourceError, match=message) as error:
        examine(tmp_path / "a.csv.gz", "a.csv.gz")
    assert error.value.file == "a.csv.gz"


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="it cannot be read: No such file"):
        examine(tmp_path / "a.csv", "a.csv")
