"""Files that are still being written: left for the next run, and noticed when they change while they are read."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from omnictl.connectors import files
from omnictl.connectors.files import ChangingFile, check_unchanged, examine
from omnictl.connectors.readiness import ready_files

NOW = datetime(2026, 3, 5, 10)


def names(folder: Path, ages: dict[str, float]) -> list[Path]:
    """Files of these ages, in seconds."""
    for name, age in ages.items():
        (folder / name).write_bytes(b"id\n1\n")
        moment = NOW.replace(tzinfo=UTC).timestamp() - age
        os.utime(folder / name, (moment, moment))
    return [folder / name for name in ages]


def test_without_conditions_every_file_is_ready(tmp_path: Path) -> None:
    paths = names(tmp_path, {"a.csv": 0, "b.csv.done": 0})
    assert ready_files(paths, None, "", NOW) == (paths, [])


def test_a_file_settles(tmp_path: Path) -> None:
    paths = names(tmp_path, {"new": 29.5, "old": 30, "ahead": -20, "far ahead": -3600})
    taken, waiting = ready_files(paths, timedelta(seconds=30), "", NOW)
    assert [path.name for path in taken] == ["old", "far ahead"]
    assert [(one.path.name, one.reason) for one in waiting] == [
        ("new", "it changed 30 s ago, and is to settle for 30 s"),
        ("ahead", "it changed 0 s ago, and is to settle for 30 s"),
    ]


def test_a_database_settles_with_what_lies_beside_it(tmp_path: Path) -> None:
    path, _ = names(tmp_path, {"a.sqlite": 600, "a.sqlite-wal": 5})
    taken, waiting = ready_files([path], timedelta(seconds=30), "", NOW)
    assert (taken, waiting[0].reason) == ([], "it changed 5 s ago, and is to settle for 30 s")


@pytest.mark.parametrize(
    ("ready", "companions", "taken"),
    [
        ("*.done", ["a.csv.done", "b.done", "c.csv.gz.done", "d.csv.done", "e.done"], "abcde"),
        ("*.done", [], ""),
        ("done-*", ["done-a.csv", "done-b", "done-c.csv"], "abc"),
        ("_SUCCESS", ["_SUCCESS"], "abcde"),
        ("_SUCCESS", [], ""),
    ],
)
def test_a_companion_says_that_a_file_is_done(tmp_path: Path, ready: str, companions: list[str], taken: str) -> None:
    exports = names(tmp_path, {"a.csv": 0, "b.csv": 0, "c.csv.gz": 0, "d.csv.gz": 0, "e.1.csv": 0})
    paths = exports + names(tmp_path, dict.fromkeys(companions, 0))
    found, waiting = ready_files(paths, None, ready, NOW)
    assert "".join(path.name[0] for path in found if path in exports) == taken
    assert set(found) <= set(exports)
    assert len(waiting) == 5 - len(taken)
    if waiting and ready == "*.done":
        assert waiting[0].reason == "there is no a.csv.done or a.done yet"


def test_done_but_not_settled(tmp_path: Path) -> None:
    paths = names(tmp_path, {"a.csv": 5, "a.csv.done": 5})
    taken, waiting = ready_files(paths, timedelta(minutes=1), "*.done", NOW)
    assert (taken, len(waiting)) == ([], 1)


@pytest.mark.parametrize("change", [b"id\n1\n2", b"id\n1\n3\n", None])
def test_a_file_that_changes_while_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: bytes | None
) -> None:
    (path,) = names(tmp_path, {"a.csv": 600})

    class Meddler(files.ByteEvidence):
        def add(self, piece: bytes) -> None:
            if change is not None:
                path.write_bytes(change)
            super().add(piece)

    monkeypatch.setattr(files, "ByteEvidence", Meddler)
    if change is None:
        assert examine(path, "a.csv").size == 5
        return
    with pytest.raises(ChangingFile, match="it changed while it was being read") as error:
        examine(path, "a.csv")
    assert "the next run takes it" in error.value.hint


def test_a_file_that_changes_after_it_was_examined(tmp_path: Path) -> None:
    (path,) = names(tmp_path, {"a.csv": 600})
    file = examine(path, "a.csv")
    check_unchanged(file)
    with path.open("ab") as stream:
        stream.write(b"2\n")
    with pytest.raises(ChangingFile):
        check_unchanged(file)
    path.unlink()
    with pytest.raises(ChangingFile):
        check_unchanged(file)
