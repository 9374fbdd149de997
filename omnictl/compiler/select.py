"""The one SELECT of a question: scans, the figures of every level, their sums, and last the formulas.

Figures of all scans are stacked as rows of one shape (level, bucket, cuts, one column per figure) and added up once.
Stacked with them is an empty row for every bucket of the period and every cut seen, so that nothing is missing and
nothing is joined. Levels: 0 a cut, 1 a bucket over all cuts, 2 everything.

A row of a scan that lies outside the period by one of the scan's times has no bucket there. Rows without a bucket are
left out by whoever reads the answer, and not by a condition here: DuckDB would test it on every row of the scan.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from omnictl.compiler.buckets import Buckets
from omnictl.compiler.figures import Figure, Figures
from omnictl.compiler.scan import Scan

CUT, BUCKET, ALL = 0, 1, 2


def write_select(
    scans: Mapping[str, Scan],
    figures: Figures,
    columns: Sequence[tuple[str, str]],
    *,
    cuts: int,
    buckets: Buckets,
    totals: bool,
) -> str:
    """The SQL of a question.

    Args:
        columns: name and SQL of what is answered per row, over the sums.
        cuts: how many columns the answer is cut by.

    Returns:
        One SELECT whose columns are level, period, cut_1 …, then `columns`; in the order of the answer. Rows below
        the level of everything whose period is NULL are no part of it.
    """
    every = list(figures)
    keys = [f"cut_{number}" for number in range(1, cuts + 1)]
    levels = [CUT, *([BUCKET] if totals and keys and buckets.every else []), *([ALL] if totals else [])]
    steps: list[tuple[str, str]] = [("periods", f"select unnest(generate_series(0, {buckets.count - 1})) as period")]
    for scan in scans.values():
        if scan.measures:
            for name, text in scan.steps():
                steps.append((name, text))
    stacked = list(_stacked(scans, every, keys, levels))
    steps.append(("figures", "\nunion all\n".join(stacked)))
    steps.append(("cells", "\nunion all\n".join(_cells(scans, every, keys, levels))))
    added = ", ".join(f"{_added(figure)} as {figure.name}" for figure in every)
    group = ", ".join(["level", "period", *keys])
    both = "(select * from figures union all select * from cells) as stacked"
    steps.append(("sums", f"select {group}, {added}\nfrom {both}\ngroup by {group}"))
    names = ",\n  ".join(f"{sql} as {name}" for name, sql in columns)
    order = ", ".join([f"level = {ALL}", "period", "level", *(f"{key} nulls last" for key in keys)])
    materialized = {"figures", *(f"{name}_parts" for name in scans)}
    text = ",\n".join(
        f"{name} as {'materialized ' if name in materialized else ''}(\n{_indented(body)}\n)" for name, body in steps
    )
    return f"with {text}\nselect {group},\n  {names}\nfrom sums\norder by {order}"


def _added(figure: Figure) -> str:
    if figure.measure.additive:
        return f"coalesce(sum({figure.name}), 0)"
    return f"coalesce(max({figure.name}), 0)" if figure.measure.kind == "distinct" else f"max({figure.name})"


def _stacked(
    scans: Mapping[str, Scan], every: Sequence[Figure], keys: Sequence[str], levels: Sequence[int]
) -> Iterator[str]:
    """One SELECT per scan, time and level; and one per list that is taken only now."""
    for scan in scans.values():
        for time in scan.time_names:
            own = [figure for figure in every if figure.scan is scan and figure.time == time]
            for level in levels:
                if not own or (level == CUT and keys and scan.cuts is None):
                    continue
                key = [str(level), time if level != ALL else "null", *(key if level == CUT else "null" for key in keys)]
                ready = {figure.name: figure.column for figure in own if figure.measure.additive or scan.direct}
                if level == ALL and scan.buckets.bounded and not scan.checked:
                    ready = {name: f"case when {time} is not null then {column} end" for name, column in ready.items()}
                if ready:
                    yield f"{_row(key, keys, every, ready)}\nfrom {scan.name}_parts"
                for figure in own:
                    if not (figure.measure.additive or scan.direct):
                        yield _late(figure, key, keys, every)


def _late(figure: Figure, key: Sequence[str], keys: Sequence[str], every: Sequence[Figure]) -> str:
    """A figure that does not add up, taken over the lists of all rows of its level."""
    names = ["level", "period", *keys]
    columns = ", ".join(f"{sql} as {name}" for name, sql in zip(names, key, strict=True))
    source = f"from {figure.scan.name}_parts\nwhere {figure.time} is not null"
    values = f"select {columns}, unnest({figure.column}) as v\n{source}"
    row = _row(names, keys, every, {figure.name: figure.measure.over("v")})
    return f"{row}\nfrom (\n{_indented(values)}\n) as listed\ngroup by {', '.join(names)}"


def _row(key: Sequence[str], keys: Sequence[str], every: Sequence[Figure], columns: Mapping[str, str]) -> str:
    names = ["level", "period", *keys]
    told = [sql if sql == name else f"{sql} as {name}" for name, sql in zip(names, key, strict=True)]
    told += [f"{columns.get(figure.name, 'null')} as {figure.name}" for figure in every]
    return f"select {', '.join(told)}"


def _cells(
    scans: Mapping[str, Scan], every: Sequence[Figure], keys: Sequence[str], levels: Sequence[int]
) -> Iterator[str]:
    """An empty row for every bucket and cut, so that each is answered."""
    nothing: dict[str, str] = {}
    unnamed = ["null"] * len(keys)
    if keys:
        names = ", ".join(keys)
        seen = [f"select distinct {names} from figures where level = {CUT} and period is not null"]
        for scan in scans.values():
            if scan.seen_by and scan.cuts is not None:
                seen.append(f"select {names} from {scan.name}_parts where {scan.seen_by} is not null")
        yield (
            f"{_row([str(CUT), 'period', *keys], keys, every, nothing)}\n"
            f"from periods cross join ({' union '.join(seen)}) as seen"
        )
    else:
        yield f"{_row([str(CUT), 'period'], keys, every, nothing)}\nfrom periods"
    if BUCKET in levels:
        yield f"{_row([str(BUCKET), 'period', *unnamed], keys, every, nothing)}\nfrom periods"
    if ALL in levels:
        yield _row([str(ALL), "null", *unnamed], keys, every, nothing)


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.split("\n"))
