"""The figures of a funnel as tables: for people, for programs, and the units at a step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from omnictl.identity.person import shown
from omnictl.journeys.funnel.figures import StepFigures
from omnictl.journeys.funnel.steps import nowhere_told
from omnictl.journeys.story import span
from omnictl.render import Col, Table
from omnictl.render.figures import figure

if TYPE_CHECKING:
    from collections.abc import Iterable

    from omnictl.journeys.funnel.answer import Funnelled
    from omnictl.zone import Zone

HIDDEN = "hidden"  # the state of a figure about too few people
EPOCH = datetime(1970, 1, 1)
WORDS = {
    "en": {
        "step": "Step", "label": "What", "units": "Reached", "share": "Of step 1",
        "share_previous": "Of previous",
        "dropped": "Dropped", "immature": "Open", "median_s": "Median from 1",
        "mean_s": "Mean", "median_previous_s": "Median from previous",
        "mean_previous_s": "Mean from previous", "done": "{0} in any order",
    },
    "fr": {
        "step": "Étape", "label": "Quoi", "units": "Atteinte", "share": "De l'étape 1",
        "share_previous": "De la précédente", "dropped": "Abandons", "immature": "Ouvertes",
        "median_s": "Médiane depuis 1", "mean_s": "Moyenne",
        "median_previous_s": "Médiane depuis la précédente", "mean_previous_s": "Moyenne depuis la précédente",
        "done": "{0} dans n'importe quel ordre",
    },
}  # fmt: skip
UNITS = {"units": "count", "share": "ratio", "share_previous": "ratio", "dropped": "count", "immature": "count"}
TIMES = ("median_s", "mean_s", "median_previous_s", "mean_previous_s")
LISTED = {
    "en": {
        "person_id": "Person", "source": "Source", "interaction_id": "Interaction", "need_id": "Need",
        "reached": "Came to step",
    },
    "fr": {
        "person_id": "Personne", "source": "Source", "interaction_id": "Interaction", "need_id": "Besoin",
        "reached": "Étape atteinte",
    },
}  # fmt: skip


def told(funnelled: Funnelled, lang: str, *, people: bool) -> Table:
    """A row per cut and step. Times are seconds; for people, spans such as `3 d 1 h`."""
    words = WORDS.get(lang, WORDS["en"])
    asked = funnelled.asked
    columns = [Col(name) for name in asked.by]
    columns += [Col("step", "", words["step"]), Col("label", "", words["label"])]
    columns += [Col(name, unit, words[name]) for name, unit in UNITS.items()]
    columns += [Col(name, "s" if people else "seconds", words[name]) for name in TIMES]
    columns += [Col("state")]
    rows = [tuple(_row(funnelled, each, words["done"], people=people)) for each in funnelled.figures]
    if people:  # the state stands where the figure would
        place = len(asked.by) + 2
        columns = [*columns[: place + 1], Col("units_state"), *columns[place + 1 : -2]]
        rows = [(*row[: place + 1], row[-1] if row[-1] == HIDDEN else None, *row[place + 1 : -2]) for row in rows]
    return Table(columns, rows, notes=list(_notes(funnelled)))


def _row(funnelled: Funnelled, figures: StepFigures, any_order: str, *, people: bool) -> Iterator[Any]:
    yield from figures.cut
    yield figures.step
    yield _label(funnelled, figures.step, any_order)
    first = _of(funnelled, figures, 1)
    hidden = figures.cut in funnelled.hidden or 0 < figures.people < funnelled.floor
    if hidden:
        yield from (None for _ in (*UNITS, *TIMES))
        yield HIDDEN
        return
    before = None if figures.step == 1 else _of(funnelled, figures, funnelled.rules.before(figures.step))
    yield figures.units
    by_step = bool(funnelled.asked.by) and funnelled.asked.attribution == "step"
    yield None if by_step else _ratio(figures.units, first.units)
    yield None if by_step or before is None else _ratio(figures.units, before.units)
    after = [each for each in funnelled.rules.required if each > figures.step][:1]
    few = any(0 < _of(funnelled, figures, each).people < funnelled.floor for each in after)
    yield None if by_step or few else figures.dropped  # what is hidden is not told by what is left
    yield figures.immature
    for value in (figures.median_first, figures.mean_first, figures.median_previous, figures.mean_previous):
        seconds = None if value is None or figures.step == 1 else round(float(value) / 1000, 3)
        yield span(seconds) if people and seconds is not None else seconds
    yield "no_rows" if not first.units else None


def _label(funnelled: Funnelled, step: int, any_order: str) -> str:
    """What a step is; of several that come in any order, how many are done."""
    for block in funnelled.rules.blocks:
        if step in block and len(block) > 1:
            return any_order.format(f"{step}/{block[-1]}")
    return funnelled.labels[step - 1]


def _of(funnelled: Funnelled, figures: StepFigures, step: int) -> StepFigures:
    return next(each for each in funnelled.figures if each.cut == figures.cut and each.step == step)


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _notes(funnelled: Funnelled) -> Iterator[str]:
    yield from nowhere_told(funnelled.nowhere)
    if funnelled.hidden:
        yield f"{len(funnelled.hidden)} cuts are hidden: too few people stand behind them or what they could tell"


def counted(units: int, step: int, lang: str, *, dropped: bool) -> str:
    """How many units are listed, in words."""
    number = figure(units, "count", lang)
    if lang == "fr":
        done = f"{number} unité{'s' if units > 1 else ''} à l'étape {step}"
        return done + (" et pas à la suivante" if dropped else "")
    return f"{number} {'unit' if units == 1 else 'units'} did step {step}" + (
        " and not the next one" if dropped else ""
    )


def listed(funnelled: Funnelled, units: Iterable[Mapping[str, Any]], zone: Zone, lang: str) -> Table:
    """A row per unit: when it did each step, in local time."""
    labels = LISTED.get(lang, LISTED["en"])
    rules, unit = funnelled.rules, funnelled.asked.unit
    names = ("person_id", "source", "interaction_id", *(["need_id"] if unit == "need" else []))
    columns = [Col(name, "", labels[name]) for name in names]
    columns += [Col("reached", "count", labels["reached"])]
    columns += [Col(f"step_{step}_at", "", funnelled.labels[step - 1]) for step in rules.numbers]
    rows = []
    for each in units:
        cells = [shown(each["person_id"]), each["source"], each["interaction_id"]]
        cells += [each["need_id"]] if unit == "need" else []
        cells += [each["reached"]]
        moments = (None if at is None else EPOCH + timedelta(milliseconds=at) for at in each["at"])
        rows.append((*cells, *(None if at is None else zone.to_local(at) for at in moments)))
    return Table(columns, rows)
