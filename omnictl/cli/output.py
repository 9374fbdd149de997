"""Data on its way out: `--format`, `--out`, and the one place that writes to stdout."""

from __future__ import annotations

import functools
import os
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import click

from omnictl.cli.base import Session
from omnictl.errors import OmnictlError
from omnictl.render import FORMATS, Table, write
from omnictl.render.safe import lines, one_line

FOR_PEOPLE = ("table", "md")
BY_SUFFIX = {".csv": "csv", ".json": "json", ".jsonl": "jsonl", ".ndjson": "jsonl", ".md": "md"}


@dataclass(frozen=True)
class Output:
    """Where the answer goes and in what form."""

    format: str
    file: Path | None
    session: Session

    @property
    def for_people(self) -> bool:
        return self.format in FOR_PEOPLE

    def write(self, *tables: Table, lang: str) -> None:
        """Write one table, or several under their titles when people read them; notes go to stderr."""
        with self._stream() as out:
            for number, table in enumerate(tables):
                if self.for_people and len(tables) > 1:
                    mark = "## " if self.format == "md" else ""
                    out.write(("\n" if number else "") + mark + one_line(table.title) + "\n\n")
                write(table, self.format, out, lang=lang)
        for note in dict.fromkeys(note for table in tables for note in table.notes):
            self.session.say(f"note: {note}")

    def text(self, text: str) -> None:
        """Write a page of text; what it quotes cannot steer the terminal."""
        with self._stream() as out:
            out.write(lines(text).rstrip("\n") + "\n" if text else "")

    @contextmanager
    def _stream(self) -> Iterator[TextIO]:
        if self.file is None:
            try:
                yield sys.stdout
                sys.stdout.flush()
            except BrokenPipeError:
                raise
            except OSError as error:
                raise OmnictlError(f"stdout cannot be written: {error.strerror}") from None
            return
        with replacing(self.file) as out:
            yield out


def output_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `--format` and `--out`, and hand it an `output`. The first argument is the session."""

    path = click.Path(path_type=Path)

    @click.option("--format", type=click.Choice(FORMATS), help="Form of the answer; default: table, or by FILE's name.")
    @click.option("-o", "--out", type=path, metavar="FILE", help="Write to FILE, whole or not at all.")
    @functools.wraps(command)
    def with_output(session: Session, *args: Any, format: str | None, out: Path | None, **kwargs: Any) -> Any:
        file = None if out is None or str(out) == "-" else out
        chosen = format or BY_SUFFIX.get(file.suffix.lower() if file else "", "table")
        return command(session, *args, output=Output(chosen, file, session), **kwargs)

    return with_output


@contextmanager
def replacing(file: Path) -> Iterator[TextIO]:
    """A UTF-8 stream that becomes the file when all is written; until then the old file stands.

    Raises:
        OmnictlError: the folder is missing or cannot be written.
    """
    target = Path(os.path.realpath(file))
    try:
        if target.exists() and not stat.S_ISREG(target.stat().st_mode) and not target.is_dir():
            with target.open("w", encoding="utf-8", newline="\n") as device:  # /dev/null, a pipe: nothing to replace
                yield device
            return
        if target.is_dir():
            raise OmnictlError(f"{file} is a folder", hint="--out takes the name of a file")
        descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    except OSError as error:
        raise OmnictlError(f"{file} cannot be written: {error.strerror}") from None
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as out:
            yield out
            out.flush()
            os.fchmod(descriptor, _mode(target))
            os.fsync(descriptor)
        os.replace(name, target)
    except OSError as error:
        Path(name).unlink(missing_ok=True)
        raise OmnictlError(f"{file} cannot be written: {error.strerror}") from None
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _mode(target: Path) -> int:
    """The rights of the file that is replaced, or those a new file gets."""
    if target.exists():
        return stat.S_IMODE(target.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
