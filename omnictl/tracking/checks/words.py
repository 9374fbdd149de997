"""What `tracking check` says, in both languages: the messages of its findings by code and case, and its headings.

`{count}`, `{rows}` and `{share}` are figures as the language writes them; the other names are details of the finding.
"""

from __future__ import annotations

from collections.abc import Mapping

from omnictl.errors import Severity

Case = Mapping[str, str]  # language: text


def _both(en: str, fr: str) -> Case:
    return {"en": en, "fr": fr}


WORDS: Mapping[str, Mapping[str, Case]] = {
    "source-unreachable": {
        "files": _both("`{source}`: {reason}", "« {source} » : {reason}"),
        "failed": _both(
            "`{source}`: its last load failed: {reason}", "« {source} » : le dernier chargement a échoué : {reason}"
        ),
        "refused": _both(
            "`{source}`: its last load was refused for its rejects: {reason}",
            "« {source} » : le dernier chargement a été refusé à cause de ses rejets : {reason}",
        ),
        "never": _both("`{source}` has never been loaded", "« {source} » n'a jamais été chargée"),
    },
    "source-not-connected": {
        "": _both("no source records `{event}`", "aucune source n'enregistre « {event} »"),
    },
    "event-missing": {
        "none": _both(
            "`{source}` was loaded and holds no `{event}`: 0 of its {rows} rows",
            "« {source} » a été chargée et ne contient aucun « {event} » : 0 de ses {rows} lignes",
        ),
        "empty": _both(
            "`{source}` was loaded and holds no row at all", "« {source} » a été chargée et ne contient aucune ligne"
        ),
        "never": _both(
            "no `{event}`: `{source}` has never been loaded", "aucun « {event} » : « {source} » n'a jamais été chargée"
        ),
        "failed": _both(
            "no `{event}`: the last load of `{source}` failed",
            "aucun « {event} » : le dernier chargement de « {source} » a échoué",
        ),
        "since": _both(
            "`{source}` holds no `{event}` since {since} UTC",
            "« {source} » ne contient aucun « {event} » depuis le {since} UTC",
        ),
    },
    "event-unplanned": {
        "channel": _both(
            "`{source}` records contacts on `{example}`, which the plan does not have: {count} of {rows} rows",
            "« {source} » enregistre des contacts sur « {example} », que le plan n'a pas : {count} des {rows} lignes",
        ),
        "kind": _both(
            "`{source}` records `{event}`, which the plan does not have: {count} of {rows} rows",
            "« {source} » enregistre « {event} », que le plan n'a pas : {count} des {rows} lignes",
        ),
        "relation": _both(
            "`{source}` records `{event}`, which the plan does not have",
            "« {source} » enregistre « {event} », que le plan n'a pas",
        ),
    },
    "property-missing": {
        "": _both("no source gives `{column}` of `{event}`", "aucune source ne donne « {column} » de « {event} »"),
        "here": _both(
            "`{source}` does not give `{column}` of `{event}`, {others} does",
            "« {source} » ne donne pas « {column} » de « {event} », {others} le fait",
        ),
    },
    "property-empty": {
        "": _both(
            "`{source}` maps `{column}` of `{event}`, and all of {rows} rows are without",
            "« {source} » alimente « {column} » de « {event} », vide sur {rows} lignes",
        ),
    },
    "property-nulls": {
        "": _both(
            "`{column}` is missing on {share} of the `{event}` of `{source}`, the plan allows {allowed}",
            "« {column} » manque sur {share} des « {event} » de « {source} », le plan admet {allowed}",
        ),
    },
    "value-unplanned": {
        "": _both(
            "`{column}` of `{event}` in `{source}` has values the plan does not have, {share} of them: {example}",
            "« {column} » de « {event} » dans « {source} » a des valeurs que le plan n'a pas, {share} : {example}",
        ),
        "personal": _both(
            "`{column}` of `{event}` in `{source}` has values the plan does not have, {share} of them",
            "« {column} » de « {event} » dans « {source} » a des valeurs que le plan n'a pas, {share}",
        ),
        "unknown": _both(
            "`{source}` has codes of `{column}` that mean nothing here, on {count} of {rows} rows: {example}",
            "« {source} » a des codes de « {column} » qui ne disent rien ici, sur {count} des {rows} lignes : "
            "{example}",
        ),
    },
    "value-out-of-range": {
        "": _both(
            "`{column}` of `{event}` in `{source}` lies outside {range} on {count} of {rows} rows, such as {example}",
            "« {column} » de « {event} » dans « {source} » sort de {range} sur {count} des {rows} lignes, par "
            "exemple {example}",
        ),
    },
    "value-unreadable": {
        "rejects": _both(
            "`{source}`: {count} of {rows} records rejected for `{column}`: {reason}",
            "« {source} » : {count} des {rows} enregistrements rejetés pour « {column} » : {reason}",
        ),
        "records": _both(
            "`{source}`: {count} of {rows} records rejected: {reason}",
            "« {source} » : {count} des {rows} enregistrements rejetés : {reason}",
        ),
        "cells": _both(
            "`{source}`: cells that could not be read and were left empty: {count}",
            "« {source} » : cellules illisibles, laissées vides : {count}",
        ),
    },
    "duplicate-rows": {
        "superseded": _both(
            "`{source}` delivered {count} of {rows} records again, {share}; only the newest of each counts",
            "« {source} » a livré à nouveau {count} des {rows} enregistrements, {share} ; seul le plus récent compte",
        ),
        "coinciding": _both(
            "{share} of the contacts of `{source}` stand in `{other}` too, by {key}, and count twice",
            "{share} des contacts de « {source} » sont aussi dans « {other} », par {key}, et comptent deux fois",
        ),
    },
    "clock-drift": {
        "future": _both(
            "{count} of {rows} `{event}` of `{source}` lie after their export was received, up to {example} UTC",
            "{count} des {rows} « {event} » de « {source} » : après la réception de l'export, jusqu'au {example} UTC",
        ),
        "ended": _both(
            "`{column}` lies before `{before}` on {count} of {rows} `{event}` of `{source}`",
            "« {column} » précède « {before} » sur {count} des {rows} « {event} » de « {source} »",
        ),
        "outside": _both(
            "{count} of {rows} `{event}` of `{source}` lie outside the interaction they belong to, by more "
            "than {tolerance}",
            "{count} des {rows} « {event} » de « {source} » : à plus de {tolerance} de l'interaction dont ils "
            "font partie",
        ),
        "offset": _both(
            "the clock of `{source}` is {offset} from that of `{other}`, median of {rows} contacts both describe",
            "l'horloge de « {source} » est à {offset} de celle de « {other} », médiane de {rows} contacts communs",
        ),
    },
    "delivery-late": {
        "now": _both(
            "`{source}` has not come since {example} UTC, and is due every {every}",
            "« {source} » n'est pas arrivée depuis le {example} UTC, et est attendue tous les {every}",
        ),
        "past": _both(
            "`{source}` came more than {allowed} after the delivery before it, {count} of {rows} times, lastly on "
            "{example}",
            "« {source} » est arrivée plus de {allowed} après la livraison précédente, {count} fois sur {rows}, la "
            "dernière le {example}",
        ),
    },
    "delivery-missing": {
        "": _both(
            "`{source}` has no data for {count} of the {rows} {slots} expected: {days}",
            "« {source} » n'a pas de données pour {count} des {rows} {slots} attendus : {days}",
        ),
    },
    "delivery-empty": {
        "": _both(
            "`{source}`: {count} of {rows} files hold no record, such as {example}",
            "« {source} » : {count} fichiers sur {rows} sont vides, par exemple {example}",
        ),
    },
    "baseline-gone": {"": _both("{told}", "{told}")},
}

