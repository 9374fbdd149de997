"""Data on its way out: `--format`, `--csv`, `--out`, and the one place that writes to stdout."""

from __future__ import annotations

import functools
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import click

from omnictl.cli.base import Session
from omnictl.errors import OmnictlError
from omnictl.render import CSV_STYLES, FILES, FORMATS, Table, write, write_file
from omnictl.render.safe import lines, one_line

FOR_PEOPLE = ("table", "md")
BY_SUFFIX = {
    **{".csv": "csv", ".json": "json", ".jsonl": "jsonl", ".ndjson": "jsonl", ".md": "md"},
    **{".parquet": "parquet", ".xlsx": "xlsx"},
}


@dataclass(frozen=True)
class Output:
    """Where the answer goes and in what form. `csv` is the style of the CSV."""

    format: str
    file: Path | None
    session: Session
    csv: str = "plain"

    @property
    def for_people(self) -> bool:
        return self.format in FOR_PEOPLE

    def write(self, *tables: Table, lang: str, definitions: Sequence[Mapping[str, Any]] = ()) -> None:
        """Write one table, or several under their titles when people read them; notes go to stderr.

        Args:
            definitions: what the KPIs of the tables count, for the formats that can carry it.
        """
        told: list[str] = []
        if self.format in FILES:
            with self._whole_file() as file:
                told = write_file(tables, self.format, file, lang=lang, definitions=definitions)
        else:
            self._write_texts(tables, lang)
        for note in dict.fromkeys([*(note for table in tables for note in table.notes), *told]):
            self.session.say(f"note: {note}")

    def _write_texts(self, tables: Sequence[Table], lang: str) -> None:
        with self._stream() as out:
            for number, table in enumerate(tables):
                if self.for_people and len(tables) > 1:
                    mark = "## " if self.format == "md" else ""
                    out.write(("\n" if number else "") + mark + one_line(table.title) + "\n\n")
                write(table, self.format, out, lang=lang, csv=self.csv)

    def text(self, text: str) -> None:
        """Write a page of text; what it quotes cannot steer the terminal."""
        with self._stream() as out:
            out.write(lines(text).rstrip("\n") + "\n" if text else "")

    @contextmanager
    def _whole_file(self) -> Iterator[Path]:
        """A file to be written whole; it takes its place, or goes down stdout, when that is done."""
        if self.file is not None:
            with replacing_file(self.file) as file:
                yield file
            return
        with tempfile.TemporaryDirectory(prefix="omnictl-") as folder:
            file = Path(folder) / f"answer.{self.format}"
            yield file
            with _told_of_stdout(), file.open("rb") as whole:
                sys.stdout.flush()
                shutil.copyfileobj(whole, sys.stdout.buffer)
                sys.stdout.buffer.flush()

    @contextmanager
    def _stream(self) -> Iterator[TextIO]:
        if self.file is None:
            with _told_of_stdout():
                yield sys.stdout
                sys.stdout.flush()
            return
        with replacing(self.file) as out:
            yield out


@contextmanager
def _told_of_stdout() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OmnictlError(f"stdout cannot be written: {error.strerror}") from None


def output_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `--format`, `--csv` and `--out`, and hand it an `output`. The first argument is the session."""
    return output_options_with()(command)


def output_options_with(*also: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The same for a command that writes further formats, which it makes itself and hands to `Output.text`."""
    path = click.Path(path_type=Path)
    formats = (*FORMATS, *also)

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @click.option(
            "--format", type=click.Choice(formats), help="Form of the answer; default: table, or by FILE's name."
        )
        @click.option("--csv", type=click.Choice(CSV_STYLES), help="CSV in this style; excel-fr: for Excel in French.")
        @click.option("-o", "--out", type=path, metavar="FILE", help="Write to FILE, whole or not at all.")
        @functools.wraps(command)
        def with_output(
            session: Session, *args: Any, format: str | None, csv: str | None, out: Path | None, **kwargs: Any
        ) -> Any:
            return command(session, *args, output=_output(session, format, csv, out), **kwargs)

        return with_output

    return decorate


def _output(session: Session, format: str | None, csv: str | None, out: Path | None) -> Output:
    file = None if out is None or str(out) == "-" else out
    if csv is not None and format not in (None, "csv"):
        raise click.UsageError(f"--csv {csv} writes CSV, --format {format} does not")
    chosen = format or ("csv" if csv else BY_SUFFIX.get(file.suffix.lower() if file else "", "table"))
    if chosen in FILES and file is None and sys.stdout.isatty():
        hint = f"--out FILE.{chosen} writes it to a file; a pipe takes it too"
        raise OmnictlError(f"{chosen} is not for a terminal", hint=hint)
    return Output(chosen, file, session, csv or "plain")


@contextmanager
def replacing(file: Path) -> Iterator[TextIO]:
    """A UTF-8 stream that becomes the file when all is written; until then the old file stands.

    Raises:
        OmnictlError: the folder is missing or cannot be written.
    """
    with replacing_file(file) as whole, whole.open("w", encoding="utf-8", newline="\n") as out:
        yield out


@contextmanager
def replacing_file(file: Path) -> Iterator[Path]:
    """The name of an empty file that takes the place of another when all is written; until then the old one stands.

    Raises:
        OmnictlError: the folder is missing or cannot be written.
    """
    target = Path(os.path.realpath(file))
    try:
        if target.is_dir():
            raise OmnictlError(f"{file} is a folder", hint="--out takes the name of a file")
        if target.exists() and not stat.S_ISREG(target.stat().st_mode):
            with _copied_to(target) as copy:  # /dev/null, a pipe: nothing to replace
                yield copy
            return
        descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    except OSError as error:
        raise OmnictlError(f"{file} cannot be written: {error.strerror}") from None
    whole = Path(name)
    try:
        os.close(descriptor)
        yield whole
        whole.chmod(_mode(target))
        _flush(whole)
        os.replace(whole, target)
    except OSError as error:
        whole.unlink(missing_ok=True)
        raise OmnictlError(f"{file} cannot be written: {error.strerror}") from None
    except BaseException:
        whole.unlink(missing_ok=True)
        raise


@contextmanager
def _copied_to(device: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="omnictl-") as folder:
        whole = Path(folder) / "answer"
        whole.touch()
        yield whole
        with whole.open("rb") as data, device.open("wb") as out:
            shutil.copyfileobj(data, out)


def _flush(file: Path) -> None:
    """Bring what was written to the disk, so that no crash leaves the name of a file without its content."""
    with file.open("rb") as written:
        os.fsync(written.fileno())


def _mode(target: Path) -> int:
    """The rights of the file that is replaced, or those a new file gets."""
    if target.exists():
        return stat.S_IMODE(target.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
