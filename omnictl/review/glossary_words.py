"""The words of a browsable glossary, in English and French."""

from __future__ import annotations

LANGUAGES = {"en": "English", "fr": "Français"}
WORDS: dict[str, dict[str, str]] = {
    "en": {
        "title": "KPI glossary", "skip": "Skip to content", "navigation": "Pages", "kpis": "KPIs",
        "owners": "Who owns what", "picture": "What is made of what", "unanswered": "Not answered by rows",
        "intro": "One meaning for each KPI, over telephony and digital channels: {} KPIs in {} families.",
        "search": "Find a KPI by name, question, synonym or a vendor's word", "found": "Found: {}",
        "nothing": "Nothing is found. Try another word for it, or fewer.",
        "definition": "Definition", "facts": "At a glance", "unit": "Unit", "better": "Better", "rollup": "Adds up as",
        "over_time": "Over time", "family": "Family", "owner": "Owner", "channels": "Channels", "all": "all",
        "elsewhere": "not defined on others", "window": "Window", "by": "Always cut by",
        "over": "Denominator not split by",
        "parameters": "Parameters", "target": "Target", "at": "Booked at", "from": "Rows of",
        "where": "Rows that count",
        "counted": "What is counted", "part": "Part", "channel": "Channel", "expression": "Expression",
        "others": "other channels", "formula": "Formula", "open since": "Open since", "open until": "Open until",
        "worlds": "What each world calls it", "called": "Called", "variants": "Variants", "address": "Ask for it as",
        "says": "What is different", "vendors": "What vendors call it, and where they differ", "vendor": "Vendor",
        "name": "Name there", "differs": "Where it differs", "synonyms": "Also called", "sources": "Sources",
        "made_of": "Made of", "used_by": "Used by", "nothing_else": "Rows alone; it is made of no other KPI.",
        "nobody": "No other KPI is made of it.", "relations": "Relations read", "worked": "Worked figures",
        "asked": "Asked", "cut": "Cut", "figure": "Figure", "empty": "empty", "unknown": "rows unknown",
        "rows": "{} rows of {}", "times": "times", "written": "Written in", "shipped": "the shipped glossary",
        "instead": "Instead", "why": "Why rows cannot", "none": "—", "language": "Language", "no_owner": "(nobody)",
        "picture_intro": "Relations to the left, KPIs made of rows beside them, KPIs made of other KPIs to the right.",
        "unanswered_intro": "These need a model, an experiment or a forecast. A figure of rows under their name would "
        "be taken for more than it is.", "refused": "refused", "per": "by",
    },
    "fr": {
        "title": "Glossaire des indicateurs", "skip": "Aller au contenu", "navigation": "Pages", "kpis": "Indicateurs",
        "owners": "Qui est responsable", "picture": "Qui est fait de quoi", "unanswered": "Sans réponse par les lignes",
        "intro": "Un sens par indicateur, sur la téléphonie et le numérique : {} indicateurs en {} familles.",
        "search": "Trouver un indicateur par nom, question, synonyme ou mot d'un éditeur", "found": "Résultats : {}",
        "nothing": "Rien n'est trouvé. Essayez un autre mot, ou moins de mots.",
        "definition": "Définition", "facts": "En bref", "unit": "Unité", "better": "Meilleur",
        "rollup": "Se cumule comme",
        "over_time": "Dans le temps", "family": "Famille", "owner": "Responsable", "channels": "Canaux", "all": "tous",
        "elsewhere": "non défini sur les autres", "window": "Fenêtre", "by": "Toujours ventilé par",
        "over": "Dénominateur non ventilé par", "parameters": "Paramètres", "target": "Objectif", "at": "Daté par",
        "from": "Lignes de", "where": "Lignes comptées", "counted": "Ce qui est compté", "part": "Partie",
        "channel": "Canal", "expression": "Expression", "others": "autres canaux", "formula": "Formule",
        "open since": "Ouvert depuis", "open until": "Ouvert jusqu'à", "worlds": "Comment chaque monde le nomme",
        "called": "Nommé", "variants": "Variantes", "address": "Se demande par", "says": "Ce qui change",
        "vendors": "Le mot des éditeurs, et ce qui diffère", "vendor": "Éditeur", "name": "Nom chez lui",
        "differs": "Ce qui diffère", "synonyms": "Autres noms", "sources": "Sources", "made_of": "Fait de",
        "used_by": "Sert à", "nothing_else": "Des lignes seulement ; il n'est fait d'aucun autre indicateur.",
        "nobody": "Aucun autre indicateur n'en est fait.", "relations": "Relations lues", "worked": "Exemples chiffrés",
        "asked": "Demandé", "cut": "Axe", "figure": "Valeur", "empty": "vide", "unknown": "lignes inconnues",
        "rows": "{} lignes de {}", "times": "fois", "written": "Écrit dans", "shipped": "le glossaire livré",
        "instead": "À la place", "why": "Pourquoi les lignes ne suffisent pas", "none": "—", "language": "Langue",
        "no_owner": "(personne)",
        "picture_intro": "À gauche les relations, puis les indicateurs faits de lignes, à droite les composés.",
        "unanswered_intro": "Il faut un modèle, une expérience ou une prévision. Un chiffre tiré des lignes sous ce "
        "nom passerait pour plus que ce qu'il est.", "refused": "refusé", "per": "par",
    },
}  # fmt: skip
FAMILIES: dict[str, dict[str, str]] = {
    "accessibility": {"en": "Accessibility", "fr": "Accessibilité"},
    "callback": {"en": "Callbacks", "fr": "Rappels"},
    "capacity": {"en": "Capacity", "fr": "Capacité"},
    "chat": {"en": "Chat", "fr": "Chat"},
    "chatbot": {"en": "Chatbots", "fr": "Chatbots"},
    "correspondence": {"en": "E-mail and threads", "fr": "E-mail et fils"},
    "digital": {"en": "Site, app and help pages", "fr": "Site, application et aide"},
    "forms": {"en": "Forms", "fr": "Formulaires"},
    "handling": {"en": "Handling", "fr": "Traitement"},
    "journeys": {"en": "Journeys and repeats", "fr": "Parcours et réitération"},
    "orientation": {"en": "Orientation", "fr": "Orientation"},
    "satisfaction": {"en": "Satisfaction", "fr": "Satisfaction"},
    "selfcare": {"en": "Self-service", "fr": "Selfcare"},
    "value": {"en": "Value and cost", "fr": "Valeur et coûts"},
    "volume": {"en": "Volume and reach", "fr": "Volumes et couverture"},
}
VALUES: dict[str, dict[str, str]] = {
    "fr": {
        "higher": "plus haut", "lower": "plus bas", "neutral": "neutre", "count": "nombre", "seconds": "secondes",
        "score": "score", "eur": "euros", "ratio": "ratio", "share": "part", "sum": "somme", "mean": "moyenne",
        "distinct": "distincts", "percentile": "percentile", "stock": "stock", "index": "indice", "last": "dernier",
        "max": "maximum",
    },
}  # fmt: skip


def family_name(family: str, lang: str) -> str:
    """A family's name for people; a workspace's own folder by its name."""
    known = FAMILIES.get(family)
    return known[lang] if known else (family.replace("_", " ").capitalize() or WORDS[lang]["none"])


def value_name(value: str, lang: str) -> str:
    """A unit, a direction or a roll-up for people."""
    return VALUES.get(lang, {}).get(value, value)
