"""What becomes of records that several relations are made of: a record is in exactly one of used, rejected, superseded
and filtered, whatever number of rows comes of it.

Rejected in one relation, a record gives no row to another; replaced in `interactions` by a newer one, neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from omnictl.ingest.landing import Landed, LandedFile, of_stretch
from omnictl.ingest.mapping import COMPLETING, FILTERED, REJECTED, SUPERSEDED, USED, WHERE_FAILED

if TYPE_CHECKING:
    import duckdb

IS_REJECT = f"(_fate = {WHERE_FAILED} or _fate >= {REJECTED})"
PIECE = 8192  # records whose fates are told together
Counts = dict[int, dict[int, int]]  # file: {fate: records}


def records_of(landed: Landed, condition: str) -> str:
    """A SELECT of the records that a relation's rows under a condition are made of."""
    record = "unnest(_records)" if landed.listed else "_record"
    return f"select {record} as record from {landed.table} where {condition}"


def fall_with_rejects(connection: duckdb.DuckDBPyConnection, landed: Sequence[Landed]) -> None:
    """Leave out what is made of records that are rejected for another relation."""
    if len(landed) > 1:
        rejected = " union ".join(records_of(each, IS_REJECT) for each in landed)
        connection.execute(
            f"""
            create or replace temp table fallen as
            select record, null::varchar as owner, false as stands, false as part from ({rejected})
            """
        )
        _fall(connection, landed, FILTERED)


def fall_with_superseded(connection: duckdb.DuckDBPyConnection, landed: Sequence[Landed]) -> None:
    """Leave out what is made of records whose interaction a newer record replaces.

    To be called before versions of the other relations are compared: what falls must not replace what stands. Of a
    record that tells of several interactions, only the rows of those that are replaced fall.
    """
    for each in landed:
        if each.mapping.relation.name == "interactions" and len(landed) > 1:
            record = "unnest(_records)" if each.listed else "_record"
            connection.execute(
                f"""
                create or replace temp table fallen as
                with gone as (select distinct record from ({records_of(each, f"_fate = {SUPERSEDED}")})),
                told as (
                    select record, owner, bool_or(stands) as stands
                    from (
                        select {record} as record, interaction_id as owner, _fate = {USED} as stands
                        from {each.table} where _fate in ({USED}, {SUPERSEDED})
                    ) semi join gone using (record)
                    group by record, owner
                )
                select record, owner, stands, bool_or(stands) over (partition by record) as part from told
                """
            )
            _fall(connection, [other for other in landed if other is not each], SUPERSEDED)


def _fall(connection: duckdb.DuckDBPyConnection, landed: Sequence[Landed], fate: int) -> None:
    """Give a fate to the used rows that are made of the records in `fallen`: of those that fall in part, to the rows of
    the interactions that do not stand."""
    ((count,),) = connection.execute("select count(*) from fallen").fetchall()
    for each in landed if count else ():
        record = "unnest(_records)" if each.listed else "_record"
        owner = _owner(each)
        connection.execute(
            f"""
            update {each.table} set _fate = {fate} where _fate = {USED} and rowid in (
                select row
                from (
                    select rowid as row, {record} as record, {owner} as owner from {each.table} where _fate = {USED}
                ) r
                semi join fallen f on f.record = r.record and (not f.part or (f.owner = r.owner and not f.stands)))
            """
        )


def _owner(landed: Landed) -> str:
    """The interaction a row belongs to, as SQL."""
    names = {name for name, _ in landed.mapping.types}
    if landed.mapping.relation.name == "identifiers":
        kind = "owner" if "owner" in names else "'interaction'"
        return f"case when {kind} = 'interaction' then owner_id end"
    return "interaction_id" if "interaction_id" in names else "null::varchar"


def fates(
    connection: duckdb.DuckDBPyConnection,
    landed: Sequence[Landed],
    files: Sequence[LandedFile],
    read: Sequence[LandedFile],
) -> Counts:
    """How many records of each file have each fate; those the reader could not parse are not among them.

    Args:
        files: those that are asked about.
        read: all files whose records were staged, with the ordinals where they begin.
    """
    if not landed:
        return {file.number: {FILTERED: file.rows} for file in files}
    if not landed[0].staged:
        return _straight(connection, landed[0])
    begins = {file.first_row: file.number for file in read if file.records}
    rows = connection.execute(_fates_of(landed, sorted(begins))).fetchall()
    found: Counts = {}
    for first, *counts in rows:
        found[begins[first]] = dict(zip((REJECTED, USED, SUPERSEDED), counts, strict=True))
    for one in files:  # what is left, and what no row came of
        of_file = found.setdefault(one.number, {})
        of_file[FILTERED] = one.rows - sum(of_file.values())
    return found


def _fates_of(landed: Sequence[Landed], begins: list[int]) -> str:
    """A SELECT of how many records are rejected, used and superseded of those from each of some on: its ordinal, and
    the three counts.

    A record is a bit of a string per fate: a group of its own for each would take many times as long.
    """
    told = " union all ".join(
        f"""select {"unnest(_records)" if each.listed else "_record"} as record, _fate as fate from {each.table}
            where _fate <> {FILTERED}"""
        for each in landed
    )
    bits = f"bitstring_agg(((record - first) % {PIECE})::integer, 0, {PIECE - 1})"
    none = f"bitstring('0', {PIECE})"
    return f"""
        with told as (select record, fate, {of_stretch("record", [(first, first) for first in begins])} as first
            from ({told}) where record is not null),
        pieces as (
            select first,
                coalesce({bits} filter ({IS_REJECT.replace("_fate", "fate")}), {none}) as rejected,
                coalesce({bits} filter (fate in ({USED}, {COMPLETING})), {none}) as used,
                coalesce({bits} filter (fate = {SUPERSEDED}), {none}) as superseded
            from told group by first, (record - first) // {PIECE}
        )
        select first, sum(bit_count(rejected))::bigint, sum(bit_count(used & ~rejected))::bigint,
            sum(bit_count(superseded & ~used & ~rejected))::bigint
        from pieces group by first
    """


def _straight(connection: duckdb.DuckDBPyConnection, landed: Landed) -> Counts:
    found: Counts = {}
    for file, fate, count in connection.execute(
        f"select _file, _fate, count(*) from {landed.table} group by all order by all"
    ).fetchall():
        found.setdefault(file, {})[fate] = count
    return found
