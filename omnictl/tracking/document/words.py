"""The words of a tracking plan's document, in English and French."""

from __future__ import annotations

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "skip": "Skip to content", "navigation": "Parts", "title": "Tracking plan", "version": "Version",
        "plan": "Plan", "owner": "Owner", "nobody": "nobody yet", "none": "—", "and_more": "and {} more",
        "lead": "What each tool must record so that the questions below can be answered.", "content": "Holds",
        "semicolon": "; ", "colon": ": ",
        "how_to_read": "Whoever asks finds their question and its KPIs first. Whoever runs a tool reads the section "
        "of that tool alone: it says all that the tool must record, and how it is fetched.",
        "count_needs": "{} questions", "count_kpis": "{} KPIs", "count_events": "{} events",
        "count_sources": "{} tools", "one_needs": "1 question", "one_kpis": "1 KPI", "one_events": "1 event",
        "one_sources": "1 tool",
        # what is not recorded
        "gaps": "Still to be recorded", "gaps_nav": "To be recorded",
        "gaps_intro": "No tool records these events yet. The questions that rest on them have no answer until one "
        "does.",
        "gaps_none": "Every event of the plan is given by a tool.",
        "gaps_fields": "Fields that are needed and that a tool below does not give yet:",
        "gap_of": "{} of", "waiting": "KPIs that wait for it",
        # the questions
        "needs": "The questions", "asked_by": "Asked by", "decision": "What is decided with the answer",
        "how_often": "Answered", "kpis": "KPIs", "by": "Cut by", "channels": "Channels", "all_channels": "all",
        "need_kpis": "Answered with", "no_needs": "No question is written down; the plan was made from the KPIs below.",
        "kpi": "KPI", "definition": "What it is", "unit": "Unit", "defined_by": "Defined by", "serves": "Answers",
        "kpi_events": "Rests on",
        "kpi_intro": "In the tables of tools, each field says which KPIs need it.",
        # finding an event
        "events": "All events", "search": "Find an event by its name, a field, a tool's own field or a KPI",
        "found": "Events found: {}", "nothing": "Nothing is found. Try another word for it, or fewer.",
        "recorded_by": "recorded by", "unrecorded": "recorded by no tool yet",
        # tools
        "tools": "What each tool must record", "no_tools": "The workspace has no source yet.", "tool": "Tool",
        "reads": "Read by the connector", "files": "Files or address", "method": "How it is fetched",
        "frequency": "How often", "lateness": "At most so late", "backfill": "Can be fetched anew for",
        "store": "Kept in", "retention": "Kept for", "zone": "Times without a zone are of",
        "pools": "Who provides it", "gives": "Events",
        "completes": "Completes the records of", "not_said": "not said yet",
        "nothing_planned": "The plan asks nothing of this tool.",
        "fields": "Fields", "identifiers": "Identifiers to carry", "channel": "Channel",
        "identifiers_why": "Without them the contacts of one person cannot be told to be of one person. omnictl keeps "
        "keyed pseudonyms of them, never the values.",
        "enforcement": "When a record breaks the plan", "off": "it is loaded; `tracking check` tells of it",
        "by_ours": "in every plan: it measures a contact page of omnictl",
        "stamp": "it is loaded and marked", "quarantine": "it is set aside and counts for nothing",
        # the table of fields
        "field": "Field", "meaning": "What it is", "type": "Type", "required": "Needed for", "values": "Values",
        "filled": "Filled by", "column": "column",
        "always": "required", "cannot": "cannot be computed without it: {}",
        "helps": "computed better with it: {}", "cuts": "to cut by {}", "purposes": "for {}", "optional": "optional",
        "unplanned": "nothing of the plan needs it", "any": "any", "looked_for": "KPIs look for {}",
        "from_to": "from {} to {}", "at_least": "at least {}", "at_most": "at most {}", "empty": "at most {} empty",
        "nothing_yet": "nothing yet: to be recorded", "nothing_gives": "nothing yet",
        "given_by": "given by {}", "made": "the connector makes it", "constant": "always {}: nothing to send",
        "from_fields": "{}, by {}", "from_format": "{}, written as {}", "becomes": "{} is {}",
        "else_same": "others as they are", "else_lower": "others in small letters", "lower": "in small letters",
        "event": "Event",
        "one_of": "any one of these identifiers is enough",
        "legend": "A field marked {}: a record without it cannot be used. Where it says {}, the tool does not give "
        "the field, and somebody needs it. Types and values are those that are kept: a tool may send its own where "
        "the last column says what becomes of them.",
        # personal data
        "personal": "Personal data", "where": "Where", "why": "Why it is kept", "how_kept": "How it is kept",
        "no_personal": "The plan asks for no personal data.", "no_purpose": "no purpose is written down",
        "kept_personal": "as it is given; `identity erase` takes it with the person",
        "kept_pseudonym": "as a keyed pseudonym (HMAC-SHA256) alone; the value is not kept",
        "consent": "Visits whose consent was refused are linked to nobody; where the workspace requires consent, "
        "so are those without it.",
        # names, referential, people
        "naming": "How things are named", "naming_intro": "Events are named by one convention: {}. Properties are "
        "written in the same style. The id of an event says where its rows stand, and stays when its name changes.",
        "referential": "What the referential must say", "referential_intro": "Some KPIs rest on what the company "
        "says in referential.yml, which no tool records.",
        "owners": "Who answers for what", "who": "Who", "role": "Role", "what": "What",
        "role_pools": "Provides the data", "role_defines": "Defines", "role_acts": "Acts", "role_asks": "Asks",
        "kind_source": "tool", "kind_event": "event", "kind_kpi": "KPI", "kind_solution": "solution",
        "kind_need": "question", "kind_plan": "plan", "no_owners": "Nobody is named yet.",
    },
    "fr": {
        "skip": "Aller au contenu", "navigation": "Parties", "title": "Plan de tracking", "version": "Version",
        "plan": "Plan", "owner": "Responsable", "nobody": "personne pour l'instant", "none": "—",
        "and_more": "et {} de plus",
        "lead": "Ce que chaque outil doit enregistrer pour que les questions ci-dessous aient une réponse.",
        "content": "Contient", "semicolon": " ; ", "colon": " : ",
        "how_to_read": "Qui pose une question la trouve d'abord, avec ses indicateurs. Qui s'occupe d'un outil ne lit "
        "que la partie de cet outil : elle dit tout ce qu'il doit enregistrer, et comment on le récupère.",
        "count_needs": "{} questions", "count_kpis": "{} indicateurs", "count_events": "{} événements",
        "count_sources": "{} outils", "one_needs": "1 question", "one_kpis": "1 indicateur",
        "one_events": "1 événement", "one_sources": "1 outil",
        "gaps": "Encore à enregistrer", "gaps_nav": "À enregistrer",
        "gaps_intro": "Aucun outil n'enregistre encore ces événements. Les questions qui s'appuient sur eux restent "
        "sans réponse d'ici là.",
        "gaps_none": "Chaque événement du plan est fourni par un outil.",
        "gaps_fields": "Champs nécessaires qu'un outil ci-dessous ne fournit pas encore :",
        "gap_of": "{} de", "waiting": "Indicateurs qui l'attendent",
        "needs": "Les questions", "asked_by": "Posée par", "decision": "Ce que la réponse permet de décider",
        "how_often": "Réponse attendue", "kpis": "Indicateurs", "by": "Ventilation", "channels": "Canaux",
        "all_channels": "tous", "need_kpis": "Réponse donnée par",
        "no_needs": "Aucune question n'est écrite ; le plan part des indicateurs ci-dessous.",
        "kpi": "Indicateur", "definition": "Ce que c'est", "unit": "Unité", "defined_by": "Défini par",
        "serves": "Répond à", "kpi_events": "S'appuie sur",
        "kpi_intro": "Dans les tableaux des outils, chaque champ dit quels indicateurs en ont besoin.",
        "events": "Tous les événements",
        "search": "Trouver un événement par son nom, un champ, un champ propre à un outil ou un indicateur",
        "found": "Événements trouvés : {}", "nothing": "Rien n'est trouvé. Essayez un autre mot, ou moins de mots.",
        "recorded_by": "enregistré par", "unrecorded": "aucun outil ne l'enregistre encore",
        "tools": "Ce que chaque outil doit enregistrer", "no_tools": "L'espace de travail n'a pas encore de source.",
        "tool": "Outil", "reads": "Lu par le connecteur", "files": "Fichiers ou adresse",
        "method": "Mode de récupération", "frequency": "Fréquence", "lateness": "Retard admis",
        "backfill": "Historique récupérable", "store": "Conservé dans", "retention": "Durée de conservation",
        "zone": "Fuseau des heures sans décalage",
        "pools": "Qui le fournit", "gives": "Événements", "completes": "Complète les enregistrements de",
        "not_said": "pas encore précisé", "nothing_planned": "Le plan ne demande rien à cet outil.",
        "fields": "Champs", "identifiers": "Identifiants à transmettre", "channel": "Canal",
        "identifiers_why": "Sans eux, rien ne dit que les contacts d'une même personne sont d'une même personne. "
        "omnictl n'en garde que des pseudonymes à clé, jamais les valeurs.",
        "enforcement": "Quand un enregistrement enfreint le plan", "off": "il est chargé ; `tracking check` le signale",
        "by_ours": "dans tout plan : mesure une page de contact d'omnictl",
        "stamp": "il est chargé et marqué", "quarantine": "il est mis à part et ne compte pas",
        "field": "Champ", "meaning": "Ce que c'est", "type": "Type", "required": "Nécessaire pour",
        "values": "Valeurs", "filled": "Rempli par", "column": "colonne",
        "always": "obligatoire",
        "cannot": "impossible à calculer sans lui : {}", "helps": "mieux calculé avec lui : {}",
        "cuts": "ventiler par {}", "purposes": "pour {}", "optional": "facultatif",
        "unplanned": "rien dans le plan n'en a besoin", "any": "toutes", "looked_for": "les indicateurs cherchent {}",
        "from_to": "de {} à {}", "at_least": "au moins {}", "at_most": "au plus {}", "empty": "au plus {} de vides",
        "nothing_yet": "rien pour l'instant : à enregistrer", "nothing_gives": "rien pour l'instant",
        "given_by": "fourni par {}", "made": "le connecteur le produit",
        "constant": "toujours {} : rien à transmettre",
        "from_fields": "{}, par {}", "from_format": "{}, au format {}", "becomes": "{} devient {}",
        "else_same": "le reste tel quel", "else_lower": "le reste en minuscules", "lower": "en minuscules",
        "event": "Événement",
        "one_of": "un seul de ces identifiants suffit",
        "legend": "Sans un champ marqué {}, un enregistrement est inutilisable. Là où il est écrit {}, l'outil ne "
        "fournit pas le champ, et quelqu'un en a besoin. Types et valeurs sont ceux qui sont conservés : l'outil peut "
        "transmettre les siens là où la dernière colonne dit ce qu'ils deviennent.",
        "personal": "Données personnelles", "where": "Où", "why": "Pourquoi on la garde",
        "how_kept": "Comment on la garde", "no_personal": "Le plan ne demande aucune donnée personnelle.",
        "no_purpose": "aucune finalité n'est écrite",
        "kept_personal": "telle quelle ; `identity erase` l'efface avec la personne",
        "kept_pseudonym": "seulement sous forme de pseudonyme à clé (HMAC-SHA256) ; la valeur n'est pas gardée",
        "consent": "Les visites dont le consentement est refusé ne sont rattachées à personne ; là où l'espace de "
        "travail exige le consentement, celles qui ne l'ont pas non plus.",
        "naming": "Comment les choses sont nommées", "naming_intro": "Les événements sont nommés selon une seule "
        "convention : {}. Les propriétés s'écrivent dans le même style. L'identifiant d'un événement dit où se "
        "trouvent ses lignes, et reste quand le nom change.",
        "referential": "Ce que le référentiel doit dire", "referential_intro": "Certains indicateurs s'appuient sur "
        "ce que l'entreprise dit dans referential.yml, et qu'aucun outil n'enregistre.",
        "owners": "Qui répond de quoi", "who": "Qui", "role": "Rôle", "what": "Quoi",
        "role_pools": "Fournit les données", "role_defines": "Définit", "role_acts": "Agit", "role_asks": "Demande",
        "kind_source": "outil", "kind_event": "événement", "kind_kpi": "indicateur", "kind_solution": "solution",
        "kind_need": "question", "kind_plan": "plan", "no_owners": "Personne n'est encore nommé.",
    },
}  # fmt: skip

