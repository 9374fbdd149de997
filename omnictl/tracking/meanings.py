"""What columns, identifiers, units and events mean, in English and French."""

from __future__ import annotations

from omnictl.relations import RELATIONS
from omnictl.tracking.french import FRENCH, KINDS, UNITS
from omnictl.tracking.occurrences import meaning_of_event
from omnictl.tracking.plan import Texts

__all__ = ["meaning_of", "meaning_of_event", "meaning_of_identifier", "unit_of"]


_OF_KIND: dict[tuple[str, str, str], Texts] = {
    ("steps", "search", "value"): {
        "en": "how many results the search found; 0 when it found none",
        "fr": "nombre de résultats trouvés par la recherche ; 0 quand il n'y en a aucun",
    },
    ("steps", "vote", "value"): {
        "en": "the reader's vote: above 0, it helped; 0 or less, it did not",
        "fr": "le vote du lecteur : au-dessus de 0, l'aide a été utile ; 0 ou moins, elle ne l'a pas été",
    },
}


def meaning_of(relation: str, column: str, kind: str = "") -> Texts:
    """What a column of a relation means; a plugin's own has its English alone, one that there is not has nothing.

    Args:
        kind: the type of a step, whose figure means something of its own.
    """
    if (relation, kind, column) in _OF_KIND:
        return _OF_KIND[relation, kind, column]
    known = RELATIONS.get(relation)
    found = known.column(column) if known is not None else None
    if found is None:
        return {}
    french = FRENCH.get(relation, {}).get(column)
    return {"en": found.meaning, **({"fr": french} if french else {})}


def meaning_of_identifier(kind: str) -> Texts:
    """What a kind of identifier is, and what for where it may link by itself."""
    if kind not in KINDS:
        return {
            "en": f'an identifier of the kind "{kind}"; omnictl keeps a keyed pseudonym of it',
            "fr": f"un identifiant de la sorte « {kind} » ; omnictl n'en garde qu'un pseudonyme à clé",
        }
    english, french = KINDS[kind]
    return {
        "en": f"{english}, to link the same person's contacts; omnictl keeps a keyed pseudonym of it",
        "fr": f"{french}, pour relier les contacts d'une même personne ; omnictl n'en garde qu'un pseudonyme à clé",
    }


def unit_of(unit: str, lang: str) -> str:
    """A unit for people; one that is not ours as it is."""
    return UNITS.get(unit, {}).get(lang, unit)
