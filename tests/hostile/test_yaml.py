"""Hostile YAML, as omnictl.yml, as the referential and as a KPI; and paths in omnictl.yml that lead elsewhere."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hostile.harm import alone, disk
from workbench import Workbench

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join('*' + before for _ in range(9))}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
MERGES = "a0: &a0 {x: 1}\n" + "".join(f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}\n" for n in range(1, 30))
DOCUMENTS: dict[str, bytes] = {
    "40,000 brackets": b"a: " + b"[" * 40_000,
    "40,000 closed brackets": b"a: " + b"[" * 40_000 + b"]" * 40_000,
    "40,000 braces": b"a: " + b"{a: " * 40_000,
    "2,000,000 brackets": b"[" * 2_000_000,
    "deep blocks": b"".join(b" " * n + b"a:\n" for n in range(2_000)),
    "40,000 dashes": b"- " * 40_000 + b"a",
    "40,000 question marks": b"? " * 40_000,
    "alias bomb": BOMB.encode(),
    "merge bomb": MERGES.encode(),
    "cycle": b"&a [*a]",
    "cycle of a mapping": b"&a {a: *a}",
    "unknown alias": b"a: *nowhere",
    "5,000 digits": b"timezone: UTC\nengine: {threads: " + b"9" * 5_000 + b"}",
    "decimal of 5,000 digits": b"engine: {threads: 1." + b"9" * 5_000 + b"}",
    "exponent": b"engine: {threads: 1e999999999}",
    "hex, octal, binary": b"engine: {threads: 0xffffffffff, memory: 0o777}",
    "sexagesimal": b"engine: {threads: 190:20:30}",
    "threads": b"engine: {threads: 999999999999999999}",
    "no number": b"engine: {threads: .nan}",
    "infinity": b"engine: {threads: -.inf}",
    "duplicate keys": b"timezone: UTC\ntimezone: Europe/Paris",
    "keys that meet": b"{1: a, true: b, 1.0: c, null: d, ~: e}",
    "keys that are lists": b"{[a, b]: c, {a: b}: d}",
    "python tag": b"!!python/object/apply:os.system ['touch owned']",
    "python name": b"a: !!python/name:os.system",
    "binary tag": b"a: !!binary aGVsbG8=",
    "local tag": b"a: !include /etc/passwd",
    "set and omap": b"a: !!set {x, y}\nb: !!omap [a: 1]",
    "timestamp tag": b"a: !!timestamp 2026-02-30",
    "directive": b"%YAML 9.9\n---\na: 1",
    "tag directive": b"%TAG ! tag:yaml.org,2002:python/\n---\na: !object/apply:os.getcwd []",
    "many documents": b"a: 1\n---\n" * 50_000,
    "NUL": b"timezone: U\x00TC",
    "control characters": b"timezone: \x1b[2J\x07",
    "escape in a key": b'"\\e[2J\\e]0;owned\\a": 1',
    "NUL in a text": b'timezone: "U\\0TC"',
    "byte order mark": b"\xef\xbb\xbftimezone: UTC\nsources: 1",
    "two byte order marks": b"\xef\xbb\xbf\xef\xbb\xbftimezone: UTC",
    "UTF-16": "timezone: UTC".encode("utf-16"),
    "UTF-32": "timezone: UTC".encode("utf-32"),
    "Latin-1": "timezone: é".encode("latin-1"),
    "surrogates": b"timezone: \xed\xa0\x80",
    "overlong": b"timezone: \xc0\xaf",
    "right to left": "timezone: \u202eCTU".encode(),
    "50 MB scalar": b"timezone: " + b"x" * 50_000_000,
    "4 MB scalar": b"timezone: " + b"x" * 3_900_000,
    "4 MB of keys": b"".join(b"k%d: 1\n" % n for n in range(300_000)),
    "4 MB line of a list": b"timezone: [" + b"a, " * 1_300_000 + b"a]",
    "tabs": b"a:\n\t- b",
    "empty": b"",
    "only a comment": b"# nothing",
    "a text": b"hello",
    "a number": b"12",
    "a list": b"[1, 2]",
    "null": b"~",
    "gzip": b"\x1f\x8b\x08\x00" + bytes(range(256)),
    "dates": b"timezone: 2026-02-30",
    "yes and no": b"{on: yes, off: no}",
    "multi-line keys": b'? "a\n b"\n: c',
}
FILES = {"omnictl.yml": "", "referential.yml": "timezone: UTC\nreferential: referential.yml\n", "kpis/k.yml": ""}


MEANT_HARM = [name for name in DOCUMENTS if name.split()[0] in ("40,000", "2,000,000", "alias", "merge", "50", "4")]


@pytest.fixture
def bench(workbench: Workbench) -> Workbench:
    workbench.workspace("timezone: UTC\nglossary: [kpis/]\nreferential: referential.yml\n")
    workbench.write("referential.yml", "intents: {}\n")
    workbench.write("kpis/none.yml", "")
    (workbench.folder / "kpis/none.yml").unlink()
    return workbench


def test_no_document_does_harm(bench: Workbench) -> None:
    """Each as the workspace, as the referential and as a KPI, read in one process: a crash would end it.

    The bombs as the workspace have processes of their own.
    """
    for file, command in (("omnictl.yml", "status"), ("referential.yml", "status"), ("kpis/k.yml", "kpi check")):
        kept = (bench.folder / file).read_bytes() if (bench.folder / file).exists() else None
        for name, content in DOCUMENTS.items():
            if file == "omnictl.yml" and name in MEANT_HARM:
                continue
            bench.write(file, content)
            before = disk(bench.folder)
            said = bench.try_(*command.split())
            assert said.code in (0, 1, 2), (file, name)
            assert said.code == 0 or said.stderr.strip() or said.stdout.strip(), (file, name)
            assert len(said.stderr) + len(said.stdout) < 100_000, (file, name)
            assert "\x1b" not in said.stderr + said.stdout, (file, name)
            assert disk(bench.folder) == before, (file, name)
        (bench.folder / file).unlink()
        if kept is not None:
            (bench.folder / file).write_bytes(kept)


@pytest.mark.parametrize("name", MEANT_HARM)
def test_bombs_cost_little(bench: Workbench, name: str) -> None:
    bench.write("omnictl.yml", DOCUMENTS[name])
    code, said = alone(bench.folder, "status")
    assert code == 2, said[:500]
    assert "error" in said


SOURCE = """
timezone: UTC
country: FR
{head}
sources:
  calls:
    connector: table
    path: {path}
    columns: {{interaction_id: id, channel: "'phone'", started_at: begun, queue: {queue}}}
