"""Reasons and remedies in words, English and French. The codes are stable; the sentences are not."""

from __future__ import annotations

from collections.abc import Mapping

from omnictl.tracking.coverage.verdict import Reason

Texts = Mapping[str, str]

STATES: Mapping[str, Texts] = {
    "en": {
        "computable": "computable",
        "partial": "partial",
        "degraded": "degraded",
        "not_computable": "not computable",
    },
    "fr": {"computable": "calculable", "partial": "partiel", "degraded": "dégradé", "not_computable": "non calculable"},
}

# code, and variant where it has several → what is wrong; {0} stands for the event
REASONS: Mapping[str, Texts] = {
    "en": {
        "C01": "the plan does not hold `{event}`",
        "C01 given": "`{source}` gives `{event}`, which the plan does not hold",
        "C02": "no source gives `{event}`",
        "C02 gone": "the rows of `{event}` come by `{source}`",
        "C03 empty": "`{source}` was read, and 0 rows of `{event}` were received",
        "C03 unfetched": "`{source}` was never retrieved: {message}",
        "C04": "no source gives `{column}` of `{event}`",
        "C04 unmapped": "no source gives `{column}` of `{event}` any more: the rows that have it were loaded before",
        "C04 field": "the last export of `{source}` has no `{fields}`, of which `{column}` is made",
        "C04 person": "no source gives an identifier that links people: {kinds}",
        "C04 rates": "referential.yml says no rates, of which costs are made",
        "C05": "`{column}` is empty in every row of `{event}`",
        "C06": "`{column}` of `{event}` is empty in too many rows",
        "C07": "`{column}` of `{event}` has values that are not in the plan",
        "C08 late": "`{source}` is late: nothing came since {since}",
        "C08 failed": "the last load of `{source}` failed: {message}",
        "C09": "`{source}` has no row on {missing} of {expected} days on which it should, the first {first}",
        "C10": "too few rows of `{event}` can be linked to a person: {floor} are asked for",
        "C10 unlinked": "people are not linked yet",
        "C11": "too recent: the window of {window} is not over for many rows",
        "C11 back": "the data begin too late for a window of {window} before many rows",
        "C12": "the breakdown lacks `{column}` of `{event}`",
        "C12 rows": "the breakdown lacks the rows of `{event}`",
        "C12 undefined": "its rows have no `{column}`",
        "C13": "`{source}` never says `{value}` of `{column}`, and `{other}` does: they do not mean the same",
    },
    "fr": {
        "C01": "le plan ne prévoit pas `{event}`",
        "C01 given": "`{source}` fournit `{event}`, que le plan ne prévoit pas",
        "C02": "aucune source ne fournit `{event}`",
        "C02 gone": "les lignes de `{event}` viennent de `{source}`",
        "C03 empty": "`{source}` a été lue, et 0 ligne de `{event}` a été reçue",
        "C03 unfetched": "`{source}` n'a jamais été récupérée : {message}",
        "C04": "aucune source ne fournit `{column}` de `{event}`",
        "C04 unmapped": "plus aucune source ne fournit `{column}` de `{event}` : les lignes qui l'ont sont antérieures",
        "C04 field": "le dernier export de `{source}` n'a pas `{fields}`, dont est fait `{column}`",
        "C04 person": "aucune source ne fournit d'identifiant reliant les personnes : {kinds}",
        "C04 rates": "referential.yml ne donne pas les tarifs dont sont faits les coûts",
        "C05": "`{column}` est vide dans toutes les lignes de `{event}`",
        "C06": "`{column}` de `{event}` est vide dans trop de lignes",
        "C07": "`{column}` de `{event}` a des valeurs absentes du plan",
        "C08 late": "`{source}` est en retard : rien n'est venu depuis le {since}",
        "C08 failed": "le dernier chargement de `{source}` a échoué : {message}",
        "C09": "`{source}` n'a aucune ligne sur {missing} des {expected} jours attendus, le premier le {first}",
        "C10": "trop peu de lignes de `{event}` sont reliables à une personne : {floor} sont demandés",
        "C10 unlinked": "les personnes ne sont pas encore reliées",
        "C11": "trop récent : la fenêtre de {window} n'est pas terminée pour beaucoup de lignes",
        "C11 back": "les données commencent trop tard pour une fenêtre de {window} avant beaucoup de lignes",
        "C12": "il manque à la ventilation `{column}` de `{event}`",
        "C12 rows": "il manque à la ventilation les lignes de `{event}`",
        "C12 undefined": "ses lignes n'ont pas de `{column}`",
        "C13": "`{source}` ne dit jamais `{value}` de `{column}`, et `{other}` le dit : le sens diffère",
    },
}