TYPES: dict[str, dict[str, str]] = {
    "VARCHAR": {"en": "text", "fr": "texte"},
    "TIMESTAMP": {"en": "date and time", "fr": "date et heure"},
    "BOOLEAN": {"en": "true or false", "fr": "vrai ou faux"},
    "INTEGER": {"en": "whole number", "fr": "nombre entier"},
    "BIGINT": {"en": "whole number", "fr": "nombre entier"},
    "DECIMAL(18,3)": {"en": "decimal number", "fr": "nombre décimal"},
    "DOUBLE": {"en": "decimal number", "fr": "nombre décimal"},
    "DATE": {"en": "date", "fr": "date"},
}

# what `Feed.expression` says where omnictl makes a column by itself
OURS: dict[str, dict[str, str]] = {
    "match rules": {"en": "the referential's match rules on {}", "fr": "les règles du référentiel sur {}"},
    "read from the number": {"en": "read from the telephone number", "fr": "lecture du numéro de téléphone"},
    "opening hours": {"en": "the calendars of the referential", "fr": "les calendriers du référentiel"},
    "from the channel": {"en": "the kind of the channel", "fr": "la nature du canal"},
}

REFERENTIAL: dict[str, dict[str, str]] = {
    "rates": {
        "en": "the rate card (`rates`): what one interaction costs, by channel and solution",
        "fr": "la grille de coûts (`rates`) : ce que coûte une interaction, par canal et par solution",
    },
    "match": {
        "en": "the rules (`match`): which intent, solution or line of business a queue, page, menu node or wrap-up "
        "code stands for",
        "fr": "les règles (`match`) : quel motif, quelle solution ou quelle branche désigne une file, une page, un "
        "nœud de menu ou un code de fin d'appel",
    },
    "solutions": {
        "en": "the solutions (`solutions`): what is offered, on which channel, for which intents",
        "fr": "les solutions (`solutions`) : ce qui est proposé, sur quel canal, pour quels motifs",
    },
    "calendars": {
        "en": "the calendars (`calendars`): opening hours and days closed",
        "fr": "les calendriers (`calendars`) : heures d'ouverture et jours de fermeture",
    },
}

