"""findings.md: a section per code, from the pages of `omnictl explain` and the words the code writes for it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import omnictl
from omnictl.cli.explain import IN_WORDS
from omnictl.findings import PAGES, Page

CODE = re.compile(r"[a-z]+(-[a-z]+)+\Z")
SAYERS = re.compile(r"(?i)(finding|fault|warn)")
LANGUAGE = {"shell": "sh", "": "text"}

HEAD = """\
# Findings

A fault of `omnictl.yml`, of the referential, of a mapping, of a KPI or of a question is told with its place, a code,
the line and a hint. Codes are stable: scripts may match them. `omnictl explain CODE` shows these pages in a terminal.
In messages, `…` stands for what the definition says.
"""


def page() -> str:
    messages = said()
    return HEAD + "".join(_section(each, messages.get(each.code, [])) for each in PAGES.values())


def _section(page: Page, messages: list[str]) -> str:
    where = IN_WORDS.get(page.stands_in, f"in `{page.stands_in}`")
    parts = [f"## {page.code}", page.means]
    # not marked as YAML: what stands here must not load
    parts.append(f"Example, {where}:\n\n```{LANGUAGE.get(page.stands_in, 'text')}\n{page.example}\n```")
    parts.append(f"To mend it: {page.mend}")
    if messages:
        parts.append("Messages:\n\n" + "\n".join(f"- {message}" for message in messages))
    return "".join(f"\n{part}\n" for part in parts)


def said() -> dict[str, list[str]]:
    """The messages of every code that omnictl writes, by code. A code put together at run time is a pattern."""
    found: dict[str, list[str]] = {}
    package = Path(omnictl.__file__).parent
    for file in sorted(package.rglob("*.py")):
        for code, message in _said(ast.parse(file.read_text(encoding="utf-8"))):
            messages = found.setdefault(code, [])
            if message and message not in messages:
                messages.append(message)
    return found


def _said(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Code and message of every call that makes a finding."""
    for function in ast.walk(tree):
        if not isinstance(function, (ast.FunctionDef, ast.Module)):
            continue
        given = [
            (node.lineno, target.id, node.value)
            for node in _own(function)
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        ]
        for node in _own(function):
            if isinstance(node, ast.Call) and SAYERS.search(_name(node.func)):
                for position, argument in enumerate(node.args[:-1]):
                    code = _code(argument)
                    if code:
                        before = sorted((each for each in given if each[0] < node.lineno), key=lambda each: each[0])
                        names = {name: value for _, name, value in before}  # the nearest one before the call
                        yield code, _words(node.args[position + 1], names)


def _code(argument: ast.expr) -> str:
    """The code that an argument is; a pattern when a part of it is filled in; '' when it is none."""
    if isinstance(argument, ast.Constant) and CODE.match(str(argument.value)):
        return str(argument.value)
    if isinstance(argument, ast.JoinedStr):
        sample = "".join(str(part.value) if isinstance(part, ast.Constant) else "x" for part in argument.values)
        return re.sub(r"\bx\b", "[a-z-]+", sample) if CODE.match(sample) else ""
    return ""


def _own(function: ast.FunctionDef | ast.Module) -> Iterator[ast.AST]:
    """The nodes of a function, those of the functions inside it left out."""
    stack: list[ast.AST] = list(function.body)
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            stack.extend(ast.iter_child_nodes(node))
        elif isinstance(node, ast.ClassDef):
            stack.extend(child for child in node.body if not isinstance(child, ast.FunctionDef))


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _words(node: ast.expr, names: dict[str, ast.expr]) -> str:
    """A text with its filled-in parts as `…`; the last text a name was given, when it is a name."""
    if isinstance(node, ast.Name) and node.id in names:
        node = names[node.id]
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
    return ""
