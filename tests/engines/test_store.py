"""The store: one writer, many readers, a published state that changes at once."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from omnictl.engines.lock import StoreBusy
from omnictl.engines.store import FORMAT, Store, read_meta, write_meta
from omnictl.errors import EngineError


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / ".omnictl")


def publish(store: Store, value: int) -> None:
    with store.writer() as connection:
        connection.execute(f"create or replace table figures as select {value} as figure")
        write_meta(connection, "stamp", str(value))
        store.publish(connection)


def figure(store: Store) -> int:
    reader = store.reader()
    try:
        return int(reader.execute("select figure from figures").fetchall()[0][0])
    finally:
        reader.close()


def test_readers_see_what_is_published_and_nothing_else(store: Store) -> None:
    with pytest.raises(EngineError, match="no data yet"):
        store.reader()
    publish(store, 1)
    assert store.published_stamp() == "1"
    with store.writer() as connection:
        connection.execute("update figures set figure = 2")
        assert figure(store) == 1
        store.publish(connection)
    assert figure(store) == 2


def test_a_reader_keeps_its_rows_while_another_state_is_published(store: Store) -> None:
    """Also within one process, where DuckDB would hand out the database it has open under the same name."""
    publish(store, 1)
    early = store.reader()
    publish(store, 2)
    assert early.execute("select figure from figures").fetchall() == [(1,)]
    assert figure(store) == 2
    early.close()


@pytest.mark.parametrize(
    "statement",
    [
        "create table x as select 1",
        "insert into figures values (9)",
        "delete from figures",
        "drop table figures",
        "with gone as (delete from figures returning *) select * from gone",
        "copy figures to '{folder}/out.csv'",
        "from read_csv('{folder}/secret')",
        "from '{folder}/secret'",
        "select * from read_text('{folder}/secret')",
        "select * from glob('{folder}/*')",
        "attach '{folder}/other.duckdb'",
        "export database '{folder}/out'",
        "install httpfs",
        "load httpfs",
        "set memory_limit = '1TB'",
        "set enable_external_access = true",
        "reset lock_configuration",
        "select * from secret_variable",
        "pragma enable_profiling = 'json'",
    ],
)
def test_a_reader_can_neither_write_nor_reach_a_file(store: Store, statement: str) -> None:
    publish(store, 1)
    (store.folder / "secret").write_text("a\nsecret\n")
    secret_variable = duckdb.connect().execute("select 'secret'").fetchall()
    before = sorted(os.listdir(store.folder))
    reader = store.reader()
    with pytest.raises(duckdb.Error):
        reader.execute(statement.format(folder=store.folder)).fetchall()
    reader.close()
    assert sorted(os.listdir(store.folder)) == before
    assert figure(store) == 1
    assert secret_variable


def test_a_statement_of_a_reader_has_its_time(store: Store) -> None:
    publish(store, 1)
    reader = store.reader(seconds=0.5)
    began = time.monotonic()
    with pytest.raises(duckdb.InterruptException):
        reader.execute("select sum(a.range * b.range) from range(10000000) a, range(10000000) b").fetchall()
    assert time.monotonic() - began < 30
    reader.close()


def test_a_second_writer_is_told_who_writes(store: Store) -> None:
    with store.writer(command="omnictl run"), pytest.raises(StoreBusy) as caught, store.writer():
        pass
    assert f"process {os.getpid()} (`omnictl run`) since 20" in caught.value.message
    assert "UTC" in caught.value.message
    assert "--wait" in caught.value.hint


def test_a_writer_waits_for_another(store: Store) -> None:
    ready = threading.Event()

    def hold() -> None:
        with store.writer():
            ready.set()
            time.sleep(0.5)

    holder = threading.Thread(target=hold)
    holder.start()
    ready.wait()
    began = time.monotonic()
    with Store(store.folder).writer(wait_s=20):
        assert time.monotonic() - began > 0.2
    holder.join()


def test_the_lock_of_a_killed_writer_is_free(store: Store) -> None:
    script = """
import sys, time
from collections.abc import Callable
from pathlib import Path
from omnictl.engines.store import Store
with Store(Path(sys.argv[1])).writer() as connection:
    connection.execute("create table half as select 1")
    print("held", flush=True)
    time.sleep(60)
