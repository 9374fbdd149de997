"""Column names: what a header's cells are called, and whether the columns a mapping needs are there."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

from omnictl.errors import SourceError, cropped, nearest

LISTED = 20  # names shown when a column is missing
_BREAKS = re.compile(r"[\s\u00a0\ufeff\u200b\x00]*[\r\n\t\v\f\u00a0\ufeff\u200b\x00]+[\s\u00a0\ufeff\u200b\x00]*")
_EDGES = " \t\r\n\v\f\u00a0\u202f\ufeff\u200b\x00"
_UPPER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


def folded(name: str) -> str:
    """A name as DuckDB compares names: capitals matter not, but only those of ASCII."""
    return name.translate(_UPPER)


def column_names(cells: Sequence[str]) -> list[str]:
    """The names by which the columns under a header are addressed.

    Blanks around a name go, line feeds, tabs and no-break spaces inside become one blank. A column without name is
    `column<i>`, counted from 0. Of a name that stands twice, whatever its capitals, the second is `<name>_1`, the
    third `<name>_2`, unless another column is called so.
    """
    cleaned = [_BREAKS.sub(" ", cell.strip(_EDGES)) for cell in cells]
    given = {folded(name) for name in cleaned if name}
    used: set[str] = set()
    numbers: dict[str, int] = {}  # the last one given, by name: the next search begins there
    names: list[str] = []
    for position, cell in enumerate(cleaned):
        name = cell or f"column{position}"
        if folded(name) in used or (not cell and folded(name) in given):
            name = _numbered(name, given, used, numbers)
        used.add(folded(name))
        names.append(name)
    return names


def _numbered(name: str, given: set[str], used: set[str], numbers: dict[str, int]) -> str:
    number = numbers.get(folded(name), 0) + 1
    while (taken := folded(f"{name}_{number}")) in given or taken in used:
        number += 1
    numbers[folded(name)] = number
    return f"{name}_{number}"


def missing_from(names: Iterable[str], needs: Collection[str]) -> list[str]:
    """The needed names that are not there, sorted."""
    known = {folded(name) for name in names}
    return [need for need in sorted(needs) if folded(need) not in known]


def require(names: Sequence[str], needs: Collection[str], shown: str, *, where: str = "", hint: str = "") -> None:
    """Check that a file has the columns a mapping needs.

    Args:
        where: where the names were found, such as `line 3`.

    Raises:
        SourceError: a column is not there; names it, the nearest name and the names there are.
    """
    absent = missing_from(names, needs)
    if not absent:
        return
    listed = ", ".join(map(cropped, names[:LISTED])) + (
        f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    )
    found = f"the columns{f' on {where}' if where else ''} are: {listed}"
    close = [f"did you mean `{name}`?" for name in [nearest(absent[0], names)] if name]
    if not close and absent[0].isidentifier():
        close = [f"if it is a text and no column, it stands in single quotes: \"'{absent[0]}'\""]
    called = ", ".join(f"`{name}`" for name in absent[:3]) + (f" and {len(absent) - 3} more" if absent[3:] else "")
    message = f"there {'are no columns' if absent[1:] else 'is no column'} {called}"
    raise SourceError(message, file=shown, hint="; ".join([*close, *([hint] if hint else []), found]))
