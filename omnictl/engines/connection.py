"""How omnictl opens DuckDB: what the writer gets, and how a reader is locked in."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omnictl.errors import EngineError

if TYPE_CHECKING:
    import duckdb

# What DuckDB may keep in memory. The process takes some 300 MB more: the interpreter, the readers' buffers, allocations
# the database does not count. Together they stay under 1 GB.
DEFAULT_MEMORY = "640MB"
READER = "store"  # the name a reader's database is attached under
READER_MEMORY = "1GB"
READER_SPILL = "8GB"  # on disk, for what does not fit in memory
READER_SECONDS = 30.0  # for one statement
READER_DEPTH = 250  # of brackets and operators

OFFLINE = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    "allow_persistent_secrets": False,
    "python_enable_replacements": False,
}


# A setting of the connection, which `connect` does not take: said after connecting.
NO_BAR = "set enable_progress_bar = false"


def open_writer(file: Path, *, memory: str, threads: int | None, scratch: Path) -> duckdb.DuckDBPyConnection:
    """A connection that may write; what does not fit in memory goes to `scratch`.

    Raises:
        duckdb.Error: DuckDB cannot open the file.
    """
    import duckdb

    config: dict[str, Any] = {
        **OFFLINE,
        "memory_limit": memory or DEFAULT_MEMORY,
        "temp_directory": str(scratch),
        "preserve_insertion_order": True,  # a record's place in its file is the place of its row
    }
    if threads:
        config["threads"] = threads
    connection = duckdb.connect(str(file), config=config)
    connection.execute("set TimeZone = 'UTC'")
    connection.execute(NO_BAR)
    # DuckDB computes what two columns share outside the try() around each of them: one bad cell would end the load
    connection.execute("set disabled_optimizers = 'common_subexpressions'")
    return connection


def open_reader(
    file: Path, *, memory: str = "", threads: int | None = None, seconds: float = READER_SECONDS
) -> duckdb.DuckDBPyConnection:
    """A connection that reads one database file and can do nothing else: no write, no other file, no setting.

    The file is attached, not opened: `duckdb.connect` gives a process that already reads a file of this name the rows
    of the file it replaced.

    Args:
        seconds: how long one statement may take.

    Raises:
        duckdb.Error: DuckDB cannot open the file.
    """
    connection = open_memory(spill_of(file), memory=memory, threads=threads)
    try:
        connection.execute(f"attach {quoted(str(file))} as {READER} (read_only)")
        connection.execute(f"use {READER}")
        lock_in(connection, seconds)
    except BaseException:
        connection.close()
        raise
    return connection


def open_memory(
    spill: Path | None = None, *, memory: str = "", threads: int | None = None
) -> duckdb.DuckDBPyConnection:
    """A database in memory for statements that a stranger may have written; `lock_in` when it holds what they may see.

    Args:
        spill: the folder for what does not fit in memory, made when it is needed and removed after; None: there is
            none, and such a statement fails.
        memory: its limit; not all that DuckDB takes falls under it.
    """
    import duckdb

    config: dict[str, Any] = {
        **OFFLINE,
        "max_expression_depth": READER_DEPTH,
        "memory_limit": memory or READER_MEMORY,
        "temp_directory": str(spill) if spill else "",  # not said, it is `.tmp` in the current folder
    }
    if spill:
        config["max_temp_directory_size"] = READER_SPILL
    if threads:
        config["threads"] = threads
    connection = duckdb.connect(":memory:", config=config)
    connection.execute(f"set TimeZone = 'UTC'; {NO_BAR}")
    return connection


def lock_in(connection: duckdb.DuckDBPyConnection, seconds: float = READER_SECONDS) -> None:
    """Let a connection reach nothing outside of itself from now on, and take no longer than so for one statement."""
    connection.execute(
        f"""
        set max_execution_time = {max(1, int(seconds * 1000))};
        set enable_external_access = false;
        set lock_configuration = true
        """
    )


def spill_of(file: Path) -> Path:
    """Where this process puts what does not fit in memory while it reads a file.

    Each process has its own: DuckDB gives the files in it the same names everywhere.
    """
    return file.with_name(f"{file.name}.{os.getpid()}.tmp")


def quoted(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def named(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def one_of(value: str, texts: Iterable[str]) -> str:
    """A condition, never NULL: a value is one of some texts.

    `in` with more than a few constants is planned as a join, which copies every row.
    """
    cases = " ".join(f"when {quoted(text)} then true" for text in texts)
    return f"case {value} {cases} else false end" if cases else "false"


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """All that is done inside is kept, or none of it."""
    connection.execute("begin transaction")
    try:
        yield
        connection.execute("commit")
    except BaseException:
        undo(connection)
        raise


def undo(connection: duckdb.DuckDBPyConnection) -> None:
    """Roll back whatever is open; the error that led here is the one to tell."""
    import duckdb

    try:
        connection.execute("rollback")
    except duckdb.Error:
        return


def told(error: Exception, asked: str) -> EngineError:
    """The database's refusal as an error that says what was asked, in its own words, and what to do."""
    words = str(error).strip()
    hints: list[tuple[Callable[[str], bool], str]] = [
        (lambda text: "no space left" in text, "free some space on the disk of the store, then run again"),
        (lambda text: "file too large" in text, "the disk or a limit refuses larger files; then run again"),
        (lambda text: "read-only" in text or "permission denied" in text, "the folder of the store must be writable"),
        (lambda text: "out of memory" in text, "raise `engine: {memory: …}` in omnictl.yml"),
        (lambda text: "max_execution_time" in text, "ask for less, or allow more time with --timeout"),
        (lambda text: "could not set lock" in text, "close the program that has it open"),
        (lambda text: "database file with version number" in text, "a newer DuckDB wrote it: upgrade `duckdb`"),
    ]
    hint = next((hint for holds, hint in hints if holds(words.lower())), "")
    return EngineError(f"{asked}: {words}", hint=hint)
