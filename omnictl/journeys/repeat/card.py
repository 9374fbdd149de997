"""The definition card: what a figure of repeat contact counts, as lines for people and as data for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from omnictl.relations.families import FAMILIES
from omnictl.render.figures import figure

if TYPE_CHECKING:
    from omnictl.journeys.repeat.answer import Repeated

HIDDEN = "hidden"  # the state of a figure about too few people


@dataclass(frozen=True)
class Counts:
    """Rows of the index over all cuts, by what became of them."""

    judged: float
    immature: float
    unidentified: float
    unknown: float
    known: float  # of people, judged or not

    @classmethod
    def of(cls, whole: Mapping[str, Any], family: str) -> Counts:
        judged, immature, unidentified, unknown = (
            amount_of(whole.get(name)) for name in ("n", "immature", "unidentified", "unknown")
        )
        known = judged + immature
        if "intent" in FAMILIES[family].same:
            known += unknown  # rows of nobody are counted apart whatever their intent, so these are of people
        return cls(judged, immature, unidentified, unknown, known)

    @property
    def share(self) -> float | None:
        """The share of rows whose person is known."""
        return self.known / (self.known + self.unidentified) if self.known + self.unidentified else None


def amount_of(count: Any) -> float:
    """How many rows; over probable links their weights add up to parts of one."""
    return float(count or 0) if (count or 0) % 1 else int(count or 0)


def links_of(definitions: Sequence[Mapping[str, Any]]) -> str:
    """Which links figures rest on, by the definitions of their KPIs."""
    return str(definitions[0].get("links", "certain")) if definitions else "certain"


def calendar(windows: tuple[str, ...]) -> bool:
    """Whether all windows are counted in local days."""
    return all(window.casefold().startswith(("j+", "intra", "]")) for window in windows)


def as_data(repeated: Repeated, timezone: str) -> dict[str, Any]:
    """The card for the metadata of an export."""
    followed = repeated.followed
    found: dict[str, Any] = {
        "index": followed.index["en"],
        "on": list(_channels(repeated)),
        "follow_up": followed.next["en"],
        "counts": "people" if followed.people else "contacts",
        "direction": "back" if FAMILIES[followed.family].back else "ahead",
        "family": followed.family,
        "windows": list(repeated.windows),
        "clock": {"timezone": timezone, "windows": "calendar" if calendar(repeated.windows) else "as written"},
        "links": links_of(repeated.definitions),
        "first_to_end": list(repeated.first_to_end),
    }
    for name, edge in (("known_until", repeated.until), ("known_since", repeated.since)):
        found |= {name: edge.isoformat()} if edge is not None else {}
    whole = repeated.whole[-1] if repeated.whole else {}
    if whole.get("state") != HIDDEN:
        counts = Counts.of(whole, followed.family)
        names = ("judged", "immature", "unidentified", "unknown")
        found["coverage"] = {"identified": counts.share} | {name: getattr(counts, name) for name in names}
    return found


def card(repeated: Repeated, timezone: str, lang: str) -> Iterator[str]:
    """What is counted, as lines that people read before the figures.

    Args:
        timezone: whose calendar days are meant.
    """
    followed, windows = repeated.followed, repeated.windows
    says = CARD.get(lang, CARD["en"])
    whole = repeated.whole[-1] if repeated.whole else {}
    channels = ", ".join(_channels(repeated))
    on = says["on"].format(channels) if channels else ""
    yield says["index"].format(followed.index[lang], on, followed.kpi)
    yield says["next"].format(followed.next[lang])
    way = "people" if followed.people else "back" if FAMILIES[followed.family].back else "ahead"
    yield says["counts"].format(says[way], says[links_of(repeated.definitions)])
    yield says["days" if calendar(windows) else "mixed"].format(", ".join(windows), timezone)
    yield _coverage(whole, repeated, says, lang)
    if repeated.retried is not None:
        share, calls = repeated.retried
        yield says["retries"].format(figure(share, "ratio", lang), figure(calls, "count", lang))
    if repeated.since is not None:
        yield says["since"].format(f"{repeated.since:%Y-%m-%d %H:%M}")
    if repeated.until is not None:
        first = says["first"].format(", ".join(repeated.first_to_end)) if repeated.first_to_end else ""
        yield says["until"].format(f"{repeated.until:%Y-%m-%d %H:%M}") + first


def _channels(repeated: Repeated) -> tuple[str, ...]:
    return repeated.after or tuple(repeated.definitions[0].get("channels") or ())


def _coverage(whole: Mapping[str, Any], repeated: Repeated, says: Mapping[str, str], lang: str) -> str:
    if whole.get("state") == HIDDEN:
        return says["few"]
    counts = Counts.of(whole, repeated.followed.family)
    back = FAMILIES[repeated.followed.family].back
    unseen = says["unseen_before" if back else "unseen"].format(repeated.windows[-1])
    share = figure(counts.share, "ratio", lang) if counts.share is not None else "-"
    if repeated.followed.people:  # the parts count people, what is left out counts contacts
        told = (counts.judged, counts.unidentified, counts.immature, counts.unknown)
        amounts = [figure(each, "count", lang) for each in told]
        return says["of_people"].format(*amounts, unseen=unseen)
    told = (counts.known, counts.unidentified, counts.immature, counts.unknown)
    amounts = [figure(each, "count", lang) for each in told]
    return says["coverage"].format(share, *amounts, unseen=unseen)


CARD = {
    "en": {
        "index": "index:     {0}{1} ({2})",
        "on": "; on {0}",
        "next": "follow-up: {0}",
        "counts": "counts:    {0}; {1}",
        "ahead": "contacts, looking ahead",
        "back": "contacts, looking back",
        "people": "people, looking ahead",
        "certain": "certain links",
        "probable": "probable links, by weight",
        "days": "windows:   {0}: local calendar days, {1}",
        "mixed": "windows:   {0}: those in hours are rolling, J+n are calendar days, {1}",
        "coverage": "coverage:  {0} identified: {1} contacts of known people, {2} of nobody known; "
        "not judged: {3} {unseen}, {4} unknown",
        "of_people": "coverage:  {0} contacts of known people judged, {1} of nobody known; "
        "not judged: {2} {unseen}, {3} unknown",
        "unseen": "whose {0} is not over in the data",
        "unseen_before": "whose {0} before is not all in the data",
        "few": "coverage:  about too few people to be told",
        "retries": "retries:   apart: {0} of {1} calls given up are tried again within the hour (retry_rate)",
        "since": "data:      known from {0}",
        "until": "data:      known up to {0}",
        "first": "; the first to end: {0}",
    },
    "fr": {
        "index": "index :      {0}{1} ({2})",
        "on": " ; par {0}",
        "next": "suite :      {0}",
        "counts": "compte :     {0} ; {1}",
        "ahead": "des contacts, en regardant vers l'avant",
        "back": "des contacts, en regardant en arrière",
        "people": "des personnes, en regardant vers l'avant",
        "certain": "liens certains",
        "probable": "liens probables, par leur poids",
        "days": "fenêtres :   {0} : jours civils, {1}",
        "mixed": "fenêtres :   {0} : celles en heures sont glissantes, J+n sont des jours civils, {1}",
        "coverage": "couverture : {0} identifiés : {1} contacts de personnes connues, {2} d'inconnus ; "
        "non jugés : {3} {unseen}, {4} indéterminés",
        "of_people": "couverture : {0} contacts jugés de personnes connues, {1} d'inconnus ; "
        "non jugés : {2} {unseen}, {3} indéterminés",
        "unseen": "dont la fenêtre {0} n'est pas close dans les données",
        "unseen_before": "dont les {0} d'avant ne sont pas tous dans les données",
        "few": "couverture : trop peu de personnes pour être dite",
        "retries": "réappels :   à part : {0} de {1} appels abandonnés sont retentés dans l'heure (retry_rate)",
        "since": "données :    connues depuis le {0}",
        "until": "données :    connues jusqu'au {0}",
        "first": " ; ce qui finit d'abord : {0}",
    },
}
