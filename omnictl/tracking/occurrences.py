"""What events mean in English and French: one sentence for each relation, channel and kind of row."""

from __future__ import annotations

from omnictl.relations import OURS, RELATIONS
from omnictl.tracking.plan import Texts

Words = tuple[str, str]  # English, French

# channel: one contact or visit on it, and where what happens inside one happens
_CHANNELS: dict[str, tuple[Words, Words]] = {
    "phone": (("a call", "un appel"), ("during a call", "pendant un appel")),
    "ivr": (("a call to the voice menu", "un appel au serveur vocal"), ("in the voice menu", "dans le serveur vocal")),
    "visual_ivr": (
        ("a visit to the visual voice menu", "une visite du serveur vocal visuel"),
        ("in the visual voice menu", "dans le serveur vocal visuel"),
    ),
    "web": (("a visit to the website", "une visite du site web"), ("on the website", "sur le site web")),
    "app": (("a visit to the app", "une visite de l'application"), ("in the app", "dans l'application")),
    "faq": (("a visit to the FAQ", "une visite de la FAQ"), ("in the FAQ", "dans la FAQ")),
    "form": (
        ("a contact by form", "un contact par formulaire"),
        ("in a contact by form", "dans un contact par formulaire"),
    ),
    "chat": (("a chat", "un chat"), ("during a chat", "pendant un chat")),
    "chatbot": (
        ("a conversation with the chatbot", "une conversation avec le chatbot"),
        ("in a conversation with the chatbot", "dans une conversation avec le chatbot"),
    ),
    "video": (("a video call", "un appel vidéo"), ("during a video call", "pendant un appel vidéo")),
    "email": (("an e-mail exchange", "un échange d'e-mails"), ("in an e-mail exchange", "dans un échange d'e-mails")),
    "social": (
        ("an exchange on social media", "un échange sur les réseaux sociaux"),
        ("on social media", "sur les réseaux sociaux"),
    ),
    "messaging": (
        ("a messaging conversation", "une conversation de messagerie"),
        ("in a messaging conversation", "dans une conversation de messagerie"),
    ),
    "sms": (("an SMS exchange", "un échange de SMS"), ("in an SMS exchange", "dans un échange de SMS")),
    "callback": (("a callback", "un rappel"), ("during a callback", "pendant un rappel")),
    "contact_page": (
        ("a visit to the contact page", "une visite de la page de contact"),
        ("on the contact page", "sur la page de contact"),
    ),
    "mail": (
        ("an exchange of letters", "un échange de courriers"),
        ("in an exchange of letters", "dans un échange de courriers"),
    ),
    "agency": (("a visit to a branch", "un passage en agence"), ("at a branch", "en agence")),
}
_STEPS: dict[str, Words] = {
    "page": ("a page is viewed", "une page est vue"),
    "article": ("a help article is read", "un article d'aide est lu"),
    "search": ("a search is run", "une recherche est lancée"),
    "form_start": ("a form is started", "un formulaire est commencé"),
    "form_field": ("a field of a form is filled in", "un champ de formulaire est rempli"),
    "form_submit": ("a form is submitted", "un formulaire est envoyé"),
    "form_error": ("a form is refused", "un formulaire est refusé"),
    "login": ("a login is tried", "une connexion est tentée"),
    "ivr_node": ("a node of the menu is entered", "un nœud du menu est atteint"),
    "bot_turn": ("the bot takes a turn", "le bot prend son tour de parole"),
    "message": ("a message is sent", "un message est envoyé"),
    "vote": ("a vote is cast on whether the help was useful", "un vote est donné sur l'utilité de l'aide"),
    "action": ("a final act is completed", "un acte final est accompli"),
    "error": ("an error is shown", "une erreur est affichée"),
}
_QUESTIONS: dict[str, Words] = {
    "nps": ("the recommendation question (NPS) is answered", "la question de recommandation (NPS) reçoit une réponse"),
    "csat": ("the satisfaction question (CSAT) is answered", "la question de satisfaction (CSAT) reçoit une réponse"),
    "ces": ("the effort question (CES) is answered", "la question d'effort (CES) reçoit une réponse"),
    "helpful": ("the question whether it helped is answered", "la question d'utilité reçoit une réponse"),
    "": ("a survey question is answered", "une question d'enquête reçoit une réponse"),
}
_SEGMENTS: dict[str, Words] = {
    "queue": ("a stay in a queue ends", "un passage en file se termine"),
    "agent": ("the handling by an agent ends", "la prise en charge par un conseiller se termine"),
    "": ("a stay in a queue or the handling by an agent ends", "un passage en file ou une prise en charge se termine"),
}
_OTHERS: dict[str, Words] = {
    "decisions": ("a contact page is displayed", "une page de contact est affichée"),
    "offers": ("a solution is shown on a contact page", "une solution est montrée sur une page de contact"),
    "staffing": (
        "the staffing of a queue or an agent is stated for an interval",
        "les effectifs d'une file ou la présence d'un conseiller sont relevés pour un intervalle",
    ),
    "base": (
        "the number of customers exposed in a period is stated",
        "le nombre de clients exposés sur une période est relevé",
    ),
}


def meaning_of_event(relation: str, channel: str | None, kind: str) -> Texts:
    """What has happened when a tool records an event, as a sentence without its full stop, by language.

    A channel, a type of step or a question that a company brings itself is called by its own name.
    """
    if relation in RELATIONS and relation not in OURS:  # a plugin's: its own words are all there is
        return {"en": RELATIONS[relation].one_row_is}
    english, french = _happening(relation, channel, kind)
    return {"en": english[:1].upper() + english[1:], "fr": french[:1].upper() + french[1:]}


def _happening(relation: str, channel: str | None, kind: str) -> Words:
    if relation == "interactions":
        english, french = _contact(channel, kind)
        return f"{english} has ended", f"{french} est terminé{'e' if french.startswith('une ') else ''}"
    if relation == "steps":
        told = _STEPS.get(kind) or _unknown("an event", "un événement", kind, "happens", "a lieu")
        return _with(told, _place(channel))
    if relation == "segments":
        told = _SEGMENTS.get(kind) or _unknown("a part", "une partie", kind, "ends", "se termine")
        return _with(told, _place(channel))
    if relation == "surveys":
        told = _QUESTIONS.get(kind) or _unknown(
            "the question", "la question", kind, "is answered", "reçoit une réponse"
        )
        english, french = _contact(channel, "")
        return _with(told, (f"about {english}", f"à propos d'{french}")) if channel else told
    return _OTHERS.get(relation) or _unknown("a row", "une ligne", relation, "is recorded", "est enregistrée")


def _contact(channel: str | None, kind: str) -> Words:
    if channel in _CHANNELS:
        return _CHANNELS[channel][0]
    english, french = ("a visit", "une visite") if kind == "visit" else ("a contact", "un contact")
    return (
        (f'{english} on the channel "{channel}"', f"{french} sur le canal « {channel} »")
        if channel
        else (
            english,
            french,
        )
    )


def _place(channel: str | None) -> Words:
    if channel in _CHANNELS:
        return _CHANNELS[channel][1]
    return (f'on the channel "{channel}"', f"sur le canal « {channel} »") if channel else ("", "")


def _with(told: Words, more: Words) -> Words:
    return f"{told[0]} {more[0]}".rstrip(), f"{told[1]} {more[1]}".rstrip()


def _unknown(english: str, french: str, name: str, happens: str, arrive: str) -> Words:
    if not name:
        return f"{english} {happens}", f"{french} {arrive}"
    return f'{english} "{name}" {happens}', f"{french} « {name} » {arrive}"
