"""The one SELECT of a question: scans, the figures of every level, their sums, and last the formulas.

Figures of all scans are stacked as rows of one shape (level, bucket, cuts, one column per figure) and added up once.
Conditions on them that hide values, or tell a state, are columns beside the sums.
Stacked with them is an empty row for every bucket of the period and every cut seen, so that nothing is missing and
nothing is joined. Levels: 0 a cut, 1 a bucket over all cuts, 2 everything.

A row of a scan that lies outside the period by one of the scan's times has no bucket there. Rows without a bucket are
left out by whoever reads the answer, and not by a condition here: DuckDB would test it on every row of the scan.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from omnictl.compiler.conditions import Conditions
from omnictl.compiler.figures import Figure, Figures
from omnictl.compiler.reads import Reads
from omnictl.compiler.scan import Measure, Scan
from omnictl.compiler.stock import ALL, BUCKET, CUT, HIDDEN, Stock
from omnictl.compiler.timeline import Timeline


def write_select(
    reads: Reads, figures: Figures, columns: Sequence[tuple[str, str]], conditions: Conditions, *, cuts: int
) -> str:
    """The SQL of a question.

    Args:
        columns: name and SQL of what is answered per row, over the sums and the conditions.
        conditions: of rows of the sums.
        cuts: how many columns the answer is cut by.

    Returns:
        One SELECT whose columns are level, period, cut_1 …, then `columns`; in the order of the answer. Rows below
        the level of everything whose period is NULL are no part of it.
    """
    every = list(figures)
    keys = [f"cut_{number}" for number in range(1, cuts + 1)]
    levels, scans = list(reads.levels), [scan for scan in reads if scan.asked]
    steps: list[tuple[str, str]] = []
    steps.append(("periods", f"select unnest(generate_series(0, {reads.buckets.count - 1})) as period"))
    if reads.stocks:
        steps.append(("edges", Timeline(reads.buckets).edges()))
    for scan in scans:
        steps += scan.steps()
    stacked = [*_stacked(scans, every, keys, levels), *_standing(scans, every, keys)]
    steps.append(("figures", "\nunion all\n".join(stacked)))
    steps.append(("cells", "\nunion all\n".join(_cells(scans, every, keys, levels))))
    added = ", ".join(f"{figure.added} as {figure.name}" for figure in every)
    group = ", ".join(["level", "period", *keys])
    both = "(select * from figures union all select * from cells) as stacked"
    steps.append(("sums", f"select {group}, {added}\nfrom {both}\ngroup by {group}"))
    names = ",\n  ".join(f"{sql} as {name}" for name, sql in columns)
    source = "sums"
    if figures.spreads:
        steps.append(("spread", _spread(figures)))
        source = f"spread\nwhere level >= {CUT}"
    if told := [f"{sql} as {name}" for sql, name in conditions]:
        steps.append(("conditions", ",\n  ".join(["select *", *told]) + f"\nfrom {source}"))
        source = "conditions"
    order = ", ".join([f"level = {ALL}", "period", "level", *(f"{key} nulls last" for key in keys)])
    materialized = {"figures", *(f"{scan.name}_{'moves' if isinstance(scan, Stock) else 'parts'}" for scan in scans)}
    text = ",\n".join(
        f"{name} as {'materialized ' if name in materialized else ''}(\n{_indented(body)}\n)" for name, body in steps
    )
    return f"with {text}\nselect {group},\n  {names}\nfrom {source}\norder by {order}"


def _spread(figures: Figures) -> str:
    """The sums, and beside them the figures that several cuts share. Those of cuts that are no rows of the answer
    stand at a level of their own."""
    level = f"case when level = {HIDDEN} then {CUT} else level end"
    shared = []
    for (figure, kept), name in figures.spreads.items():
        shared.append(f"sum({figure}) over (partition by {', '.join([level, 'period', *kept])}) as {name}")
    return f"select *, {', '.join(shared)}\nfrom sums"


def _standing(scans: Sequence[Scan], every: Sequence[Figure], keys: Sequence[str]) -> Iterator[str]:
    """One SELECT per stock, which gives its figures for every level and bucket."""
    for stock in scans:
        if isinstance(stock, Stock):
            own = {figure.name: figure.column for figure in every if figure.scan is stock}
            key = ["level", "period", *(name if name in stock.cut_names else "null" for name in keys)]
            above = f"\nwhere level > {CUT}" if keys and stock.cuts is None else ""
            yield f"{_row(key, keys, every, own)}\nfrom {stock.name}_figures{above}"


def _stacked(
    scans: Sequence[Scan], every: Sequence[Figure], keys: Sequence[str], levels: Sequence[int]
) -> Iterator[str]:
    """One SELECT per scan, time and level; and one per list that is taken only now."""
    for scan in scans:
        for time in scan.time_names:
            own = [(each, each.measure) for each in every if each.scan is scan and each.time == time and each.measure]
            for level in levels:
                if not own or (level == CUT and keys and scan.cuts is None):
                    continue
                told = str(HIDDEN if scan.hidden and level == CUT else level)
                named = [key if level == CUT and key in scan.cut_names else "null" for key in keys]
                key = [told, time if level != ALL else "null", *named]
                ready = {figure.name: figure.column for figure, each in own if each.additive or scan.direct}
                if level == ALL and scan.buckets.bounded and not scan.checked:
                    ready = {name: f"case when {time} is not null then {column} end" for name, column in ready.items()}
                name = scan.name if level == CUT else scan.whole.name
                if ready:
                    yield f"{_row(key, keys, every, ready)}\nfrom {name}_parts"
                for figure, each in own:
                    if not (each.additive or scan.direct):
                        yield _late(figure, each, key, keys, every, name)


def _late(
    figure: Figure, measure: Measure, key: Sequence[str], keys: Sequence[str], every: Sequence[Figure], name: str
) -> str:
    """A figure that does not add up, taken over the lists of all rows of its level; `name` is that of their scan."""
    names = ["level", "period", *keys]
    columns = ", ".join(f"{sql} as {name}" for name, sql in zip(names, key, strict=True))
    source = f"from {name}_parts\nwhere {figure.time} is not null"
    values = f"select {columns}, unnest({figure.column}) as v\n{source}"
    row = _row(names, keys, every, {figure.name: measure.over("v")})
    return f"{row}\nfrom (\n{_indented(values)}\n) as listed\ngroup by {', '.join(names)}"


def _row(key: Sequence[str], keys: Sequence[str], every: Sequence[Figure], columns: Mapping[str, str]) -> str:
    names = ["level", "period", *keys]
    told = [sql if sql == name else f"{sql} as {name}" for name, sql in zip(names, key, strict=True)]
    told += [f"{columns.get(figure.name, 'null')} as {figure.name}" for figure in every]
    return f"select {', '.join(told)}"


def _cells(scans: Sequence[Scan], every: Sequence[Figure], keys: Sequence[str], levels: Sequence[int]) -> Iterator[str]:
    """An empty row for every bucket and cut, so that each is answered."""
    nothing: dict[str, str] = {}
    unnamed = ["null"] * len(keys)
    if keys:
        names = ", ".join(keys)
        seen = [f"select distinct {names} from figures where level = {CUT} and period is not null"]
        for scan in scans:
            if scan.sees_apart:
                seen.append(f"select {names} from {scan.name}_seen")
            elif scan.seen_by and scan.cuts is not None:
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
