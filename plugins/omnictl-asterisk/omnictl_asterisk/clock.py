"""Local times of a switch as instants: also in the hour that the clocks show twice.

A switch writes local times without offset, and in the same record a `uniqueid` that begins with the seconds since
1970 at which the channel was made. In the repeated hour that tells which of the two instants a local time means: none
is before its channel.
"""

from __future__ import annotations

SLACK = "interval 5 seconds"  # clocks of one record that are read one after the other, and seconds cut off


def local(text: str) -> str:
    """The TIMESTAMP of a local time. The commonest form has no offset to look for."""
    return f"case when {text} like '____-__-__ __:__:__' then try_cast({text} as timestamp) else local_time({text}) end"


def clock(rows: str, *columns: str) -> str:
    """Text of a SELECT, to be prepared as `clock`: for each stretch of local time (`bucket`, a quarter of an hour) the
    instant in UTC at which it began, `first`, and where the clocks showed it twice the later one, `again`. A stretch
    that the clocks skipped has none.

    A table of its own, so that joins know how small it is and hold it, not the rows, in memory.

    Args:
        rows: a table with TIMESTAMP columns of local times.
        columns: these. Takes the option `utc` and the zone of the source.
    """
    seen = " union ".join(
        f"select distinct time_bucket(interval 15 minutes, {column}) as bucket from {rows}" for column in columns
    )
    return f"""
        with stretches as (
            select bucket, zone, bucket at time zone zone at time zone 'UTC' as last
            from (select *, case when $utc then 'UTC' else $timezone end as zone from ({seen}))
            where bucket is not null
        )
        select bucket, min(moment) as first, case when min(moment) < max(moment) then max(moment) end as again
        from (
            select bucket, zone, last - lag as moment
            from stretches, (select unnest([interval 0 minutes, interval 30 minutes, interval 60 minutes]) as lag)
        )
        where moment at time zone 'UTC' at time zone zone = bucket
        group by bucket
    """


def instant(local: str, clock: str, not_before: str) -> str:
    """The instant in UTC, without offset, of a local time: of two, the first that is not before another instant.

    Args:
        local: TIMESTAMP expression.
        clock: alias of the row of `clock` whose `bucket` is the local time's.
        not_before: TIMESTAMP expression in UTC, NULL when nothing is known.
    """
    since = f"({local} - {clock}.bucket)"
    return f"""case
        when {clock}.again is null or coalesce({clock}.first + {since} >= {not_before} - {SLACK}, true)
        then {clock}.first + {since} else {clock}.again + {since} end"""


def join_clock(alias: str, local: str) -> str:
    """Text of the join that gives `instant` its row of `clock`."""
    return f"left join clock {alias} on {alias}.bucket = time_bucket(interval 15 minutes, {local})"
