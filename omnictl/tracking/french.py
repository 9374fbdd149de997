"""What events, columns, identifiers and units mean, in French beside the English of omnictl/relations.

Plans are read by people who implement them in French or in English. A test holds this file to the relations: no column
that a connector writes is without its French, and none is left over.
"""

from __future__ import annotations

from omnictl.relations import RELATIONS
from omnictl.tracking.plan import IDENTIFIER, Texts

_SOURCE = "nom de la source dans omnictl.yml"

FRENCH: dict[str, dict[str, str]] = {
    "interactions": {
        "source": _SOURCE,
        "interaction_id": "identifiant du contact ou de la visite, propre à l'outil",
        "kind": "contact ou visite ; d'après le canal, sauf indication contraire",
        "channel": "où l'échange a eu lieu ; un canal inconnu est conservé et signalé",
        "solution": "l'offre concrète utilisée, un nom du référentiel",
        "direction": "qui en est à l'origine",
        "excluded": "pourquoi l'échange ne compte pas dans les indicateurs, ou '' quand il compte",
        "started_at": "quand l'échange a commencé",
        "queued_at": "quand l'échange est entré dans une file de conseillers",
        "answered_at": "quand une personne a répondu pour la première fois",
        "ended_at": "quand l'échange s'est terminé",
        "resolved_at": "quand la demande a été résolue, sur les canaux à tickets ou à fils de discussion",
        "outcome": "comment l'échange s'est terminé ; un code sans correspondance est NULL et compté",
        "outcome_detail": "le code de l'issue propre à l'outil",
        "queue": "la file qui a répondu la première, sinon la dernière",
        "agent": "le conseiller qui a répondu le premier, sinon le dernier",
        "team": "l'équipe du conseiller",
        "site": "le site du conseiller",
        "partner": "le prestataire qui a traité l'échange",
        "intent": "pourquoi le client est venu, un nom du référentiel",
        "intent_source": "d'où vient le motif : export, queue (file), page, wrap_up (code de fin d'appel), ivr_node "
        "(nœud du serveur vocal) ou solution",
        "business_line": "branche d'activité",
        "line_type": "type de ligne de l'appelant, lu avant le hachage",
        "area": "préfixe géographique de la ligne fixe de l'appelant, lu avant le hachage",
        "device": "type d'appareil",
        "language": "langue de l'échange",
        "entry_point": "première page, numéro composé ou premier menu",
        "wait_s": "temps d'attente dans les files, sommé sur les passages en file",
        "talk_s": "temps de conversation, sommé sur les segments des conseillers",
        "hold_s": "temps de mise en garde, sommé sur les segments des conseillers",
        "acw_s": "travail après contact, sommé sur les segments des conseillers",
        "transfers": "transferts vers un autre conseiller, une autre file ou un autre numéro ; consultations exclues",
        "customer_messages": "messages écrits par le client",
        "agent_messages": "messages écrits par une personne de l'entreprise",
        "page_views": "pages vues pendant une visite",
        "engaged_s": "temps passé au premier plan pendant une visite",
        "authenticated": "si le client était connecté à son compte",
        "action": "le dernier acte final accompli",
        "value": "valeur ajoutée de l'acte",
        "resolved": "si le besoin a été déclaré résolu",
        "reopens": "nombre de réouvertures après résolution",
        "parent_source": "source de l'interaction à laquelle celle-ci se rattache",
        "parent_id": "identifiant de l'interaction à laquelle celle-ci se rattache",
        "parent_kind": "comment elle s'y rattache",
        "consent": "si le visiteur a accepté le rapprochement de ses échanges",
        "in_hours": "si l'échange a commencé pendant les heures d'ouverture",
        "version_at": "ordonne les enregistrements livrés à nouveau, tout ce qui s'ordonne ; le plus grand l'emporte",
        "attributes": "autres champs, en JSON",
    },
    "segments": {
        "source": _SOURCE,
        "segment_id": "identifiant de la partie, propre à l'outil",
        "interaction_id": "le contact dont c'est une partie",
        "seq": "rang dans le contact, à partir de 1",
        "kind": "un passage en file, ou le travail d'un conseiller",
        "queue": "la file",
        "agent": "le conseiller",
        "team": "l'équipe du conseiller",
        "started_at": "quand la partie a commencé",
        "ended_at": "quand la partie s'est terminée",
        "outcome": "comment la partie s'est terminée",
        "outcome_detail": "le code de l'outil pour la fin de la partie",
        "wait_s": "temps d'attente",
        "talk_s": "temps de conversation",
        "hold_s": "temps de mise en garde",
        "acw_s": "travail après contact",
        "transfer_kind": "comment le contact a été transmis (warm : accompagné, cold : direct, external : vers "
        "l'extérieur)",
        "transfer_to": "file, conseiller ou numéro vers qui le contact a été transmis",
    },
    "steps": {
        "source": _SOURCE,
        "step_id": "identifiant de l'événement, propre à l'outil",
        "interaction_id": "l'interaction où il a eu lieu",
        "occurred_at": "quand il a eu lieu",
        "seq": "rang dans l'interaction, à partir de 1",
        "is_last": "si c'est le dernier événement de son interaction",
        "type": "ce qui s'est passé",
        "object": "page, article, formulaire, champ, nœud ou acte",
        "result": "ce qu'il en est advenu : les indicateurs cherchent success et failure (réussite, échec) pour les "
        "connexions et les formulaires, fallback, slot, small_talk et handover pour les tours de bot",
        "value": "un chiffre de l'événement : résultats trouvés, montant, vote (au-dessus de 0 : l'aide a été utile)",
        "intent": "motif de l'événement, un nom du référentiel",
        "confidence": "degré de certitude du bot quant au motif",
        "part_kind": "à quelle sorte de partie d'une interaction il appartient",
        "part_id": "la partie, par un identifiant unique dans son interaction",
        "part_last": "si c'est le dernier événement de sa partie",
        "part_done": "si la partie a été menée à son terme, sur chacun de ses événements ; NULL tant qu'elle est "
        "ouverte",
    },
    "identifiers": {
        "source": _SOURCE,
        "owner": "ce qui le portait",
        "owner_id": "identifiant de l'interaction ou de l'enquête qui le portait",
        "kind": "customer_id, email, token, cookie, phone, ou toute autre sorte",
        "value": "pseudonyme à clé : les 8 premiers octets du HMAC-SHA256 de la sorte et de la valeur normalisée",
    },
    "surveys": {
        "source": _SOURCE,
        "survey_id": "identifiant de la question posée, propre à l'outil",
        "interaction_source": "source de l'interaction sur laquelle porte la question",
        "interaction_id": "l'interaction sur laquelle porte la question",
        "subject": "ce sur quoi porte la question quand ce n'est pas une interaction",
        "wave": "vague d'une enquête relationnelle",
        "channel": "canal sur lequel porte la question ; celui de son interaction quand il est vide",
        "invite_channel": "canal de l'invitation",
        "language": "langue de l'enquête",
        "invited_at": "quand l'invitation a été envoyée",
        "answered_at": "quand la réponse a été donnée",
        "question": "ce qui a été demandé",
        "scope": "la relation dans son ensemble, ou une seule interaction",
        "scale": "l'échelle, qui fixe aussi le meilleur bout : nps_0_10, csat_1_5, effort_1_5, ease_1_5, ease_1_7, "
        "good_bad ou tout autre texte",
        "score": "la réponse sur son échelle ; bon vaut 1, mauvais vaut 0",
        "comment": "les mots du client",
    },
    "decisions": {
        "source": _SOURCE,
        "decision_id": "identifiant de l'affichage",
        "occurred_at": "quand la page a été affichée",
        "session": "la visite pendant laquelle elle a été affichée",
        "scenario": "le scénario qui a décidé",
        "version": "version du scénario",
        "intent": "le motif choisi, un nom du référentiel",
        "context": "les faits connus du scénario, en JSON",
        "entry_point": "d'où l'on est entré dans la page",
        "device": "type d'appareil",
    },
    "offers": {
        "source": _SOURCE,
        "decision_id": "l'affichage où la solution a été montrée",
        "solution": "la solution montrée, un nom du référentiel",
        "position": "sa place dans la page, à partir de 1",
        "propensity": "probabilité avec laquelle la règle la montre à cette place",
        "recommended": "si la page l'a recommandée",
        "chosen": "si le client l'a choisie",
        "entered_at": "quand le client y est entré",
        "completed_at": "quand le client l'a menée à son terme",
    },
    "staffing": {
        "source": _SOURCE,
        "queue": "la file, '' quand l'intervalle est celui d'un conseiller",
        "agent": "le conseiller, '' quand l'intervalle est celui d'une file",
        "interval_start": "quand l'intervalle commence",
        "interval_s": "durée de l'intervalle",
        "staffed_s": "temps de connexion",
        "handling_s": "temps consacré aux contacts",
        "idle_s": "temps disponible pour un contact",
        "paid_s": "temps payé",
    },
    "base": {
        "source": _SOURCE,
        "period_start": "premier jour local de la période",
        "segment": "segment de clients, '' pour tous",
        "period_end": "jour local qui suit le dernier",
        "active": "clients, contrats ou commandes exposés",
    },
}

