"""What differs between two glossaries, as text for people, Markdown for a pull request, and data for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any

from omnictl.render.page import write_markdown, write_table
from omnictl.render.table import Col, Table
from omnictl.review.consequences import Effect
from omnictl.review.dependents import Use
from omnictl.review.differences import KINDS, Change, Difference

WORDS = {
    "meaning": "meaning changed", "faulty": "no longer understood", "removed": "removed", "added": "added",
    "wording": "wording only",
}  # fmt: skip
MOST_USES = 6  # places told to people
MOST_LINES = 30  # of figures told to people
MOST_TEXT = 300  # characters of a wording told to people


@dataclass(frozen=True)
class Report:
    """A comparison.

    Attributes:
        old, new: how the sides are called.
        made_of: address → the KPIs made of it.
        uses: address → where files of the workspace name it.
        effects: address → its figures; empty without a store.
        period: what the figures are about, in words; '' without a store.
        notes: what must be said beside.
    """

    old: str
    new: str
    differences: Sequence[Difference]
    made_of: Mapping[str, Sequence[str]]
    uses: Mapping[str, Sequence[Use]]
    effects: Mapping[str, Sequence[Effect]]
    period: str = ""
    notes: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """How many KPIs and variants differ, by kind."""
        return {kind: sum(len(each.addresses) for each in self.differences if each.kind == kind) for kind in KINDS}

    @property
    def breaking(self) -> int:
        return sum(len(each.addresses) for each in self.differences if each.breaking)

    @property
    def headline(self) -> str:
        told = [f"{count} {WORDS[kind]}" for kind, count in self.counts.items() if count]
        broken = f"; {self.breaking} breaking" if self.breaking else ""
        return f"{self.old} → {self.new}: {', '.join(told) or 'no difference'}{broken}"

    def dependents(self, difference: Difference) -> list[str]:
        """The KPIs made of it, then the places that name it."""
        kpis = dict.fromkeys(name for each in difference.addresses for name in self.made_of.get(each, ()))
        uses = dict.fromkeys(str(use) for each in difference.addresses for use in self.uses.get(each, ()))
        return [*(name for name in kpis if name not in difference.addresses), *uses]


# text


def text_of(report: Report, lang: str) -> str:
    """The report as people read it in a terminal."""
    return "\n".join([report.headline, *(line for each in report.differences for line in _text(report, each, lang))])


def _text(report: Report, each: Difference, lang: str) -> Iterator[str]:
    yield ""
    yield f"{_title(each)}: {WORDS[each.kind]}{', breaking' if each.breaking else ''}"
    for change in each.changes:
        mark = " (not breaking)" if change.meaning and not change.breaking else ""
        yield f"  {change.key}{mark}"
        for sign, text in (("-", change.old), ("+", change.new)):
            if text:
                yield f"    {sign} {_short(text, change)}"
    dependents = report.dependents(each)
    if dependents:
        yield f"  used by: {_listed(dependents)}"
    effects = report.effects.get(each.address, ())
    if effects:
        yield f"  figures, {report.period}:"
        out = StringIO()
        write_table(_effects(effects), out, lang)
        yield from (f"    {line}" for line in out.getvalue().rstrip("\n").split("\n"))
        yield from (f"    {words}" for words in _left_out(effects))


def _title(each: Difference) -> str:
    also = f" (and {', '.join(each.also)})" if each.also else ""
    return each.address + also


def _short(text: str, change: Change) -> str:
    one_line = " ".join(text.split())
    return one_line if change.meaning or len(one_line) <= MOST_TEXT else f"{one_line[:MOST_TEXT]}…"


def _listed(dependents: Sequence[str]) -> str:
    more = len(dependents) - MOST_USES
    return ", ".join(dependents[:MOST_USES]) + (f" and {more} more" if more > 0 else "")


def _effects(effects: Sequence[Effect]) -> Table:
    unit = effects[0].unit
    cuts = list(dict.fromkeys(name for each in effects for name, _ in each.cut))
    columns = [Col("channel"), *(Col(name) for name in cuts)]
    columns += [Col("old", unit), Col("old_state"), Col("new", unit), Col("new_state")]
    columns.append(Col("change", "pt" if unit == "ratio" else unit))
    rows = [
        (_channel(each), *(dict(each.cut).get(name) for name in cuts), *_sums(each)) for each in _most_moved(effects)
    ]
    return Table(columns, rows)


def _channel(each: Effect) -> str | None:
    """The channel of a line; of a KPI without channels nothing beside its cuts."""
    return each.channel or (None if each.cut else "all")


def _sums(each: Effect) -> tuple[Any, ...]:
    return each.old.value, each.old.state, each.new.value, each.new.state, each.change


def _most_moved(effects: Sequence[Effect]) -> list[Effect]:
    """The lines told to people: all, or of many those that move most."""
    moved = sorted(range(len(effects)), key=lambda number: (bool(effects[number].cut), -_moved(effects[number])))
    return [effects[number] for number in sorted(moved[:MOST_LINES])]


def _moved(each: Effect) -> float:
    """How far a line moves; what has a figure on one side alone moves most."""
    if each.change is not None:
        return abs(each.change)
    return float("inf") if each.old.value != each.new.value else 0.0


# Markdown


def markdown_of(report: Report, lang: str) -> str:
    """The report as a comment on a pull request."""
    lines = [f"### KPIs: {_inert(report.headline)}", ""]
    if report.differences:
        summary = Table([Col("KPI"), Col("change"), Col("breaking"), Col("used by")], [])
        for each in report.differences:
            breaking = "yes" if each.breaking else "no"
            summary.rows.append((_title(each), WORDS[each.kind], breaking, _listed(report.dependents(each))))
        lines += [_markdown(summary, lang)]
    for each in report.differences:
        if each.changes:
            lines += _section(report, each, lang)
    return "\n".join([*lines, *(f"> {_inert(note)}" for note in report.notes)])


def _section(report: Report, each: Difference, lang: str) -> Iterator[str]:
    yield f"#### {_inert(_title(each))}: {WORDS[each.kind]}{', **breaking**' if each.breaking else ''}"
    yield ""
    yield "```diff"
    for change in each.changes:
        yield f"@@ {_fenced(change.key)} @@"
        for sign, text in (("-", change.old), ("+", change.new)):
            if text:
                yield f"{sign} {_fenced(_short(text, change))}"
    yield "```"
    yield ""
    effects = report.effects.get(each.address, ())
    if effects:
        yield f"Figures, {report.period}:"
        yield ""
        yield _markdown(_effects(effects), lang)
        yield from _left_out(effects)


def _left_out(effects: Sequence[Effect]) -> Iterator[str]:
    more = len(effects) - MOST_LINES
    if more > 0:
        yield f"and {more} lines that move less (--format json tells them)"


def _markdown(table: Table, lang: str) -> str:
    out = StringIO()
    write_markdown(table, out, lang)
    return out.getvalue()


def _inert(text: str) -> str:
    """A text that is no markup."""
    return "".join(f"\\{letter}" if letter in "\\`*_[]<>|#" else letter for letter in " ".join(text.split()))


def _fenced(text: str) -> str:
    """A text that cannot end the block it stands in."""
    return " ".join(text.split()).replace("```", "'''")


# data


def data_of(report: Report) -> dict[str, Any]:
    """The report for programs. Figures are numbers, ratios fractions."""
    return {
        "old": report.old,
        "new": report.new,
        "counts": report.counts,
        "breaking": report.breaking,
        "period": report.period or None,
        "differences": [_data(report, each) for each in report.differences],
        "notes": list(report.notes),
    }


def _data(report: Report, each: Difference) -> dict[str, Any]:
    return {
        "kpi": each.address,
        "also": list(each.also),
        "change": each.kind,
        "breaking": each.breaking,
        "keys": [_change(change) for change in each.changes],
        "used_by": report.dependents(each),
        "figures": [_figures(effect) for effect in report.effects.get(each.address, ())],
    }


def _change(change: Change) -> dict[str, Any]:
    said = {"key": change.key, "old": change.old or None, "new": change.new or None}
    return said | {"breaking": change.breaking, "meaning": change.meaning}


def _figures(effect: Effect) -> dict[str, Any]:
    return {
        "channel": effect.channel,
        "cut": {name: value if value is None else str(value) for name, value in effect.cut},
        "unit": effect.unit,
        "old": _number(effect.old.value),
        "old_state": effect.old.state,
        "new": _number(effect.new.value),
        "new_state": effect.new.state,
        "change": effect.change,
    }


def _number(value: Any) -> Any:
    return value if value is None or isinstance(value, (int, float)) else float(value)
