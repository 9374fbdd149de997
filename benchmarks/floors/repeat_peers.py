"""Repeat contact by a library of data frames: `python repeat_peers.py pandas|polars|duckdb FILE`.

FILE is Parquet: person, at, until (seconds), channel, place (tie-breaker); one row per contact of a known person. Each
prints, for any and for the same channel, how many contacts are followed within 1, 3, 7, 14 and 30 times 24 hours.
"""

import sys

DAY = 86_400
WINDOWS = (1, 3, 7, 14, 30)
BY = (("person",), ("person", "channel"))


def with_pandas(file: str) -> list[int]:
    import pandas

    frame = pandas.read_parquet(file)
    found = []
    for by in BY:
        ordered = frame.sort_values([*by, "at", "place"], ignore_index=True)
        same = ordered[by[0]].eq(ordered[by[0]].shift(-1))
        for column in by[1:]:
            same &= ordered[column].eq(ordered[column].shift(-1))
        gap = ordered["at"].shift(-1) - ordered["until"]
        found += [int((same & (gap <= days * DAY)).sum()) for days in WINDOWS]
    return found


def with_polars(file: str) -> list[int]:
    import polars

    found: list[int] = []
    for by in BY:
        ordered = polars.scan_parquet(file).sort([*by, "at", "place"])
        same = polars.all_horizontal([polars.col(column) == polars.col(column).shift(-1) for column in by])
        gap = polars.col("at").shift(-1) - polars.col("until")
        counts = [(same & (gap <= days * DAY)).sum().alias(str(days)) for days in WINDOWS]
        found += [int(value) for value in ordered.select(counts).collect().row(0)]
    return found


def with_duckdb(file: str) -> list[int]:
    import duckdb

    found: list[int] = []
    for by in BY:
        counts = ", ".join(f"count(*) filter (gap <= {days * DAY})" for days in WINDOWS)
        (row,) = duckdb.execute(
            f"""
            select {counts}
            from (
                select lead("at") over (partition by {", ".join(by)} order by "at", place) - until as gap
                from read_parquet('{file}')
            )
            """
        ).fetchall()
        found += row
    return found


print(*{"pandas": with_pandas, "polars": with_polars, "duckdb": with_duckdb}[sys.argv[1]](sys.argv[2]))
