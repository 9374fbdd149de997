"""DuckDB's CSV reader: the SELECT over one CSV file of known layout, and what it must be kept from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from omnictl.connectors.export import one_file, without
from omnictl.connectors.records import Dialect
from omnictl.engines.connection import named, quoted

CLEAN = Dialect()  # of the copies written for DuckDB: commas, double quotes
CLEAN_LINE_END = "\r\n"  # the csv module quotes the characters of its line end: with this one, both CR and LF
HEADER = "header"  # first line of every copy: DuckDB takes the first line feed it meets, even a quoted one, for the
# line end of the whole file, and drops blank lines before the first record
LINE = 2_000_000  # bytes of a line DuckDB reads without being told
BUFFER = 32_000_000  # bytes it reads at a time
ONE_PIECE = 4_000_000  # bytes of a file that it does not cut into pieces
NO_BREAK_SPACE = "\u00a0"  # all there is in the empty cells of tables copied from web pages
# A text that is less than an exclamation mark begins with a blank, or a control character: few are looked at closely.
# One `case` in another, since DuckDB changes the order of what `and` joins.
NOT_BLANK = r"case when {cell} < '!' then case when trim({cell}, e' \t\r\n\f') <> '' then {cell} end else {cell} end"

SCAN = """select {cells} from read_csv({path},
    auto_detect = false, header = false, skip = {skip}, columns = {{{columns}}},
    delim = {delimiter}, quote = {quote}, escape = {escape}, nullstr = [{nulls}],
    strict_mode = {strict}, null_padding = {ragged}, parallel = {parallel},
    compression = {compression}, hive_partitioning = false{sizes})"""


def csv_select(
    path: Path,
    names: Sequence[str],
    *,
    dialect: Dialect = CLEAN,
    skip: int = 1,
    missing: Sequence[str] = (),
    compressed: bool = False,
    parallel: bool = False,
    line_feeds: bool = False,
    longest: int = 0,
    ragged: bool = False,
    open_ended: bool = False,
    expressions: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """SQL text: the records of a CSV file, all columns VARCHAR; an empty or blank cell or a `missing` text is NULL.

    Args:
        skip: lines before the first record: 0, or 1 for a header of one line. DuckDB counts line feeds inside quotes
            and blank lines in its own way.
        parallel: read pieces of the file at the same time. DuckDB 2.0 finds wrong record boundaries between pieces
            when cells are quoted: mostly with an error, sometimes it loses records silently. Off, it drops a record
            whose quote is never closed, silently too. So: on for what is not quoted or one piece, else off.
        line_feeds: the file has CR LF and may have blank lines. One that lies across two of DuckDB's buffers leaves
            its LF at the head of the next record's first cell, where it is taken off.
        expressions: what stands for a column instead of its name.
        ragged: lines may have fewer cells.
        open_ended: cells beyond the columns are left out.
        longest: bytes of the longest record, where that is known to be more than DuckDB expects.
    """
    special = dialect.delimiter + dialect.quote + dialect.escape + "\r\n"
    plain = [text for text in missing if text and not set(text) & set(special)]
    odd = [text for text in missing if set(text) & set(special)]  # which DuckDB does not take for `nullstr`
    cells = {name: expressions.get(name, named(name)) for name in names}
    if line_feeds:
        cells[names[0]] = f"nullif(ltrim({named(names[0])}, chr(10)), '')"
    cells = {name: NOT_BLANK.format(cell=cell) for name, cell in cells.items()}
    if odd:
        cells = {name: without(odd, cell) for name, cell in cells.items()}
    sizes = ""
    if longest > LINE:
        sizes = f", max_line_size = {longest}, buffer_size = {max(BUFFER, 2 * longest)}"
    return SCAN.format(
        cells=", ".join(f"{cell} as {named(name)}" for name, cell in cells.items()),
        path=one_file(path),
        skip=skip,
        columns=", ".join(f"{quoted(name)}: 'VARCHAR'" for name in names),
        delimiter=quoted(dialect.delimiter),
        quote=quoted(dialect.quote),
        escape=quoted(dialect.escape),
        nulls=", ".join(quoted(text) for text in ["", NO_BREAK_SPACE, *plain]),
        strict=str(not open_ended).lower(),
        ragged=str(ragged).lower(),
        parallel=str(parallel).lower(),
        compression=quoted("gzip" if compressed else "none"),
        sizes=sizes,
    )
