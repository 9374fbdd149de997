"""What customers want, how often on each channel, and how each tool calls it.

Data only. The names on the right are what the export files hold; `workspace/referential.yml` gives them their meaning
again. A few are left without a rule there on purpose, so that `omnictl status` has something to rank.
"""

from __future__ import annotations

from dataclasses import dataclass

CHANNELS = ("phone", "web", "faq", "form", "chat", "email", "chatbot")


@dataclass(frozen=True)
class Motive:
    """One reason to come, for one line of business; `per_channel` are weights in the order of `CHANNELS`,
    but for the last: people ask a bot what they ask in a chat.

    `known` is the share of people who come for it that are customers already.
    """

    intent: str
    line: str
    per_channel: tuple[int, ...]
    known: float
    queue: str  # telephony
    wrap_up: str  # what the agent ticks after the call
    landing: str  # web site
    act: str  # the final act of a web visit that succeeds
    article: str  # FAQ
    form: str
    topic: str  # chat
    mailbox: str


# fmt: off
MOTIVES = (
    Motive("claim_declare", "auto", (90, 45, 40, 90, 60, 45), 1, "declaration_auto", "SIN-DECL-AUT",
           "/sinistre/auto/declarer", "claim_declared", "/faq/sinistres/declarer-accident",
           "/formulaires/sinistre-auto", "sinistre-auto", "sinistres"),
    Motive("claim_declare", "home", (65, 35, 35, 80, 45, 45), 1, "declaration_habitation", "SIN-DECL-HAB",
           "/sinistre/habitation/declarer", "claim_declared", "/faq/sinistres/degat-des-eaux",
           "/formulaires/sinistre-habitation", "sinistre-habitation", "sinistres"),
    Motive("claim_follow", "auto", (120, 95, 35, 30, 95, 120), 1, "sinistres_auto", "SIN-SUIV-AUT",
           "/sinistre/auto/suivi", "claim_viewed", "/faq/sinistres/suivre-mon-dossier", "/formulaires/piece-sinistre",
           "sinistre-auto", "sinistres"),
    Motive("claim_follow", "home", (85, 60, 25, 25, 60, 95), 1, "sinistres_habitation", "SIN-SUIV-HAB",
           "/sinistre/habitation/suivi", "claim_viewed", "/faq/sinistres/expertise", "/formulaires/piece-sinistre",
           "sinistre-habitation", "sinistres"),
    Motive("quote", "auto", (75, 130, 40, 150, 100, 40), 0.25, "devis", "DEV-AUT",
           "/devis/auto", "quote_done", "/faq/devis/bonus-malus", "/formulaires/devis-auto", "devis", "devis"),
    Motive("quote", "home", (40, 80, 25, 90, 55, 25), 0.25, "devis", "DEV-HAB",
           "/devis/habitation", "quote_done", "/faq/devis/surface", "/formulaires/devis-habitation", "devis", "devis"),
    Motive("certificate", "auto", (55, 110, 110, 40, 85, 50), 1, "attestations", "ATT-AUT",
           "/espace-client/attestations", "certificate_downloaded", "/faq/contrat/attestation-auto",
           "/formulaires/attestation", "contrat", "contrats"),
    Motive("certificate", "home", (35, 60, 75, 25, 45, 40), 1, "attestations", "ATT-HAB",
           "/espace-client/attestations", "certificate_downloaded", "/faq/contrat/attestation-habitation",
           "/formulaires/attestation", "contrat", "contrats"),
    Motive("payment", "auto", (55, 75, 70, 15, 60, 60), 1, "paiements", "PAI-AUT",
           "/espace-client/paiement", "payment_done", "/faq/paiement/echeance", "/formulaires/echeancier",
           "paiement", "contrats"),
    Motive("contract_change", "auto", (55, 45, 60, 60, 70, 75), 1, "contrats_auto", "AVT-AUT",
           "/espace-client/contrat/modifier", "change_sent", "/faq/contrat/changer-de-vehicule",
           "/formulaires/modification", "contrat", "contrats"),
    Motive("contract_change", "home", (35, 30, 40, 40, 40, 50), 1, "contrats_habitation", "AVT-HAB",
           "/espace-client/contrat/modifier", "change_sent", "/faq/contrat/demenagement",
           "/formulaires/modification", "contrat", "contrats"),
    Motive("termination", "auto", (25, 20, 55, 70, 35, 65), 1, "resiliations", "RES-AUT",
           "/resiliation", "termination_sent", "/faq/resiliation/delais", "/formulaires/resiliation",
           "contrat", "contrats"),
    Motive("reimbursement", "health", (100, 120, 120, 55, 95, 120), 1, "sante", "RBT-SAN",
           "/sante/remboursements", "statement_viewed", "/faq/sante/delai-remboursement",
           "/formulaires/devis-sante", "sante", "sante"),
    Motive("complaint", "auto", (25, 8, 6, 25, 15, 80), 1, "reclamations", "REC-AUT",
           "/reclamation", "complaint_sent", "/faq/reclamation/mediateur", "/formulaires/reclamation",
           "contrat", "reclamations"),
    Motive("account_access", "", (35, 55, 95, 10, 70, 35), 1, "espace_client", "ESP",
           "/mot-de-passe", "password_reset", "/faq/espace-client/mot-de-passe", "/formulaires/espace-client",
           "compte", "contact"),
    # Nobody says why these come: no rule of the referential knows their queue, page or mailbox.
    Motive("", "", (55, 120, 25, 45, 45, 70), 0.6, "accueil", "DIVERS",
           "/agences", "", "/faq/divers/horaires", "/formulaires/contact", "autre", "contact"),
)

