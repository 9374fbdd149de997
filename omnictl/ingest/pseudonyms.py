"""Identifiers in the clear to keyed pseudonyms, inside DuckDB.

A value is normalised (phones to E.164, e-mails to lower case, others byte for byte), left out when it identifies
nobody, and becomes the first 8 bytes of HMAC-SHA256(key, kind || ':' || value), in the order of the digest, as a
signed BIGINT. Each distinct spelling is hashed once. The key travels as a parameter: the text of a statement may end
up in a log.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import TYPE_CHECKING

from omnictl.engines.connection import named, quoted
from omnictl.ingest import phones
from omnictl.ingest.secret import Secret

if TYPE_CHECKING:
    import duckdb

NOBODY = ("anonymous", "unknown", "?", "null", "(not set)", "empty", "-")  # and nothing at all

# Whatever Python takes for white space: trim() knows the blank only, and takes a hundred times as long when told more.
BLANKS = r"[\s\x0b\x1c-\x1f\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}]*"
IS_NOBODY = f"(?i){BLANKS}({'|'.join(re.escape(word) for word in NOBODY)})?{BLANKS}"

DIGEST = "sha256($outer || unhex(sha256($inner || encode({message}))))"
FIRST_8_BYTES = "unhex(left({digest}, 16))::bit::bigint"


def table_of(kind: str) -> str:
    """The temporary table of a kind's pseudonyms: raw, value (NULL: identifies nobody); line_type, area for phones."""
    return f"temp.{named(f'pseudonyms_{kind}')}"


def hash_identifiers(
    connection: duckdb.DuckDBPyConnection,
    kind: str,
    spellings: str,
    *,
    secret: Secret,
    country: str,
    ignore: Collection[str],
) -> None:
    """Make the table of a kind's pseudonyms.

    Args:
        spellings: a SELECT of one column `raw`: the distinct values as written, without NULL.
        country: for phone numbers without country code.
        ignore: further values of this kind that identify nobody; phone numbers in any spelling.
    """
    normalised = _normalised(kind, "raw", f"({spellings})", country)
    ignored = sorted(ignore)
    if kind in ("phone", "email") and ignored:
        asked = _normalised(kind, "raw", "(select unnest($values::varchar[]) as raw)", country)
        rows = connection.execute(f"select norm from {asked}", {"values": ignored}).fetchall()
        ignored = sorted({norm for (norm,) in rows if norm is not None})
    digest = DIGEST.format(message=f"{quoted(kind + ':')} || norm")
    value = FIRST_8_BYTES.format(digest=digest)
    nobody = f"regexp_full_match(raw, {quoted(IS_NOBODY)})"
    if kind == "phone":  # no number is written so
        nobody = "false"
    elif kind == "email":
        nobody = f"case when contains(raw, '@') then false else {nobody} end"
    usable = f"case when not {nobody} and not list_contains($ignored::varchar[], norm) then norm end"
    table = named(f"pseudonyms_{kind}")
    if kind == "phone":  # written in many ways, a number is hashed once; other values mostly have one spelling
        select = f"""
            with normalised as materialized (select raw, {usable} as norm, line_type, area from {normalised}),
            hashed as (select norm, {value} as value from (select distinct norm from normalised where norm is not null))
            select raw, value, line_type, area from normalised left join hashed using (norm)
        """
    else:
        # `norm` is NULL for nobody, and so are its digest and the value
        select = f"select raw, {value} as value from (select raw, {usable} as norm from {normalised})"
    connection.execute(f"create or replace temp table {table} as {select}", {"ignored": ignored, **secret.pads})


def _normalised(kind: str, raw: str, origin: str, country: str) -> str:
    """A derived table with `norm` beside what `origin` has; `line_type` and `area` too for phones."""
    if kind == "phone":
        for step in phones.steps(raw, country):
            origin = f"(select *, {step.sql} as {step.name} from {origin})"
        return origin
    norm = f"lower(trim({raw}))" if kind == "email" else raw
    return f"(select *, {norm} as norm from {origin})"
