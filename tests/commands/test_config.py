"""``ictcli config``: show, check, schema."""

import json
from pathlib import Path

import pytest

from ictcli.__main__ import run
from ictcli.workspace import create


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh workspace as the current directory, and no user config."""
    create(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "nobody"))
    return tmp_path


def test_show_prints_one_line_per_key(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["config", "show", "--origin"]) == 0
    lines = {line.split()[0]: line.split()[1:] for line in capsys.readouterr().out.splitlines()}
    assert lines["account.currency"] == ['"USD"', "default"]
    assert lines["sources"] == ["{}", "default"]


def test_the_users_file_lies_below_the_workspaces(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    user = desk / "nobody" / "ictcli" / "ictcli.toml"
    user.parent.mkdir(parents=True)
    user.write_text('[account]\ncurrency = "JPY"\n[log]\nlevel = "INFO"\n')
    (desk / "config" / "ictcli.toml").write_text('[log]\nlevel = "ERROR"\n')
    assert run(["config", "show", "--origin", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["values"]["account.currency"] == "JPY"
    assert document["origins"]["account.currency"] == str(user)
    assert document["values"]["log.level"] == "ERROR"


def test_check_reads_all_three_files(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["config", "check", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["valid"] is True
    assert document["files"] == [str(desk / "config" / "ictcli.toml")]
    assert document["gates"] is True
    assert document["symbols"] > 40


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("ictcli.toml", "[account]\nrisk_per_trade = 7\n", "account.risk_per_trade"),
        ("ictcli.toml", '[log]\nkeep = "0s"\n', "keep must be above 0"),
        ("ictcli.toml", '[backup]\nfolder = "state"\n', "backup.folder"),
        ("ictcli.toml", '[backup]\nfolder = "data/../config"\n', "is what is backed up"),
        ("ictcli.toml", "[trade]\n[trade]\n", "hint: Correct it there"),
        (
            "ictcli.toml",
            '[brokers.a]\nterminal = "bridge"\nhost = "evil.example"\n',
            "brokers.a.host: a bridge is bound to loopback addresses only",
        ),
        ("ictcli.toml", "[strategies.fvg_retset]\n", "strategies.fvg_retset"),
        ("ictcli.toml", "[strategies.fvg_retest]\nmax_bar = 4\n", "max_bar"),
        ("ictcli.toml", '[trade]\nstrategies = ["fvg_retset"]\n', "trade.strategies: unknown strategy"),
        ("ictcli.toml", '[trade]\nstrategies = ["mine.py"]\n', "no such strategy file: mine.py"),
        ("symbols.toml", "[EURUSD]\ndigit = 3\n", "unknown key 'digit'"),
        ("symbols.toml", '[EURUSD]\ntick_size = "0"\n', "tick_size must be above 0"),
        ("gates.toml", '[[checks]]\nmetric = "luck"\nop = ">"\nvalue = 1\n', "luck"),
    ],
)
def test_check_finds_the_fault_in_each(
    name: str, text: str, words: str, desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (desk / "config" / name).write_text(text)
    assert run(["config", "check"]) == 4
    error = capsys.readouterr().err
    assert name in error
    assert words in error


def test_schema_lists_every_key(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["config", "schema"]) == 0
    text = capsys.readouterr().out
    assert '  account.balance  (decimal, default "100000.00")\n      Opening balance' in text
    assert "  sources.NAME.path  (text, required)" in text


def test_schema_as_a_document_is_json_schema(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["config", "schema", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert "AccountConfig" in document["json_schema"]["$defs"]
    assert {table["name"] for table in document["tables"]} >= {"data", "account", "sources"}
