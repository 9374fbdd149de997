"""The definition card of a funnel: the 18 things that must be said before its figures mean anything."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from omnictl.journeys.funnel.rules import Rules
from omnictl.render.figures import figure

if TYPE_CHECKING:
    from omnictl.journeys.funnel.answer import Funnelled
    from omnictl.journeys.funnel.definition import FunnelAsked

NAMES = {
    "en": ("unit", "identity", "order", "breaks", "window", "anchor", "entry", "attempt", "ties", "rows", "exclusion",
           "optional", "period", "maturity", "held", "cuts", "late data", "clock"),
    "fr": ("unité", "identité", "ordre", "rupture", "fenêtre", "ancrage", "entrée", "tentative", "égalités", "lignes",
           "exclusion", "facultatif", "période", "maturité", "constant", "coupes", "retards", "horloge"),
}  # fmt: skip
EN = {
    "person": "person", "interaction": "interaction (visit or contact)", "need": "need",
    "certain": "certain links only; {0} of {1} rows of step 1 have a known person ({2})",
    "own": "none needed; {0} of {1} rows of step 1 have a known person",
    "own_need": "needs of known people; {0} of {1} rows of step 1 have a known person",
    "ordered": "the steps in this order; other things may come between",
    "strict": "the steps in this order; nothing may come between",
    "any": "any order",
    "anchored": "any order between steps that keep their place: {0}",
    "breaks_no": "nothing", "breaks_events": "any other event or contact", "breaks_all": "any other interaction",
    "breaks_within": "rows on {0} only",
    "calendar": "{0}: local calendar days", "rolling": "{0}, rolling",
    "first": "from step 1 to each step", "step": "from each step to the next",
    "entry_first": "the first row of step 1 in the period begins the only attempt",
    "entry_any": "every row of step 1 in the period begins an attempt; the unit counts once",
    "entry_every": "every row of step 1 in the period begins an attempt, and each counts; later rows may serve several",
    "furthest": "the one that came furthest, of those the earliest",
    "converted": "the first that converted, else the first", "each": "each represents itself",
    "allow": "rows at one instant count in the order of the steps, in order strict too",
    "later": "a step must come at a later instant than the one before",
    "grace": "a step may stand up to {0:g} s before the one before it",
    "one": "one row is one step only",
    "no": "none", "excluded": "{0} between steps {1}: {2}", "taken": "; {0} taken out",
    "remove": "takes the attempt out", "drop": "ends the attempt there",
    "restart": "ends the attempt; a later row of step 1 begins anew",
    "period": "step 1 inside {0}; later steps may fall after it", "whole": "the data",
    "maturity": "attempts whose window is open are left out, converted or not; units with no other: {0}",
    "by": "{0}, by the row of {1}", "by_first": "step 1", "by_last": "the last step done", "by_step": "each step",
    "late": "known up to {0}", "unlimited": "no source says up to when it is complete: all windows count as over",
    "waits": "; the first to end: {0}",
    "clock": "{0}; time of the event, to the second where the source gives no more",
}  # fmt: skip
FR = {
    "person": "personne", "interaction": "interaction (visite ou contact)", "need": "besoin",
    "certain": "liens certains seulement ; {0} des {1} lignes de l'étape 1 ont une personne connue ({2})",
    "own": "inutile ; {0} des {1} lignes de l'étape 1 ont une personne connue",
    "own_need": "besoins de personnes connues ; {0} des {1} lignes de l'étape 1 ont une personne connue",
    "ordered": "les étapes dans cet ordre ; autre chose peut s'intercaler",
    "strict": "les étapes dans cet ordre ; rien ne peut s'intercaler",
    "any": "n'importe quel ordre",
    "anchored": "n'importe quel ordre entre les étapes qui gardent leur place : {0}",
    "breaks_no": "rien", "breaks_events": "tout autre événement ou contact", "breaks_all": "toute autre interaction",
    "breaks_within": "les lignes de {0} seulement",
    "calendar": "{0} : jours civils", "rolling": "{0}, glissante",
    "first": "de l'étape 1 à chaque étape", "step": "de chaque étape à la suivante",
    "entry_first": "la première ligne de l'étape 1 dans la période ouvre la seule tentative",
    "entry_any": "chaque ligne de l'étape 1 dans la période ouvre une tentative ; l'unité compte une fois",
    "entry_every": "chaque ligne de l'étape 1 dans la période ouvre une tentative, et chacune compte",
    "furthest": "celle qui va le plus loin, la plus ancienne d'entre elles",
    "converted": "la première qui aboutit, sinon la première", "each": "chacune se représente",
    "allow": "des lignes au même instant comptent dans l'ordre des étapes",
    "later": "une étape vient à un instant postérieur à la précédente",
    "grace": "une étape peut précéder de {0:g} s celle d'avant",
    "one": "une ligne n'est qu'une étape",
    "no": "aucune", "excluded": "{0} entre les étapes {1} : {2}", "taken": " ; {0} retirées",
    "remove": "retire la tentative", "drop": "arrête la tentative",
    "restart": "arrête la tentative ; une ligne suivante de l'étape 1 recommence",
    "period": "étape 1 dans {0} ; la suite peut tomber après", "whole": "les données",
    "maturity": "tentatives à fenêtre non close écartées, abouties ou non ; unités sans autre : {0}",
    "by": "{0}, selon la ligne de {1}", "by_first": "l'étape 1", "by_last": "la dernière étape faite",
    "by_step": "chaque étape",
    "late": "connu jusqu'au {0}",
    "unlimited": "aucune source ne dit jusqu'où elle est complète : toute fenêtre est close",
    "waits": " ; ce qui finit d'abord : {0}",
    "clock": "{0} ; heure de l'événement, à la seconde si la source n'en dit pas plus",
}  # fmt: skip
SAYS = {"en": EN, "fr": FR}


def card(funnelled: Funnelled, timezone: str, lang: str) -> Iterator[str]:
    """The 18 lines, each with its name."""
    names, says = NAMES.get(lang, NAMES["en"]), SAYS.get(lang, EN)
    width = max(map(len, names)) + 1
    values = [*_who(funnelled, says, lang), *_how(funnelled, says), *_when(funnelled, says, timezone, lang)]
    for number, (name, value) in enumerate(zip(names, values, strict=True), 1):
        yield f"{number:>2} {name + ':':<{width}} {value}"


def _who(funnelled: Funnelled, says: dict[str, str], lang: str) -> Iterator[str]:
    asked = funnelled.asked
    yield says[asked.unit]
    share = figure(funnelled.known / funnelled.rows, "ratio", lang) if funnelled.rows else "–"
    form = {"person": "certain", "interaction": "own", "need": "own_need"}[asked.unit]
    known, rows = (figure(each, "count", lang) for each in (funnelled.known, funnelled.rows))
    yield says[form].format(known, rows, share)


def _how(funnelled: Funnelled, says: dict[str, str]) -> Iterator[str]:
    asked, rules = funnelled.asked, funnelled.rules
    anchored = ", ".join(map(str, sorted(rules.anchored)))
    yield says["anchored"].format(anchored) if anchored else says[rules.order]
    if rules.order != "strict":
        yield says["breaks_no"]
    elif asked.within:
        yield says["breaks_within"].format(", ".join(asked.within))
    else:
        yield says["breaks_events" if funnelled.by_event else "breaks_all"]
    yield says["rolling" if asked.window[:1].isdigit() else "calendar"].format(asked.window)
    yield says[asked.anchor]
    yield says[f"entry_{rules.entry}"]
    yield says["each" if rules.entry == "every" else rules.represents]
    yield _ties(rules, says)
    yield says["one"]
    yield _exclusions(funnelled, says)
    yield ", ".join(map(str, sorted(rules.optional))) or says["no"]


def _ties(rules: Rules, says: dict[str, str]) -> str:
    if rules.grace:
        return says["grace"].format(rules.ties / 1000)
    return says["later" if rules.ties else "allow"]


def _exclusions(funnelled: Funnelled, says: dict[str, str]) -> str:
    found = [
        says["excluded"].format(told.short.text.strip(), f"{rule.first}-{rule.last}", says[rule.effect])
        for told, rule in zip(funnelled.asked.exclude, funnelled.rules.exclusions, strict=True)
    ]
    taken = says["taken"].format(funnelled.removed) if found else ""
    return "; ".join(found) + taken if found else says["no"]


def _when(funnelled: Funnelled, says: dict[str, str], timezone: str, lang: str) -> Iterator[str]:
    asked: FunnelAsked = funnelled.asked
    ends = [f"{each:%Y-%m-%d %H:%M}" if each is not None else "…" for each in (funnelled.start, funnelled.end)]
    span = " – ".join(ends) if funnelled.start or funnelled.end else says["whole"]
    yield says["period"].format(span)
    open_units = sum(each.immature for each in funnelled.figures if each.step == 1)
    yield says["maturity"].format(figure(open_units, "count", lang))
    yield ", ".join(asked.hold) or says["no"]
    yield says["by"].format(", ".join(asked.by), says[f"by_{asked.attribution}"]) if asked.by else says["no"]
    if funnelled.until is None:
        yield says["unlimited"]
    else:
        first = says["waits"].format(", ".join(funnelled.first_to_end)) if funnelled.first_to_end else ""
        yield says["late"].format(f"{funnelled.until:%Y-%m-%d %H:%M}") + first
    yield says["clock"].format(timezone)