"""


def workspace(bench: Workbench, path: str = "calls.csv", queue: str = "queue", head: str = "") -> None:
    bench.workspace(SOURCE.format(path=path, queue=queue, head=head))
    bench.write("calls.csv", "id,begun,queue\n1,2026-05-01 10:00,a\n")


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/random", "/dev/stdin", "/proc/self/mem", "/dev/tty"])
def test_devices_are_not_exports(bench: Workbench, path: str) -> None:
    workspace(bench, path)
    code, said = alone(bench.folder, "run")
    assert code == 2
    assert "error: calls: " in said


def test_a_pipe_nobody_writes_to_is_not_waited_for(bench: Workbench) -> None:
    os.mkfifo(bench.folder / "calls.fifo")
    for path in ("calls.fifo", "calls.fi*"):
        workspace(bench, path)
        code, said = alone(bench.folder, "run")
        assert code == 2
        assert "error: calls: " in said


@pytest.mark.parametrize("key", ["referential", "glossary"])
@pytest.mark.parametrize("path", ["/dev/zero", "pipe", "/proc/self/mem", "/dev/stdin"])
def test_definitions_are_files(bench: Workbench, key: str, path: str) -> None:
    os.mkfifo(bench.folder / "pipe")
    os.symlink("/dev/zero", bench.folder / "kpis" / "zero.yml")
    os.mkfifo(bench.folder / "kpis" / "pipe.yml")
    value = f"[{path}, kpis/]" if key == "glossary" else path
    workspace(bench, head=f"{key}: {value}")
    for command in ("status", "kpi check"):
        code, said = alone(bench.folder, *command.split())
        assert code in (1, 2)
        assert "error" in said or code == 1


def test_the_workspace_itself_is_a_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "omnictl.yml")
    code, said = alone(tmp_path, "status")
    assert code == 2
    assert "error" in said
    (tmp_path / "omnictl.yml").unlink()
    os.symlink("/dev/zero", tmp_path / "omnictl.yml")
    code, said = alone(tmp_path, "status")
    assert code == 2
    assert "error" in said


@pytest.mark.parametrize(
    "queue",
    [
        "'${HARM}'", "${HARM}", "'${HARM:-(select 1)}'", "\"(select content from read_text('/etc/passwd'))\"",
        "\"read_text('/etc/passwd')\"", "\"getenv('HOME')\"", "\"1) from file; drop table files; select (1\"",
        "\"query('select 1')\"", "\"current_setting('home_directory')\"",
        "\"nextval('s')\"", "\"/* \"", "\"'\"", "\"-- \"", "\"* exclude (id)\"", "\"columns('.*')\"",
    ],
)  # fmt: skip
def test_columns_of_a_source(
    bench: Workbench, queue: str, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """They are the workspace's own SQL, over the cells of one record. The environment gives them no SQL."""
    monkeypatch.setenv("HARM", "(select content from read_text('/etc/passwd'))")
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    monkeypatch.chdir(elsewhere)
    workspace(bench, queue=queue)
    code, said = alone(bench.folder, "run", seconds=20)
    assert code in (0, 1, 2)
    assert code == 0 or "error" in said
    assert list(elsewhere.iterdir()) == []
    if (bench.folder / ".omnictl/store.duckdb").exists():
        assert "root:" not in bench.try_("show", "interactions", "--format", "json").stdout


