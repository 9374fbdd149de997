"""What a workspace says to a connector: its options, read and checked with their places."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from omnictl.connectors.contract import BATCHES, ROWS, Connector, Option, Options, speed_of
from omnictl.errors import DefinitionError, did_you_mean
from omnictl.places import duration
from omnictl.sources import Setting, Source

WORDS = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    timedelta: "a duration: 10 min",
}


GIVEN = ("completes", "timezone")  # what a connector may ask of any source: SOURCE_KEYS, so no option is named so


def read_options(connector: type[Connector], source: Source) -> Options:
    """The options of a source, defaults filled in; besides these `completes`, the source whose contacts it describes
    (None: none), and `timezone`, that of its local times.

    Raises:
        DefinitionError: an unknown, missing or unreadable option; all of them at once.
    """
    findings = []
    known = {option.name: option for option in connector.options}
    values: dict[str, Any] = {}
    for name, setting in source.settings.items():
        option = known.get(name)
        if option is None:
            hint = did_you_mean(name, known) if known else f"`{connector.name}` has no options"
            message = f"connector `{connector.name}` has no option `{name}`"
            findings.append(setting.finding("unknown-option", message, hint, at_key=True))
            continue
        value = _value(option, setting)
        if value is None:
            message = f"`{name}` of source `{source.name}` must be {WORDS.get(option.type, option.type.__name__)}"
            findings.append(setting.finding("wrong-type", message))
        elif option.among and value not in option.among:
            message = f"`{name}` of source `{source.name}` cannot be `{setting.text}`"
            findings.append(setting.finding("unknown-value", message, did_you_mean(setting.text, option.among)))
        values[name] = value
    for option in connector.options:
        if option.name in values:
            continue
        if option.required:
            message = f"connector `{connector.name}` needs `{option.name}`: {option.meaning}"
            findings.append(source.finding("missing-option", message))
        values[option.name] = option.default
    if findings:
        raise DefinitionError(findings)
    given = (source.completion.of if source.completion else None, source.timezone)
    return Options(values | dict(zip(GIVEN, given, strict=True)))


def asks_what_it_completes(connector: type[Connector]) -> bool:
    """Whether the rows of a connector may depend on what its source completes: SQL shows it."""
    texts = [*connector.relations.values(), *connector.prepared.values()]
    return speed_of(connector) in (ROWS, BATCHES) or any("$completes" in text for text in texts)


def _value(option: Option, setting: Setting) -> Any:
    """A setting as the option's type; None when it is none."""
    value, text = setting.value, setting.filled()
    if value is None:
        return None
    if option.type is str:
        return text
    if option.type is timedelta:
        return duration(text)
    if option.type is bool:
        return value if isinstance(value, bool) else None
    if isinstance(value, bool) or (isinstance(value, str) and setting.quoted):
        return None
    try:
        return option.type(text)
    except (TypeError, ValueError):
        return None
