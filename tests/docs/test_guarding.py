"""What is shipped for those who guard their glossary: the hook, and the workflow and files that the page shows."""

from __future__ import annotations

import re
from pathlib import Path

from click.testing import CliRunner

from omnictl import places
from omnictl.cli.main import omnictl

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "guard-a-glossary.md").read_text(encoding="utf-8")


def test_the_hook_calls_a_command_there_is() -> None:
    (document,) = places.read(ROOT / ".pre-commit-hooks.yaml")
    ((hook),) = places.plain(document.root)
    program, *arguments = hook["entry"].split()
    assert program == "omnictl"
    assert CliRunner().invoke(omnictl, [*arguments, "--help"]).exit_code == 0
    assert hook["id"] in PAGE
    assert re.search(hook["files"], "analytics/omnictl.yml") and re.search(hook["files"], "kpis/a.yaml")
    assert not re.search(hook["files"], "export.csv")


def test_what_the_page_shows_can_be_read_and_called() -> None:
    blocks = re.findall(r"(?ms)^```yml\n(.*?)^```$", PAGE)
    assert len(blocks) >= 4
    for block in blocks:
        assert places.parse(block, "page")
    options = set(re.findall(r"omnictl kpi check[^\n#]*?(--[a-z-]+)", PAGE)) | set(re.findall(r"`(--[a-z-]+)", PAGE))
    told = CliRunner().invoke(omnictl, ["kpi", "check", "--help"]).output
    told += CliRunner().invoke(omnictl, ["kpi", "lock", "--help"]).output
    assert options and all(option in told for option in options)