def test_a_pattern_that_means_very_many_files(bench: Workbench) -> None:
    """Twenty thousand empty files and a pattern with many stars: told, not chewed on."""
    (bench.folder / "many").mkdir()
    for number in range(20_000):
        os.close(os.open(bench.folder / "many" / f"{number:05}.csv", os.O_CREAT))
    workspace(bench, "many/*")
    code, said = alone(bench.folder, "run", seconds=60)
    assert code in (1, 2)
    assert len(said) < 20_000
    workspace(bench, "many/" + "*?" * 20 + "*[!x]*" * 20 + ".nothing")
    code, said = alone(bench.folder, "run", seconds=20)
    assert code == 2
    assert "no file matches" in said


@pytest.mark.parametrize("head", ["store: /dev/null", "store: /proc/x", "store: calls.csv", "store: /dev/full/x"])
def test_a_store_that_cannot_be_one(bench: Workbench, head: str) -> None:
    workspace(bench, head=head)
    code, said = alone(bench.folder, "run")
    assert code == 2
    assert "error" in said
    code, said = alone(bench.folder, "sql", "select 1")
    assert code == 2


@pytest.mark.parametrize("key", ["referential", "targets", "events"])
def test_what_is_no_yaml_file_by_its_name_is_not_read(bench: Workbench, key: str) -> None:
    (bench.folder / "id_rsa").write_text("do not show this key\n")
    workspace(bench, head=f"{key}: id_rsa")
    code, said = alone(bench.folder, "kpi", "check")
    assert code in (1, 2) and "its name ends in .yml or .yaml" in said
    assert "do not show" not in said