FIXES: Mapping[str, Texts] = {
    "en": {
        "plan": "add `{event}` to the plan: a need or a channel of tracking.yml",
        "connect": "connect a source that gives `{event}`, under `sources` of omnictl.yml",
        "fetch": "fetch `{source}` and run: {place}",
        "send": "ask {owner} for `{event}`; check `where` and the mapping of `{source}`: {place}",
        "map": "fill `{column}` in source `{first}`: {place}",
        "keep": "keep `{column}` in source `{first}`, or agree with {owner} on what replaces it: {place}",
        "keep_source": "keep source `{first}`, or agree with {owner} on what replaces it: {place}",
        "ask": "ask {owner} for `{column}`; source `{first}` ({place}) can be completed by another",
        "export": "ask {owner} to put `{fields}` back into the export of `{source}`: {place}",
        "fill": "ask {owner} to fill `{fields}` in the export of `{source}`: {place}",
        "identify": "give an identifier in source `{source}`: {place}",
        "link": "omnictl link, then omnictl build",
        "send_again": "ask {owner} for the missing delivery of `{source}`: {place}",
        "fetch_again": "ask {owner} for the missing days of `{source}`: {place}",
        "wait": "wait until the sources are complete up to {day}",
        "wait_back": "ask from {day} on, or fetch what came before",
        "values": "map the values in source `{source}` ({place}), or list them in the plan",
        "agree": "let `{source}` ({place}) say `{value}` too, or agree with {owner} on one meaning",
        "rates": "write `rates` in referential.yml",
        "cut": "ask for another cut",
    },
    "fr": {
        "plan": "ajouter `{event}` au plan : un besoin ou un canal de tracking.yml",
        "connect": "brancher une source qui fournit `{event}`, sous `sources` d'omnictl.yml",
        "fetch": "récupérer `{source}` et lancer le chargement : {place}",
        "send": "demander `{event}` à {owner} ; vérifier `where` et les colonnes de `{source}` : {place}",
        "map": "renseigner `{column}` dans la source `{first}` : {place}",
        "keep": "garder `{column}` dans la source `{first}`, ou convenir avec {owner} de son remplaçant : {place}",
        "keep_source": "garder la source `{first}`, ou convenir avec {owner} de son remplaçant : {place}",
        "ask": "demander `{column}` à {owner} ; la source `{first}` ({place}) peut être complétée par une autre",
        "export": "demander à {owner} de remettre `{fields}` dans l'export de `{source}` : {place}",
        "fill": "demander à {owner} de renseigner `{fields}` dans l'export de `{source}` : {place}",
        "identify": "donner un identifiant dans la source `{source}` : {place}",
        "link": "omnictl link, puis omnictl build",
        "send_again": "demander à {owner} la livraison manquante de `{source}` : {place}",
        "fetch_again": "demander à {owner} les jours manquants de `{source}` : {place}",
        "wait": "attendre que les sources soient complètes jusqu'au {day}",
        "wait_back": "demander à partir du {day}, ou récupérer ce qui précède",
        "values": "traduire les valeurs dans la source `{source}` ({place}), ou les inscrire au plan",
        "agree": "faire dire `{value}` aussi à `{source}` ({place}), ou convenir d'un sens avec {owner}",
        "rates": "écrire `rates` dans referential.yml",
        "cut": "demander une autre ventilation",
    },
}
SOMEBODY = {"en": "whoever owns the source", "fr": "qui possède la source"}
ELSEWHERE = {"en": "omnictl.yml", "fr": "omnictl.yml"}

HEADINGS: Mapping[str, Texts] = {
    "en": {
        "kpi": "KPI", "cut": "Cut", "channel": "Channel", "state": "State", "code": "Code", "reason": "Reason",
        "event": "Event", "property": "Property", "source": "Source", "rows": "Rows", "of": "Of", "share": "Share",
        "owner": "Whom to ask", "fix": "Smallest change", "more": "More", "before": "Before", "after": "After",
        "rows_in_all": "Rows in all", "all": "all", "from": "Mature from", "effect": "Alone", "on_channel": "On",
    },
    "fr": {
        "kpi": "KPI", "cut": "Ventilation", "channel": "Canal", "state": "État", "code": "Code", "reason": "Raison",
        "event": "Événement", "property": "Propriété", "source": "Source", "rows": "Lignes", "of": "Sur",
        "share": "Part", "owner": "À qui demander", "fix": "Plus petit changement", "more": "Autres",
        "before": "Avant", "after": "Après", "rows_in_all": "Lignes en tout", "all": "tous",
        "from": "Mûr à partir du", "effect": "Seule", "on_channel": "Sur le canal",
    },
}  # fmt: skip


def told(reason: Reason, lang: str) -> str:
    """What is wrong, in words."""
    texts = REASONS.get(lang, REASONS["en"])
    key = f"{reason.code} {reason.variant}".strip()
    text = texts.get(key) or texts[reason.code]
    return text.format_map(_Words(reason, lang))


def remedy(reason: Reason, lang: str) -> str:
    """The smallest change that makes it well, in words, with its place."""
    texts = FIXES.get(lang, FIXES["en"])
    return texts[reason.fix].format_map(_Words(reason, lang)) if reason.fix else ""


class _Words(dict[str, str]):
    """What the sentences name of a reason."""

    def __init__(self, reason: Reason, lang: str) -> None:
        super().__init__(reason.words)
        self["message"] = self.get("message") or self.get("state", "")
        if "floor" in self:
            self["floor"] = f"{float(self['floor']):.0%}".replace("%", " %" if lang == "fr" else "%")
        self["event"], self["column"] = reason.event, reason.column.removesuffix(".*")
        self["source"] = "`, `".join(reason.source.split(", "))
        self["place"] = reason.place or ELSEWHERE.get(lang, ELSEWHERE["en"])
        self["owner"] = reason.owner or SOMEBODY.get(lang, SOMEBODY["en"])

    def __missing__(self, key: str) -> str:
        return ""