"""
    publish(store, 1)
    command = [sys.executable, "-c", script, str(store.folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with pytest.raises(StoreBusy, match=f"process {process.pid} "), store.writer():
            pass
        process.kill()
    publish(store, 2)
    assert figure(store) == 2


def test_a_lost_work_file_is_made_from_the_published_one(store: Store) -> None:
    publish(store, 1)
    store.work.unlink()
    with store.writer() as connection:
        assert connection.execute("select figure from figures").fetchall() == [(1,)]
    assert store.notes == []


def test_a_broken_work_file_is_made_anew(store: Store) -> None:
    publish(store, 1)
    store.work.write_bytes(b"not a database" * 1000)
    with store.writer() as connection:
        assert connection.execute("select figure from figures").fetchall() == [(1,)]
    assert store.notes == ["the work store could not be opened; it was made anew from the published one"]


def test_without_a_published_file_a_broken_work_file_is_told(store: Store) -> None:
    publish(store, 1)
    store.published.unlink()
    store.work.write_bytes(b"not a database" * 1000)
    with pytest.raises(EngineError, match=r"store\.work\.duckdb cannot be opened"), store.writer():
        pass


def test_a_store_of_a_newer_version_is_refused(store: Store) -> None:
    publish(store, 1)
    with store.writer() as connection:
        write_meta(connection, "format", str(FORMAT + 1))
        store.publish(connection)
    said = rf"newer omnictl \(format {FORMAT + 1}; this version reads up to {FORMAT}\)"
    for opened in (store.reader, lambda: store.writer().__enter__()):
        with pytest.raises(EngineError, match=said):
            opened()


def test_another_database_is_no_store(store: Store) -> None:
    store.folder.mkdir()
    other = duckdb.connect(str(store.work))
    other.execute("create table theirs as select 1")
    other.close()
    with pytest.raises(EngineError, match="not a store of omnictl"), store.writer():
        pass


@pytest.mark.parametrize("step", ["mkdir", "write_text"])
def test_another_writer_is_quicker_to_make_the_folder(store: Store, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """Both begin with a folder of the same name beside it: it may be gone at any step of the slower one."""
    inside: Callable[..., object] = getattr(Path, step)

    def after_the_other(path: Path, *args: object, **options: object) -> object:
        monkeypatch.undo()
        publish(store, 1)
        return inside(path, *args, **options)

    monkeypatch.setattr(Path, step, after_the_other)
    publish(store, 2)
    assert figure(store) == 2
    assert sorted(path.name for path in store.folder.parent.iterdir()) == [".omnictl"]


def test_a_work_file_open_elsewhere_is_left_alone(store: Store) -> None:
    publish(store, 1)
    script = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", script, str(store.work)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        with pytest.raises(EngineError, match="Could not set lock") as caught, store.writer():
            pass
        process.kill()
    assert caught.value.hint == "close the program that has it open"
    assert store.notes == []


def test_scratch_is_emptied_before_and_after(store: Store) -> None:
    store.scratch.mkdir(parents=True)
    (store.scratch / "left over").write_text("06 12 34 56 78")
    with store.writer():
        assert list(store.scratch.iterdir()) == []
        assert store.scratch.stat().st_mode & 0o777 == 0o700
        (store.scratch / "spilt").write_text("06 12 34 56 78")
    assert not store.scratch.exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write everywhere")
def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(EngineError, match="cannot be written"), Store(tmp_path / ".omnictl").writer():
            pass
    finally:
        tmp_path.chmod(0o700)


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / ".omnictl").write_text("")
    with pytest.raises(EngineError, match="cannot be written"), Store(tmp_path / ".omnictl").writer():
        pass


def test_a_full_disk_leaves_the_published_state(store: Store) -> None:
    """A limit on the size of files stands in for it."""
    publish(store, 1)
    script = """
import resource, sys
from collections.abc import Callable
from pathlib import Path
from omnictl.engines.store import Store
from omnictl.errors import EngineError
store = Store(Path(sys.argv[1]))
try:
    with store.writer() as connection:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
        connection.execute("update figures set figure = 2")
        connection.execute("create table large as select i, hash(i) as h from range(1000000) r(i)")
        store.publish(connection)
except Exception as error:
    print(type(error).__name__, error, getattr(error, "hint", ""))
"""
    command = [sys.executable, "-c", script, str(store.folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert "large" in done.stdout.lower() or "space" in done.stdout.lower(), done
    assert figure(store) == 1
    assert not (store.folder / "store.duckdb.new").exists()


def test_a_copy_that_fails_leaves_the_published_state(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(store, 1)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with store.writer() as connection:
        connection.execute("update figures set figure = 2")
        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(EngineError, match="No space left on device"):
            store.publish(connection)
        monkeypatch.undo()
    assert figure(store) == 1
    assert sorted(path.name for path in store.folder.iterdir()) == [
        ".gitignore",
        "store.duckdb",
        "store.work.duckdb",
        "writer.lock",
    ]


def test_copying_without_the_kernels_help(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "copy_file_range")
    publish(store, 7)
    assert figure(store) == 7
    assert store.published.read_bytes() == store.work.read_bytes()


def test_meta(store: Store) -> None:
    with store.writer() as connection:
        assert read_meta(connection, "format") == str(FORMAT)
        assert read_meta(connection, "colour") is None
        write_meta(connection, "colour", "red")
        write_meta(connection, "colour", "blue")
        assert read_meta(connection, "colour") == "blue"
