"""The store: a work file that one writer fills, and a published file that everybody reads.

A run changes `store.work.duckdb` and, when it is done, copies it to `store.duckdb` under a temporary name and renames
it. So readers never wait, nobody sees half a run, and a run killed anywhere leaves what was published.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from omnictl.engines.connection import READER_SECONDS, named, open_reader, open_writer, quoted, told
from omnictl.engines.lock import exclusive
from omnictl.errors import EngineError

if TYPE_CHECKING:
    import duckdb

FORMAT = 3  # of the tables; raised when another version's can no longer be read
COPY_BYTES = 1 << 26
ERASED = "erased"  # said in `meta` while the bytes of erased rows may still lie in the store's files


class Store:
    """A folder with the store's files.

    Attributes:
        published: what readers open.
        work: what the writer opens.
        scratch: what does not fit in memory while writing; may hold identifiers in the clear, so it is emptied
            before and after, and open to its owner only.
        rejects: raw text of rejected records, outside the published file.
        notes: what the last writer had to mend, in words.
    """

    def __init__(self, folder: Path, *, memory: str = "", threads: int | None = None) -> None:
        self.folder = folder
        self.memory = memory
        self.threads = threads
        self.published = folder / "store.duckdb"
        self.work = folder / "store.work.duckdb"
        self.scratch = folder / "tmp"
        self.rejects = folder / "rejects"
        self.notes: list[str] = []

    @contextmanager
    def writer(self, *, wait_s: float = 0.0, command: str = "") -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection on the work file, held by one process at a time.

        Args:
            wait_s: seconds to wait for another writer.
            command: what this writer does, told to those who find the store taken.

        Raises:
            StoreBusy: another process writes.
            EngineError: the folder cannot be written, or the files not read; the disk is full.
        """
        import duckdb

        self.notes = []
        with ExitStack() as stack:
            try:
                self._make_folder()
                stack.enter_context(exclusive(self.folder / "writer.lock", wait_s=wait_s, command=command))
                stack.enter_context(_for_the_owner_only())
                stack.enter_context(self._scratch())
                self._clear_leavings()
                connection = self._open_work()
            except OSError as error:
                raise _refused(self.folder, error) from error
            stack.callback(connection.close)
            try:
                yield connection
            except (duckdb.OperationalError, duckdb.FatalException) as error:
                raise told(error, "the store could not be written") from error

    @contextmanager
    def rehearsal(self, *, wait_s: float = 0.0, command: str = "") -> Iterator[Store]:
        """A copy of this store in its scratch folder, to be written to and thrown away; the store itself is held.

        Raises:
            StoreBusy: another process writes.
            EngineError: the folder cannot be written; the disk is full.
        """
        with ExitStack() as stack:
            try:
                self._make_folder()
                stack.enter_context(exclusive(self.folder / "writer.lock", wait_s=wait_s, command=command))
                stack.enter_context(self._scratch())
                copy = Store(self.scratch / "rehearsal", memory=self.memory, threads=self.threads)
                copy.folder.mkdir(mode=0o700)
                log = self.work.with_name(self.work.name + ".wal")  # what a killed run left
                for origin in (self.work, log) if self.work.exists() else (self.published,):
                    if origin.exists():
                        _replace_by_copy(origin, copy.folder / origin.name)
            except OSError as error:
                raise _refused(self.folder, error) from error
            yield copy

    def reader(self, *, seconds: float = READER_SECONDS) -> duckdb.DuckDBPyConnection:
        """A locked, read-only connection on the published file; `seconds` is how long one statement may take.

        Raises:
            EngineError: nothing is published yet, or the file cannot be read.
        """
        import duckdb

        if not self.published.exists():
            raise EngineError(f"there is no data yet: {self.published} does not exist", hint="`omnictl run` makes it")
        try:
            connection = open_reader(self.published, memory=self.memory, threads=self.threads, seconds=seconds)
        except duckdb.Error as error:
            raise told(error, f"the store {self.published} cannot be opened") from error
        try:
            check_format(connection, self.published)
        except BaseException:
            connection.close()
            raise
        return connection

    def publish(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Make what the writer has committed the published state.

        Raises:
            EngineError: the disk is full or the folder cannot be written; the published state stays as it was.
        """
        import duckdb

        try:
            connection.execute("checkpoint")  # a copy without it would lack what still lies in the log
            if read_meta(connection, ERASED) is None:
                _replace_by_copy(self.work, self.published)
            else:
                self._publish_rewritten(connection)
        except duckdb.Error as error:
            raise told(error, "the run could not be published") from error
        except OSError as error:
            raise _refused(self.folder, error) from error

    def owes(self, connection: duckdb.DuckDBPyConnection) -> bool:
        """Whether what the writer has committed is not what is published."""
        stamp = read_meta(connection, "stamp")
        return read_meta(connection, ERASED) is not None or (stamp is not None and stamp != self._published(connection))

    def _published(self, connection: duckdb.DuckDBPyConnection) -> str | None:
        """The stamp of the published state, as `published_stamp`, without another instance of DuckDB."""
        import duckdb

        if not self.published.exists():
            return None
        try:
            connection.execute(f"attach {quoted(str(self.published))} as published (read_only)")
        except duckdb.Error:
            return None
        try:
            found = connection.execute("select value from published.meta where key = 'stamp'").fetchall()
        except duckdb.CatalogException:
            return None
        finally:
            connection.execute("detach published")
        return str(found[0][0]) if found else None

    def _publish_rewritten(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Publish a copy row by row, and make it the work file too: a file keeps the bytes of deleted rows in blocks it
        may use again. The connection must not write afterwards: the file it has open is no longer the work file."""
        fresh = _fresh(self.work)
        _log_of(fresh).unlink(missing_ok=True)
        fresh.unlink(missing_ok=True)
        ((own,),) = connection.execute("select current_database()").fetchall()
        connection.execute(f"attach {quoted(str(fresh))} as rewritten")
        try:
            connection.execute(f"copy from database {named(own)} to rewritten")
            connection.execute(f"delete from rewritten.meta where key = {quoted(ERASED)}")
            connection.execute("checkpoint rewritten")
        finally:
            connection.execute("detach rewritten")
        _replace_by_copy(fresh, self.published)
        os.replace(fresh, self.work)

    def published_stamp(self) -> str | None:
        """The stamp of the published state; None when there is none, or it cannot be read."""
        import duckdb

        if not self.published.exists():
            return None
        try:
            connection = open_reader(self.published)
        except duckdb.Error:
            return None
        try:
            return read_meta(connection, "stamp")
        finally:
            connection.close()

    def _make_folder(self) -> None:
        """Make the folder, with its `.gitignore` or not at all: a folder that was there before is left as it is."""
        if self.folder.exists():
            return
        fresh = _fresh(self.folder)
        try:
            fresh.mkdir(mode=0o700, parents=True, exist_ok=True)
            (fresh / ".gitignore").write_text("*\n")  # neither data nor secret goes into a repository
            os.rename(fresh, self.folder)
        except OSError:
            if not self.folder.is_dir():  # else another writer was quicker, and may have taken `fresh` at any step
                raise
            shutil.rmtree(fresh, ignore_errors=True)

    @contextmanager
    def _scratch(self) -> Iterator[None]:
        shutil.rmtree(self.scratch, ignore_errors=True)
        self.scratch.mkdir(mode=0o700)
        try:
            yield
        finally:
            shutil.rmtree(self.scratch, ignore_errors=True)

    def _clear_leavings(self) -> None:
        """Remove what was left by a writer killed while copying, and by killed readers."""
        for file in (self.published, self.work):
            _fresh(file).unlink(missing_ok=True)
            _log_of(_fresh(file)).unlink(missing_ok=True)
        for folder in self.folder.glob(f"{self.published.name}.*.tmp"):
            reader = folder.name.split(".")[-2]
            if reader.isdigit() and not _lives(int(reader)):
                shutil.rmtree(folder, ignore_errors=True)

    def _open_work(self) -> duckdb.DuckDBPyConnection:
        import duckdb

        if not self.work.exists() and self.published.exists():
            self._work_from_published()
        try:
            if not self.work.exists():
                self._make_work()
            return self._opened(self.work)
        except duckdb.Error as error:
            # open in another program, it is sound and not ours to replace
            if "could not set lock" in str(error).lower() or self.published_stamp() is None:
                refusal = told(error, f"the store {self.work} cannot be opened")
                refusal.hint = refusal.hint or f"remove {self.work} to load the exports anew"
                raise refusal from error
        self._work_from_published()
        self.notes.append("the work store could not be opened; it was made anew from the published one")
        try:
            return self._opened(self.work)
        except duckdb.Error as error:
            raise told(error, f"the store {self.work} cannot be opened") from error

    def _make_work(self) -> None:
        """A new work file, there at once or not at all: half of one would be taken for a damaged store."""
        fresh = _fresh(self.work)
        self._opened(fresh).close()  # which empties its log
        _log_of(self.work).unlink(missing_ok=True)
        os.replace(fresh, self.work)

    def _opened(self, file: Path) -> duckdb.DuckDBPyConnection:
        connection = open_writer(file, memory=self.memory, threads=self.threads, scratch=self.scratch)
        try:
            if _format(connection) is None and _is_empty(connection):
                connection.execute("create table meta (key varchar primary key, value varchar)")
                write_meta(connection, "format", str(FORMAT))
            check_format(connection, file)
        except BaseException:
            connection.close()
            raise
        return connection

    def _work_from_published(self) -> None:
        _log_of(self.work).unlink(missing_ok=True)  # it belongs to the file that goes
        _replace_by_copy(self.published, self.work)


def check_format(connection: duckdb.DuckDBPyConnection, file: Path) -> None:
    """See that a database is a store this version can use.

    Raises:
        EngineError: a newer omnictl wrote it, or it is no store at all.
    """
    found = _format(connection)
    if found is None or not found.isdigit():
        raise EngineError(f"{file} is a DuckDB database, but not a store of omnictl", hint="name another `store:`")
    if int(found) > FORMAT:
        message = f"{file} was written by a newer omnictl (format {found}; this version reads up to {FORMAT})"
        raise EngineError(message, hint="upgrade omnictl, or name another `store:`")
    if int(found) < FORMAT:
        message = f"{file} was written by an older omnictl (format {found}; this version reads {FORMAT})"
        raise EngineError(
            message, hint=f"remove {file.parent.name}/*.duckdb and run again: the exports are loaded anew"
        )


def read_meta(connection: duckdb.DuckDBPyConnection, key: str) -> str | None:
    """What the store says about itself under a key; None when it does not say."""
    found = connection.execute("select value from meta where key = $key", {"key": key}).fetchall()
    return str(found[0][0]) if found else None


def write_meta(connection: duckdb.DuckDBPyConnection, key: str, value: str) -> None:
    """Let the store say something about itself."""
    said = {"key": key, "value": value}
    # at a quarter of the cost of `insert or replace`
    ((there,),) = connection.execute("update meta set value = $value where key = $key", said).fetchall()
    if not there:
        connection.execute("insert into meta values ($key, $value)", said)


def _format(connection: duckdb.DuckDBPyConnection) -> str | None:
    """The format a database says it has; None when it has no table `meta`, or that is silent.

    Asked for by its name: DuckDB makes a list of tables only after all its own views, a tenth of a short question.
    """
    import duckdb

    try:
        return read_meta(connection, "format")
    except duckdb.CatalogException:
        return None


def _is_empty(connection: duckdb.DuckDBPyConnection) -> bool:
    tables = "select count(*) from duckdb_tables() where database_name = current_database()"
    return connection.execute(tables).fetchall() == [(0,)]


def _fresh(target: Path) -> Path:
    """The name a copy has before it takes the place of `target`."""
    return target.with_name(target.name + ".new")


def _log_of(file: Path) -> Path:
    """DuckDB's log of what has been committed and not yet written into a database file."""
    return file.with_name(file.name + ".wal")


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # somebody else's
        return True
    return True


@contextmanager
def _for_the_owner_only() -> Iterator[None]:
    """Whatever is made while inside can be read by nobody else: DuckDB asks for 0666 for its file and its log."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def _replace_by_copy(origin: Path, target: Path) -> None:
    """Give `target` the bytes of `origin`, at once or not at all, also through a power cut."""
    fresh = _fresh(target)
    try:
        with origin.open("rb") as reading, os.fdopen(os.open(fresh, _NEW_FILE, 0o600), "wb") as writing:
            _copy(reading.fileno(), writing.fileno(), os.fstat(reading.fileno()).st_size)
            os.fsync(writing.fileno())
        os.replace(fresh, target)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC


def _copy(origin: int, target: int, size: int) -> None:
    try:  # inside the kernel, and without moving a byte where the file system can share
        while (done := os.lseek(target, 0, os.SEEK_CUR)) < size:
            if os.copy_file_range(origin, target, min(COPY_BYTES, size - done)) == 0:
                break
    except (AttributeError, OSError) as error:  # no such call on this system, or not on this file system
        if isinstance(error, OSError) and error.errno not in _NO_SUCH_CALL:
            raise
        with os.fdopen(os.dup(origin), "rb") as reading, os.fdopen(os.dup(target), "wb") as writing:
            shutil.copyfileobj(reading, writing, COPY_BYTES)


_NO_SUCH_CALL = (errno.ENOSYS, errno.EINVAL, errno.EXDEV, errno.EOPNOTSUPP)


def _refused(folder: Path, error: OSError) -> EngineError:
    hint = "the folder must be writable, and its disk not full"
    return EngineError(f"the store {folder} cannot be written: {error.strerror or error}", hint=hint)
