"""The examples: what their READMEs show is what the commands print."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def regenerate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script, over a copy of the examples; what it runs is run once, as it prints the same each time."""
    found = importlib.util.spec_from_file_location("regenerate", EXAMPLES / "regenerate.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    copy = tmp_path / "examples"
    shutil.copytree(EXAMPLES, copy, ignore=shutil.ignore_patterns(".omnictl"))
    run, known = module._run, {}

    def run_once(folder: Path, *arguments: str, **options: Any) -> Any:
        if arguments[0] == "tracking":  # which writes documents, or looks at those there are
            return run(folder, *arguments, **options)
        if (folder.name, arguments) not in known:
            known[folder.name, arguments] = run(folder, *arguments, **options)
        return known[folder.name, arguments]

    monkeypatch.setattr(module, "EXAMPLES", copy)
    monkeypatch.setattr(module, "_run", run_once)
    return module


def test_examples_show_what_the_commands_print(regenerate: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    """And what went stale is told, and mended: a README, a document of the demo's tracking plan."""
    assert regenerate.main(["--check"]) == 0, capsys.readouterr().out
    (readme,) = regenerate.EXAMPLES.glob("*/README.md")
    right = readme.read_text(encoding="utf-8")
    assert "228    " in right
    readme.write_text(right.replace("228    ", "999    "), encoding="utf-8")
    document = regenerate.EXAMPLES / "demo-plan" / "plan.csv"
    planned = document.read_bytes()
    document.write_bytes(planned + b"one more\n")
    assert regenerate.main(["--check"]) == 1
    told = capsys.readouterr().out
    assert "228    " in told
    assert "demo-plan: plan/plan.csv is stale" in told
    assert regenerate.main([]) == 0
    assert readme.read_text(encoding="utf-8") == right
    assert document.read_bytes() == planned