# one unit of time: for one, for several, and "every" before one and before several
SPANS: dict[str, tuple[int, dict[str, tuple[str, str, str, str]]]] = {
    "d": (86_400, {"en": ("day", "days", "every", "every"), "fr": ("jour", "jours", "chaque", "tous les")}),
    "h": (3_600, {"en": ("hour", "hours", "every", "every"), "fr": ("heure", "heures", "chaque", "toutes les")}),
    "min": (60, {"en": ("minute", "minutes", "every", "every"), "fr": ("minute", "minutes", "chaque", "toutes les")}),
    "s": (1, {"en": ("second", "seconds", "every", "every"), "fr": ("seconde", "secondes", "chaque", "toutes les")}),
}
# units of `retention` as YAML has them: for one and for several
KEPT: dict[str, dict[str, tuple[str, str]]] = {
    "d": {"en": ("day", "days"), "fr": ("jour", "jours")},
    "day": {"en": ("day", "days"), "fr": ("jour", "jours")},
    "week": {"en": ("week", "weeks"), "fr": ("semaine", "semaines")},
    "month": {"en": ("month", "months"), "fr": ("mois", "mois")},
    "year": {"en": ("year", "years"), "fr": ("an", "ans")},
}
# ways of fetching that are named otherwise in French; what is not here is told as it is written
METHODS: dict[str, dict[str, str]] = {
    "fr": {
        "mail": "courriel", "email": "courriel", "bucket": "stockage objet", "api": "API", "sftp": "SFTP",
        "manual": "dépôt manuel", "database": "base de données", "file": "fichier", "webhook": "webhook",
    },
    "en": {"api": "API", "sftp": "SFTP"},
}  # fmt: skip
NAMED_SPANS: dict[str, dict[str, str]] = {
    "week": {"en": "every week", "fr": "chaque semaine"},
    "month": {"en": "every month", "fr": "chaque mois"},
    "quarter": {"en": "every quarter", "fr": "chaque trimestre"},
    "year": {"en": "every year", "fr": "chaque année"},
}