UNITS: dict[str, dict[str, str]] = {
    "s": {"en": "seconds", "fr": "secondes"},
    "count": {"en": "count", "fr": "nombre"},
    "EUR": {"en": "euros", "fr": "euros"},
    "UTC": {"en": "UTC", "fr": "UTC"},
    "0 to 1": {"en": "0 to 1", "fr": "de 0 à 1"},
    "points": {"en": "points", "fr": "points"},
}

# kinds of identifiers that omnictl links by; others are called by their own name
KINDS: dict[str, tuple[str, str]] = {
    "customer_id": ("the customer's number", "le numéro de client"),
    "email": ("the customer's e-mail address", "l'adresse e-mail du client"),
    "token": ("the token that follows the customer from one tool to another", "le jeton qui suit le client d'un outil "
              "à l'autre"),
    "cookie": ("the visitor's cookie", "le cookie du visiteur"),
    "phone": ("the customer's telephone number", "le numéro de téléphone du client"),
}  # fmt: skip


def meaning_of(relation: str, column: str) -> Texts:
    """What a column of a relation means, or `identifier.KIND`, by language.

    A plugin's own columns have their English alone; what nobody describes is empty.
    """
    if column.startswith(IDENTIFIER):
        return _meaning_of_identifier(column.removeprefix(IDENTIFIER))
    known = RELATIONS.get(relation)
    found = known.column(column) if known is not None else None
    if found is None:
        return {}
    french = FRENCH.get(relation, {}).get(column)
    return {"en": found.meaning, **({"fr": french} if french else {})}


def _meaning_of_identifier(kind: str) -> Texts:
    english, french = KINDS.get(kind, (f'an identifier of the kind "{kind}"', f"un identifiant de la sorte « {kind} »"))
    return {
        "en": f"{english}, to link the same person's contacts; omnictl keeps a keyed pseudonym of it",
        "fr": f"{french}, pour relier les contacts d'une même personne ; omnictl n'en garde qu'un pseudonyme à clé",
    }


def unit_of(unit: str, lang: str) -> str:
    """A unit for people; one that is not ours as it is."""
    return UNITS.get(unit, {}).get(lang, unit)
