"""What SQLite and DuckDB files have in common: which of their tables, or which query, gives the records."""

from __future__ import annotations

from collections.abc import Sequence

from omnictl.connectors.files import ExportFile
from omnictl.errors import SourceError, did_you_mean, nearest

LISTED = 20  # tables named in a message


def chosen_table(file: ExportFile, given: str, tables: Sequence[str], views: Sequence[str]) -> str:
    """The table or view of the given name, whatever its capitals; without one, the only table.

    Raises:
        SourceError: there is none, or there are several and none is named.
    """
    if given:
        known = [*tables, *views]
        found = [name for name in known if name == given] or [
            name for name in known if name.casefold() == given.casefold()
        ]
        if found:
            return found[0]
        raise SourceError(f"there is no table `{given}`", file=file.shown, hint=did_you_mean(given, known))
    if len(tables) == 1:
        return tables[0]
    if not tables:
        hint = f"name a view by `table`: {', '.join(views[:LISTED])}" if views else ""
        raise SourceError("it holds no tables", file=file.shown, hint=hint)
    listed = ", ".join(tables[:LISTED]) + (f" and {len(tables) - LISTED} more" if tables[LISTED:] else "")
    hint = f"name one by `table`, or write a `query`; there are: {listed}"
    raise SourceError(f"it holds {len(tables)} tables", file=file.shown, hint=hint)


def refused_query(file: ExportFile, words: str, tables: Sequence[str]) -> SourceError:
    """The error of a `query` that cannot be run, with the tables there are."""
    missing = words.rpartition("no such table: ")[2] if "no such table: " in words else ""
    close = nearest(missing, tables) if missing else ""
    listed = f"the tables are: {', '.join(tables[:LISTED])}" if tables else ""
    hint = f"did you mean `{close}`?" if close else listed
    return SourceError(f"the `query` cannot be run: {words}", file=file.shown, hint=hint)
