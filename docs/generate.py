"""Writes the pages of docs/reference/ from the code that knows better, and the output of commands that pages show.

python -m docs.generate            writes them
python -m docs.generate --check    exits 1 when a page on disk differs, and says which
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from docs.pages import cli, console, findings, kpis, relations

DOCS = Path(__file__).parent
GENERATED: dict[str, Callable[[], str]] = {
    "reference/cli.md": cli.page,
    "reference/findings.md": findings.page,
    "reference/kpis.md": kpis.page,
    "reference/relations.md": relations.page,
}
# pages whose commands are run
SHOWING = (
    "after-a-visit.md",
    "first-workspace.md",
    "funnels-and-paths.md",
    "journeys.md",
    "needs.md",
    "people.md",
    "review-figures.md",
    "tracking.md",
    "write-a-connector.md",
)


def pages() -> dict[str, Callable[[], str]]:
    """Every page that code writes or refreshes, and what it must say now."""
    shown = {name: partial(_refreshed, DOCS / name) for name in SHOWING}
    return {**GENERATED, **shown}


def _refreshed(file: Path) -> str:
    return console.refreshed(file.read_text(encoding="utf-8"))


def main(arguments: list[str]) -> int:
    """Write or check every page; 1 when a check finds one that differs."""
    differing = []
    for name, page in pages().items():
        file, text = DOCS / name, page()
        if file.is_file() and file.read_text(encoding="utf-8") == text:
            continue
        differing.append(name)
        if "--check" not in arguments:
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, encoding="utf-8")
    verb = "differs from the code" if "--check" in arguments else "written"
    for name in differing:
        print(f"docs/{name}: {verb}")
    if differing and "--check" in arguments:
        print("run `python -m docs.generate`")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