HEADINGS: Mapping[str, Case] = {
    "code": _both("Finding", "Constat"),
    "severity": _both("Severity", "Gravité"),
    "source": _both("Source", "Source"),
    "event": _both("Event", "Événement"),
    "property": _both("Property", "Propriété"),
    "column": _both("Column", "Colonne"),
    "count": _both("Rows", "Lignes"),
    "rows": _both("Of", "Sur"),
    "share": _both("Share", "Part"),
    "example": _both("Example", "Exemple"),
    "owner": _both("Owner", "Responsable"),
    "message": _both("In words", "En clair"),
    "every": _both("Every", "Fréquence"),
    "expected": _both("Expected", "Attendues"),
    "received": _both("Received", "Reçues"),
    "missing": _both("Missing", "Manquantes"),
    "late": _both("Late", "En retard"),
    "empty": _both("Empty", "Vides"),
    "last_received": _both("Last received (UTC)", "Dernière réception (UTC)"),
    "state": _both("State", "État"),
}
TITLES: Mapping[str, Case] = {
    "findings": _both("Findings", "Constats"),
    "grid": _both("Deliveries", "Livraisons"),
}
SLOTS: Mapping[str, Case] = {
    "days": _both("days", "jours"),
    "spans": _both("spans", "intervalles"),
}
_SUMMARY = _both(
    "{events} events of {sources} sources checked against plan {plan} {version}: {counted}",
    "{events} événements de {sources} sources confrontés au plan {plan} {version} : {counted}",
)
_COUNTED = _both("{error} errors, {warning} warnings", "{error} erreurs, {warning} avertissements")
_NOTES = _both(", {note} notes (-v tells them)", ", {note} remarques (-v les montre)")


def summary(events: int, sources: int, plan: str, version: str, counts: Mapping[Severity, int], lang: str) -> str:
    """What was checked, and how much was found, in one line.

    Args:
        counts: findings by severity.
    """
    counted = _COUNTED[lang].format(**{str(level): number for level, number in counts.items()}) + (
        _NOTES[lang].format(**{str(level): number for level, number in counts.items()}) if counts["note"] else ""
    )
    return _SUMMARY[lang].format(events=events, sources=sources, plan=plan, version=version, counted=counted)
