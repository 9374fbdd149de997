"""The estimate of leakage as it is told: a table for people, one for programs, and the card of what is counted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from omnictl.render import Col, Table
from omnictl.render.figures import figure

if TYPE_CHECKING:
    from omnictl.journeys.leakage.answer import Leak, Leakage

DENSE = 0.1  # of like calls: where visits meet more of them anyway, the estimate is said to be too low
UNITS = {
    "visits": "count",
    "calls": "count",
    "expected": "count",
    "leaked": "count",
    "rate": "ratio",
    "low": "ratio",
    "high": "ratio",
    "placebo": "ratio",
    "placebo_low": "ratio",
    "placebo_high": "ratio",
    "covered": "ratio",
}
LABELS = {
    "en": {
        "visits": "Visits",
        "calls": "Calls after them",
        "expected": "Expected anyway",
        "leaked": "Leaked",
        "rate": "Leakage",
        "low": "95% from",
        "high": "95% to",
        "placebo": "Placebo",
        "placebo_low": "Placebo from",
        "placebo_high": "Placebo to",
        "covered": "Met anyway",
        "all": "all",
    },
    "fr": {
        "visits": "Visites",
        "calls": "Appels ensuite",
        "expected": "Attendus sans elles",
        "leaked": "Fuite",
        "rate": "Taux de fuite",
        "low": "95 % de",
        "high": "95 % à",
        "placebo": "Placebo",
        "placebo_low": "Placebo de",
        "placebo_high": "Placebo à",
        "covered": "Déjà rencontrés",
        "all": "tout",
    },
}


def for_programs(leakage: Leakage) -> Table:
    """A row per cell and one of the whole, which is no sum of them where visits stand in several."""
    by = leakage.sought.by
    columns = [*([Col(by)] if by else []), Col("total"), *(Col(name, unit) for name, unit in UNITS.items())]
    rows = [
        (*((each.cell,) if by else ()), each.whole, *_figures(each).values(), each.state)
        for each in (*leakage.cells, leakage.whole)
    ]
    return Table([*columns, Col("state")], rows)


def for_people(leakage: Leakage, lang: str, *, most: int = -1) -> Table:
    """The cells with the most calls leaked, and the whole in the last row. `most`: how many, -1 for all."""
    labels, by = LABELS.get(lang, LABELS["en"]), leakage.sought.by
    columns = [Col(by, "", by.capitalize())] if by else []
    for name, unit in UNITS.items():
        columns += [Col(name, unit, labels[name]), Col(f"{name}_state")]
    rows = []
    shown = leakage.cells if most < 0 else leakage.cells[:most]
    for each in (*shown, leakage.whole):
        cells: list[Any] = [labels["all"] if each.whole else each.cell] if by else []
        for name, value in _figures(each).items():
            cells += [value, each.state if name == "rate" or each.state == "hidden" else None]
        rows.append(tuple(cells))
    return Table(columns, rows, notes=list(_notes(leakage, lang)))


def _figures(leak: Leak) -> dict[str, Any]:
    told = leak.state != "hidden"
    rate, placebo = leak.rate, leak.placebo
    found: dict[str, Any] = {
        "visits": leak.visits if told else None,
        "calls": leak.calls if told else None,
        "expected": leak.expected if told else None,
        "leaked": leak.leaked,
        "rate": rate.value if rate else None,
        "low": rate.low if rate else None,
        "high": rate.high if rate else None,
        "placebo": placebo.value if placebo else None,
        "placebo_low": placebo.low if placebo else None,
        "placebo_high": placebo.high if placebo else None,
        "covered": leak.covered,
    }
    return found


def _notes(leakage: Leakage, lang: str) -> Iterator[str]:
    says = CARD.get(lang, CARD["en"])
    if leakage.sought.by:
        yield says["cells"]
    dense = [each for each in (*leakage.cells, leakage.whole) if (each.covered or 0.0) > DENSE]
    if dense:
        yield says["dense"].format(figure(max(each.covered or 0.0 for each in dense), "ratio", lang))
    if any(each.state == "too_few" for each in (*leakage.cells, leakage.whole)):
        yield says["few"]
    placebo = leakage.whole.placebo
    if placebo is not None and (placebo.low > 0 or placebo.high < 0):
        yield says["placebo"]


def card(leakage: Leakage, timezone: str, lang: str) -> Iterator[str]:
    """What is counted, as lines that people read before the figures."""
    says, sought = CARD.get(lang, CARD["en"]), leakage.sought
    minutes = sought.within.total_seconds() / 60
    length = f"{minutes:g} min"
    yield says["visits"].format(says[sought.whose])
    alike = says["same"].format(", ".join(says[name] for name in leakage.match)) if leakage.match else ""
    yield says["calls"].format(length, alike)
    yield says["expected"].format(timezone)
    left = says["holidays"].format(leakage.holidays) if leakage.holidays else says["no_calendar"]
    more = says["without"].format(len(sought.without)) if sought.without else ""
    yield says["days"].format(leakage.days, leakage.dropped, left + more)
    yield says["left"].format(*(figure(each, "count", lang) for each in (leakage.uncompared, leakage.unlike)))
    yield says["data"].format(f"{leakage.since:%Y-%m-%d %H:%M}", f"{leakage.until:%Y-%m-%d %H:%M}")


CARD = {
    "en": {
        "visits": "visits:    {}",
        "anonymous": "those of nobody known",
        "known": "those of known people",
        "all": "of known people and of nobody known",
        "calls": "calls:     inbound, begun within {} after the end of a visit{}; each is of the last one before it",
        "same": ", for the same {}",
        "intent": "intent or another of its family",
        "area": "area",
        "line_type": "kind of line",
        "expected": "expected:  the mean of those after the same visits 7 days earlier and later, {}",
        "days": "days:      {} can be compared, {} of them with one week only; {}",
        "holidays": "left out: days that are not ordinary ({})",
        "no_calendar": "no calendar says which are holidays",
        "without": ", {} named",
        "left": "left out:  {} visits of other days, {} of which nothing tells what calls are matched by",
        "data": "data:      calls are known from {} to {}",
        "cells": "a call counts once in each row it belongs to: rows do not add up to the whole",
        "dense": "visits are so frequent that shifted ones meet up to {} of the calls: leakage is understated by about "
        "that part of it; a shorter window or more to match by helps",
        "few": "too_few: fewer than 20 calls, after the visits and the shifted ones together, tell no rate",
        "placebo": "the placebo is not about 0: weeks differ by more than these visits; leave out days (--without)",
    },
    "fr": {
        "visits": "visites :    {}",
        "anonymous": "celles d'inconnus",
        "known": "celles de personnes connues",
        "all": "de personnes connues et d'inconnus",
        "calls": "appels :     entrants, commencés dans les {} après la fin d'une visite{} ; chacun compte pour la "
        "dernière avant lui",
        "same": ", pour le même élément : {}",
        "intent": "motif ou famille de motifs",
        "area": "zone",
        "line_type": "type de ligne",
        "expected": "attendus :   moyenne de ceux qui suivent les mêmes visites 7 jours avant et 7 jours après, {}",
        "days": "jours :      {} comparables, dont {} à une seule semaine ; {}",
        "holidays": "exclus : les jours qui ne sont pas ordinaires ({})",
        "no_calendar": "aucun calendrier ne dit les jours fériés",
        "without": ", {} nommés",
        "left": "écartées :   {} visites d'autres jours, {} dont rien ne dit par quoi relier un appel",
        "data": "données :    appels connus du {} au {}",
        "cells": "un appel compte une fois dans chaque ligne dont il relève : les lignes ne font pas le tout",
        "dense": "les visites sont si fréquentes que, décalées, elles rencontrent jusqu'à {} des appels : la fuite est "
        "sous-estimée d'autant ; une fenêtre plus courte ou plus de critères y aident",
        "few": "too_few : moins de 20 appels, après les visites et les visites décalées, ne donnent pas de taux",
        "placebo": "le placebo n'est pas proche de 0 : les semaines diffèrent par autre chose ; écarter des jours "
        "(--without)",
    },
}
