"""What KPIs are called: one name for one figure, and every text in every language the KPI speaks."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from omnictl.errors import Finding, Severity
from omnictl.glossary.kpi import Kpi
from omnictl.glossary.layers import STANDARD
from omnictl.review.whole import Whole

LANGUAGES = ("en", "fr")


@lru_cache(maxsize=16_384)
def folded(text: str) -> str:
    """A wording as it is compared: without capitals, accents, kinds of apostrophes, hyphens and spaces."""
    plain = "".join(each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each))
    return " ".join(plain.casefold().replace("\u2019", "'").replace("-", " ").split())


def names_of(kpi: Kpi) -> Iterator[tuple[str, str]]:
    """The words a KPI claims for itself alone, each with its key: labels and synonyms."""
    for language, text in kpi.label.items():
        yield f"label.{language}", text
    for language, words in kpi.synonyms.items():
        for text in words:
            yield f"synonyms.{language}", text


def check_names(whole: Whole) -> Iterator[Finding]:
    """Words that two KPIs claim: a search for one would find the other's figure. Told at every KPI of the workspace's
    own that claims it, so that a change to either shows; among shipped ones at the later."""
    claimed: dict[str, list[tuple[Kpi, str, str]]] = {}
    for kpi in whole.kpis.values():
        for key, text in names_of(kpi):
            claims = claimed.setdefault(folded(text), [])
            if all(other is not kpi for other, _, _ in claims):
                claims.append((kpi, key, text))
    for claims in claimed.values():
        own = [claim for claim in claims if claim[0].layer != STANDARD] or claims[1:]
        for kpi, key, text in own if len(claims) > 1 else ():
            other = next(each for each, _, _ in claims if each is not kpi)
            message = f"`{text}` is what `{kpi.id}` and `{other.id}` are both called"
            hint = f"the other is written at {other.place}; one wording leads to one figure"
            yield whole.finding("wording-twice", message, kpi, key, hint, "error")


def check_languages(whole: Whole) -> Iterator[Finding]:
    """Texts that are there in one language only. Labels and questions are looked at when the KPI is read."""
    for kpi in whole.kpis.values():
        severity: Severity = "error" if kpi.layer == STANDARD else "warning"
        texts = [("definition", "definition", kpi.definition)]
        texts += [(f"wording of {channel}", f"wording.{channel}", words) for channel, words in kpi.wording.items()]
        texts += [(f"note of the variant {name}", f"variants.{name}.note", note) for name, note in kpi.variants.items()]
        for what, key, each in texts:
            missing = [language for language in LANGUAGES if not each.get(language)] if each else []
            if missing:
                message = f"`{what}` is missing in {' and '.join(missing)}"
                yield whole.finding("missing-language", message, kpi, key, "{en: …, fr: …}", severity)
