"""What follows, as it is told: the table for people, that for programs, and the card of what is counted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from omnictl.journeys.after.answer import CUT_BY
from omnictl.journeys.after.origin import READ
from omnictl.render import Col, Table
from omnictl.render.figures import figure

if TYPE_CHECKING:
    from omnictl.journeys.after.answer import After, Followed

HIDDEN = "hidden"
TAKEN = {  # column: what `kpi query --long` calls it
    "interactions": "denominator",
    "followed": "numerator",
    "share": "value",
    "low": "low",
    "high": "high",
    "immature": "immature",
}
FURTHER = {"unidentified": "unidentified", "unknown": "unknown", "state": "state"}
UNITS = {"share": "ratio", "low": "ratio", "high": "ratio", "state": ""}
LABELS = {
    "en": {
        "within": "Within",
        "interactions": "Interactions",
        "followed": "Followed",
        "share": "Share",
        "low": "95% from",
        "high": "95% to",
        "immature": "Window not over",
        "article": "Article",
        "page": "Page",
        "form": "Form",
    },
    "fr": {
        "within": "Dans",
        "interactions": "Interactions",
        "followed": "Suivies",
        "share": "Part",
        "low": "95 % de",
        "high": "95 % à",
        "immature": "Fenêtre non close",
        "article": "Article",
        "page": "Page",
        "form": "Formulaire",
    },
}
REPEATED = {
    "en": "by {} an interaction counts once for each: the whole is less than the sum",
    "fr": "par {}, une interaction compte une fois pour chacun : le tout est moins que la somme",
}


def listed(after: After, number: int, lang: str) -> str:
    """How many interactions are listed, in words."""
    window, origin, count = after.windows[0].text, after.origin.told(lang), figure(number, "count", lang)
    if lang == "fr":
        return f"{origin} : {count} suivie{'s' if number > 1 else ''} dans la fenêtre {window}"
    return f"of {origin}, {'1 is' if number == 1 else f'{count} are'} followed within {window}"


def for_programs(followed: Followed) -> Table:
    """A row per cut and window: interactions judged, how many are followed, the share and its 95 % interval; counted
    apart those whose window is not over, those of nobody known, and those that nobody can judge."""
    return _laid(followed, {**TAKEN, **FURTHER}, periods=True, lang="")


def for_people(followed: Followed, lang: str, *, periods: bool) -> Table:
    """The same without what the card says. `periods`: whether the answer is by period."""
    return _laid(followed, TAKEN, periods=periods, lang=lang)


def _laid(followed: Followed, taken: dict[str, str], *, periods: bool, lang: str) -> Table:
    table = followed.table
    names = [column.name for column in table.columns]
    keys = [place for place in range(names.index("kpi")) if periods or not names[place].startswith("period_")]
    asked = dict(zip(followed.after.by, followed.after.cuts, strict=True))
    labels = LABELS.get(lang, {})
    columns = []
    for place in keys:
        name = asked.get(names[place], names[place])
        columns.append(replace(table.columns[place], name=name, label=labels.get(name, table.columns[place].label)))
    several = len(followed.after.windows) > 1
    if several or not lang:
        columns.append(Col("within", "", labels.get("within", "")))
    places = {name: names.index(of) for name, of in taken.items() if of in names}
    for name in places:
        columns.append(Col(name, UNITS.get(name, "count"), labels.get(name, ""), table.columns[places[name]].type))
        if lang:
            columns.append(Col(f"{name}_state"))
    state, rows = names.index("state"), []
    for row, window in zip(table.rows, followed.windows, strict=True):
        if lang and row[state] == "not_defined":
            continue
        cells: list[Any] = [row[place] for place in keys] + ([window] if several or not lang else [])
        for name, place in places.items():
            cells.append(row[place])
            if lang:
                cells.append(row[state] if row[state] == HIDDEN or name == "share" else None)
        rows.append(tuple(cells))
    return replace(table, columns=columns, rows=rows, notes=list(_notes(followed, lang)))


def _notes(followed: Followed, lang: str) -> Iterator[str]:
    cut = [name for name in followed.after.cuts if name in READ]
    for note in followed.table.notes:
        if not any(note.startswith(f"by {CUT_BY[name]} ") for name in cut):
            yield note
    if cut:
        yield REPEATED.get(lang, REPEATED["en"]).format(f"{' and '.join(cut)}")


def card(followed: Followed, timezone: str, lang: str) -> Iterator[str]:
    """What is counted, as lines that people read before the figures."""
    after, says = followed.after, CARD.get(lang, CARD["en"])
    yield says["index"].format(after.origin.told(lang), after.kpi)
    yield from _links(after, lang)
    texts = [window.text for window in after.windows]
    calendar = all(window.days is not None for window in after.windows)
    rolling = all(window.days is None for window in after.windows)
    kind = "calendar" if calendar else "rolling" if rolling else "both"
    yield says["window"].format(", ".join(texts)) + says[kind].format(timezone)
    whole = followed.whole[-1] if followed.whole else {}
    if whole.get("state") == HIDDEN:
        yield says["hidden"]
    else:
        amounts = {name: int(whole.get(of) or 0) for name, of in {**TAKEN, **FURTHER}.items() if name in COUNTED}
        judged, immature, unknown = (amounts[name] for name in ("interactions", "immature", "unidentified"))
        known = judged + immature + amounts["unknown"] * after.same_intent
        share = figure(known / (known + unknown), "ratio", lang) if known + unknown else "-"
        told = [figure(each, "count", lang) for each in (known, unknown, immature)]
        yield says["coverage"].format(share, *told, texts[-1])
        yield says["whole"].format(
            *(figure(amounts[name], "count", lang) for name in ("followed", "interactions")),
            figure(whole.get("value"), "ratio", lang) or "-",
        )
    if followed.until is not None:
        yield says["until"].format(f"{followed.until:%Y-%m-%d %H:%M}")


COUNTED = ("interactions", "followed", "immature", "unidentified", "unknown")


def _links(after: After, lang: str) -> Iterator[str]:
    says, same = CARD.get(lang, CARD["en"]), after.same_intent
    if len(after.links) == 1:
        yield says["then"].format(after.links[0].told(lang) + (says["same"] if same else ""))
        return
    for number, then in enumerate(after.links):
        what = then.told(lang) + (says["same"] if same else "")
        yield says["then"].format(what if number == 0 else says["next"].format(what))


CARD = {
    "en": {
        "index": "index:     {}; inbound, from their end ({})",
        "then": "follow-up: {}",
        "next": "then {}, from the end of that",
        "same": ", for the same intent",
        "window": "window:    {}",
        "calendar": ": local calendar days, {}",
        "rolling": ": rolling",
        "both": ": those in hours are rolling, J+n are calendar days, {}",
        "hidden": "coverage:  about too few people to be told",
        "coverage": "coverage:  {} identified: {} of known people, {} of nobody known; "
        "not judged: {} whose {} is not over in the data",
        "whole": "in all:    {} of {} are followed, {}; no proof of a cause",
        "until": "data:      known up to {}",
    },
    "fr": {
        "index": "index :      {} ; sens entrant, depuis la fin ({})",
        "then": "suite :      {}",
        "next": "puis {}, depuis la fin de celle-là",
        "same": ", pour le même motif",
        "window": "fenêtre :    {}",
        "calendar": " : jours civils, {}",
        "rolling": " : glissante",
        "both": " : celles en heures sont glissantes, J+n sont des jours civils, {}",
        "hidden": "couverture : trop peu de personnes pour être dite",
        "coverage": "couverture : {} d'identification : {} de personnes connues, {} d'inconnus ; "
        "à part : {} dont la fenêtre {} n'est pas close dans les données",
        "whole": "en tout :    {} sur {} sont suivies, {} ; rien n'en prouve la cause",
        "until": "données :    connues jusqu'au {}",
    },
}