# After one contact or visit, where the same person turns next: weights in the order of `CHANNELS`.
MOVES = {
    "phone":   (70, 8, 3, 4, 3, 11, 1),
    "web":     (34, 24, 13, 4, 12, 9, 4),
    "faq":     (40, 17, 5, 8, 13, 12, 5),
    "form":    (52, 8, 3, 9, 6, 20, 2),
    "chat":    (44, 12, 5, 5, 18, 12, 4),
    "email":   (50, 8, 3, 4, 4, 30, 1),
    "chatbot": (42, 12, 6, 5, 20, 9, 6),
}
# fmt: on
CALLS_AT_ONCE = 0.72  # of those who come back after a visit that failed: they call within the hour or so

# How likely somebody comes back, by what came of the contact.
RETURNS = {
    ("phone", "handled"): 0.12,
    ("phone", "abandoned"): 0.62,
    ("phone", "flow_out"): 0.45,
    ("phone", "blocked"): 0.55,
    ("phone", "closed"): 0.45,
    ("phone", "left_menu"): 0.30,
    ("phone", "menu"): 0.06,
    ("phone", "odd"): 0.50,
    ("chat", "handled"): 0.16,
    ("chat", "abandoned"): 0.50,
    ("chat", "flow_out"): 0.50,
    ("web", "acted"): 0.06,
    ("web", "failed"): 0.58,
    ("web", "browsed"): 0.12,
    ("faq", "done"): 0.20,
    ("form", "done"): 0.20,
    ("email", "done"): 0.24,
    ("chatbot", "self_served"): 0.10,
    ("chatbot", "dropped"): 0.40,
    ("chatbot", "escalated"): 0.04,
}

# How much harder or easier some reasons are to settle at once: factors of the above.
PERSISTENCE = {
    **{"claim_declare": 1.15, "claim_follow": 1.5, "complaint": 1.9, "reimbursement": 1.2},
    **{"certificate": 0.55, "payment": 0.75, "quote": 0.7, "account_access": 1.3},
}


@dataclass(frozen=True)
class Rhythm:
    """When a channel is used: weights by day of the week (from Monday) and local hour (from 0 h).

    `share` is its part of the first contacts; `storm` is how much of it one unit of the storm's force adds; staffed
    channels live in opening hours, with a trickle of callers outside them.
    """

    channel: str
    share: float
    staffed: bool
    storm: float
    week: tuple[float, ...]
    hours: tuple[float, ...]


OFFICE = (0, 0, 0, 0, 0, 0, 0.1, 0.3, 0.8, 1.25, 1.4, 1.25, 0.8, 0.75, 1.1, 1.15, 1.05, 0.9, 0.6, 0.3, 0.2, 0.1, 0, 0)
SCREEN = (
    *(0.15, 0.08, 0.05, 0.04, 0.05, 0.1, 0.3, 0.6, 0.9, 1.1, 1.1, 1.0),
    *(1.2, 1.1, 1.0, 1.0, 1.0, 1.0, 1.1, 1.1, 1.3, 1.4, 1.0, 0.4),
)
WORKDAYS = (1.3, 1.1, 1.0, 0.98, 0.93, 0.35, 0.1)
EVERY_DAY = (1.15, 1.05, 1.0, 1.0, 0.95, 0.8, 0.85)

RHYTHMS = (
    Rhythm("phone", 0.345, True, 0.85, WORKDAYS, OFFICE),
    Rhythm("web", 0.295, False, 0.5, EVERY_DAY, SCREEN),
    Rhythm("faq", 0.105, False, 0.5, EVERY_DAY, SCREEN),
    Rhythm("form", 0.045, False, 0.6, EVERY_DAY, SCREEN),
    Rhythm("chat", 0.055, True, 0.7, WORKDAYS, OFFICE),
    Rhythm("email", 0.075, False, 0.45, (1.25, 1.1, 1.0, 1.0, 0.95, 0.45, 0.4), SCREEN),
    Rhythm("chatbot", 0.08, False, 0.5, EVERY_DAY, SCREEN),
)
SEASONS = (1.12, 1.02, 1.0, 0.98, 0.95, 1.0, 0.9, 0.78, 1.1, 1.06, 1.02, 0.98)  # January to December
