"""What a killed process leaves in the folder of the store, and who may read what is made there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from omnictl.engines.connection import spill_of
from omnictl.engines.store import FORMAT, Store, read_meta, write_meta

KILLED_BEFORE = """
import os, signal, sys
from pathlib import Path
from omnictl.engines import store

def die(*args, **options):
    os.kill(os.getpid(), signal.SIGKILL)

owner = os if hasattr(os, sys.argv[2]) else store
setattr(owner, sys.argv[2], die)
with store.Store(Path(sys.argv[1])).writer() as connection:
    connection.execute("create table figures as select 1 as figure")
"""


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / ".omnictl")


def names(store: Store) -> set[str]:
    return {path.name for path in store.folder.iterdir()}


@pytest.mark.parametrize("before", ["rename", "open_writer", "write_meta", "check_format", "replace"])
def test_killed_while_the_first_work_file_is_made(store: Store, before: str) -> None:
    command = [sys.executable, "-c", KILLED_BEFORE, str(store.folder), before]
    assert subprocess.run(command, check=False, timeout=60).returncode == -signal.SIGKILL
    with store.writer() as connection:
        assert read_meta(connection, "format") == str(FORMAT)
    assert names(store) == {".gitignore", "store.work.duckdb", "writer.lock"}
    assert [path.name for path in store.folder.parent.iterdir()] == [".omnictl"]


@pytest.mark.parametrize("before", ["fsync", "replace"])
def test_killed_while_the_work_file_is_copied_back(store: Store, before: str) -> None:
    with store.writer() as connection:
        write_meta(connection, "colour", "red")
        store.publish(connection)
    store.work.unlink()
    command = [sys.executable, "-c", KILLED_BEFORE, str(store.folder), before]
    assert subprocess.run(command, check=False, timeout=60).returncode == -signal.SIGKILL
    assert "store.work.duckdb.new" in names(store)
    with store.writer() as connection:
        assert read_meta(connection, "colour") == "red"
    assert names(store) == {".gitignore", "store.duckdb", "store.work.duckdb", "writer.lock"}


def test_what_killed_processes_left_is_removed(store: Store) -> None:
    """Copies that never took their place, and what readers put on disk; not that of a reader that lives."""
    with store.writer() as connection:
        store.publish(connection)
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    living = spill_of(store.published)
    dead = living.with_name(living.name.replace(str(os.getpid()), str(ended.pid)))
    for folder in (living, dead):
        folder.mkdir()
        (folder / "duckdb_temp_storage_DEFAULT-0.tmp").write_bytes(b"rows")
    for name in ("store.duckdb.new", "store.work.duckdb.new", "store.work.duckdb.new.wal"):
        (store.folder / name).write_bytes(b"half")
    with store.writer():
        pass
    assert names(store) == {".gitignore", "store.duckdb", "store.work.duckdb", "writer.lock", living.name}


def test_files_of_the_store_are_for_their_owner(tmp_path: Path) -> None:
    """Also in a folder that was there before, open to everybody, and whatever the umask says."""
    store = Store(tmp_path)
    tmp_path.chmod(0o755)
    before = os.umask(0o000)
    try:
        with store.writer() as connection:
            write_meta(connection, "colour", "red")
            modes = {path.name: path.stat().st_mode & 0o777 for path in store.folder.iterdir()}
            store.publish(connection)
        assert os.umask(0o000) == 0o000
    finally:
        os.umask(before)
    assert modes["store.work.duckdb"] == modes["store.work.duckdb.wal"] == 0o600
    assert modes["tmp"] == 0o700
    assert store.published.stat().st_mode & 0o777 == 0o600


def test_readers_do_not_share_what_they_put_on_disk(store: Store) -> None:
    """Two processes that spill to one folder would write over each other: the names in it are the same."""
    with store.writer() as connection:
        connection.execute("create table many as select i, hash(i) as h from range(1500000) r(i)")
        store.publish(connection)
    script = """
import sys
from pathlib import Path
from omnictl.engines.store import Store
reader = Store(Path(sys.argv[1]), memory="60MB", threads=1).reader()
rows = reader.execute("select i, h, row_number() over (order by h) as n from many order by h desc, i").fetchmany(3)
print(sorted(path.name for path in Path(sys.argv[1]).glob("*.tmp")), rows[0][2])
sys.stdout.flush()
sys.stdin.readline()
reader.close()
"""
    command = [sys.executable, "-c", script, str(store.folder)]
    readers = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for reader in readers:
        assert reader.stdout is not None
        told = reader.stdout.readline()
        assert f"store.duckdb.{reader.pid}.tmp" in told
        assert told.strip().endswith("1500000")
    for reader in readers:
        reader.communicate("\n", timeout=60)
        assert reader.returncode == 0
    assert not list(store.folder.glob("*.tmp"))
