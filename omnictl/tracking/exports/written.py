"""YAML and JSON as exports write them: the same bytes for the same data, and nothing a reader takes for another type.

Order as given, LF, a final newline, no aliases, no wrapped lines, accents as they are.
"""

from __future__ import annotations

import json
import re
from typing import Any

import yaml

# What stands without quotes: words that begin with a letter. Readers of YAML 1.1 and 1.2 disagree on the rest: `on`,
# `1e3`, `0o7`, `1:30`, `2026-03-01` are text to some, and something else to others.
_PLAIN = re.compile(r"[^\W\d_][\w ,;?!./+()'-]*\Z")
_RESERVED = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "infinity"))
_BROKEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]")


class _Written(yaml.SafeDumper):
    """A dumper without aliases: a list used twice is written twice."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = None
    if _BROKEN.search(text):
        style = '"'
    elif not _PLAIN.match(text) or text.lower() in _RESERVED or text.endswith(" "):
        style = "'"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Written.add_representer(str, _text)


def as_yaml(data: object) -> str:
    """Mappings, lists and scalars as one YAML document."""
    return yaml.dump(
        data,
        Dumper=_Written,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=False,
        width=float("inf"),
        line_break="\n",
    )


def as_json(data: object) -> str:
    """The same as JSON, two spaces a level."""
    return json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
