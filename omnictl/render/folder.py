"""A folder of files that one command writes anew each time: what an earlier run left behind goes, and nothing else.

A list of the files, `files.txt`, lies among them; its first line says who wrote them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from omnictl.errors import OmnictlError

MANIFEST = "files.txt"


@dataclass(frozen=True)
class Written:
    """The files of one command.

    Attributes:
        command: who writes them, as it is told.
        names: what their paths look like; a list that names others is not believed.
    """

    command: str
    names: re.Pattern[str]

    @property
    def first_line(self) -> str:
        return f"Written by omnictl {self.command}; what is listed here is replaced and removed with the next one."

    def write(self, files: Mapping[str, str], folder: Path) -> int:
        """Write the files and take away what an earlier run wrote and this one does not; returns how many went.

        Raises:
            OmnictlError: the folder holds files of others under these names, or cannot be written.
        """
        try:
            before = self._before(folder)
            strange = [name for name in files if before is None and (folder / name).exists()]
            if strange:
                message = f"{folder / strange[0]} is there already and was not written by `{self.command}`"
                raise OmnictlError(message, hint="name an empty folder, or remove the file")
            for name, text in files.items():
                file = folder / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8", newline="\n")
            gone = [name for name in before or () if name not in files and (folder / name).is_file()]
            for name in gone:
                (folder / name).unlink()
            (folder / MANIFEST).write_text(self._manifest(files), encoding="utf-8", newline="\n")
        except OSError as error:
            raise OmnictlError(f"{folder} cannot be written: {error.strerror}") from None
        return len(gone)

    def stale(self, files: Mapping[str, str], folder: Path) -> list[str]:
        """The files of a folder that are not what they would be written as now: missing, changed, or left over."""
        left = [name for name in self._before(folder) or () if name not in files and (folder / name).is_file()]
        return [*(name for name, text in files.items() if content(folder / name) != text), *left]

    def _manifest(self, files: Mapping[str, str]) -> str:
        return "\n".join([self.first_line, "", *files]) + "\n"

    def _before(self, folder: Path) -> list[str] | None:
        """The files an earlier run wrote, those of our names alone; None when none did."""
        manifest = folder / MANIFEST
        if not manifest.is_file():
            return None
        lines = manifest.read_text(encoding="utf-8", errors="replace").splitlines()
        return [line for line in lines[1:] if self.names.match(line)] if lines[:1] == [self.first_line] else None


def content(file: Path) -> str | None:
    """The text of a file, its line ends as they are; None where there is none."""
    try:
        return file.read_bytes().decode("utf-8", errors="replace")
    except OSError:
        return None
