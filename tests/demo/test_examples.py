"""The examples: what their READMEs show is what the commands print."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"


def regenerate(examples: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(examples / "regenerate.py"), *arguments],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def test_readmes_show_what_the_commands_print() -> None:
    done = regenerate(EXAMPLES, "--check")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_readme_that_went_stale_is_mended(tmp_path: Path) -> None:
    """That one is found is what the other test would say."""
    copy = tmp_path / "examples"
    shutil.copytree(EXAMPLES, copy, ignore=shutil.ignore_patterns(".omnictl"))
    (readme,) = copy.glob("*/README.md")
    right = readme.read_text(encoding="utf-8")
    assert "228    " in right
    readme.write_text(right.replace("228    ", "999    "), encoding="utf-8")
    assert regenerate(copy).returncode == 0
    assert readme.read_text(encoding="utf-8") == right
