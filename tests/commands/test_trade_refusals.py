"""``ictcli trade`` before it trades: what it refuses, with which words and codes."""

import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ictcli.__main__ import run
from ictcli.ledger.address import paper_place
from ictcli.ledger.journal import open_journal
from ictcli.models.store import models_of
from ictcli.store.store import Store
from ictcli.trading.latch import RESERVE_FILE, Latch
from ictcli.workspace import create
from tests.models.sample_models import NOW, card_of, files_of
from tests.operations.desks import desk as made_desk
from tests.trading.journals import start

_EXPRESSION = """
import polars as pl

def signals(bars, detections):
    return bars.select("ts", side=pl.lit(1), stop=pl.col("low"))
"""


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace, which is the current directory."""
    create(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ICTCLI_WORKSPACE", raising=False)
    return tmp_path


def refused(*words: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Exit code and message of a command line."""
    code = run(["trade", *words, "--json"])
    error: dict[str, Any] = json.loads(capsys.readouterr().out)["error"]
    assert error["code"] == code
    return code, error["message"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--paper --live", "--paper and --live do not go together"),
        ("--live --replay 30d..", "--live and --replay do not go together"),
        ("--confirm-account 7", "--confirm-account confirms live trading"),
        ("--live --speed max", "a real market has its own speed"),
        ("--replay 30d.. --once", "--once handles what closed"),
        ("--replay 30d.. --broker x", "--replay plays stored bars"),
        ("--live --source sim", "--source feeds the simulated terminal"),
        ("--replay 2026-01-01", "START..END"),
        ("--replay 2026-02-01..2026-01-01", "is not before"),
        ("--replay 2026-02-31..", "not an instant"),
        ("--speed 0", "above 0"),
        ("--speed fast", "neither a number nor max"),
        ("--confirm-account 0", "confirm-account"),
    ],
)
def test_options_that_do_not_fit_are_named(
    desk: Path, capsys: pytest.CaptureFixture[str], words: str, said: str
) -> None:
    code, message = refused("EURUSD", "--strategy", "breaker", *words.split(), capsys=capsys)
    assert code == 2
    assert said in message


def test_nothing_to_trade_says_what_to_add(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert refused("EURUSD", capsys=capsys) == (2, "nothing to trade")
    assert refused("--strategy", "breaker", capsys=capsys) == (2, "no symbol to trade")


def test_symbols_and_strategies_come_from_the_config_where_none_is_given(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (desk / "config" / "ictcli.toml").write_text('[trade]\nstrategies = ["no_such"]\nsymbols = ["EURUSD"]\n')
    code, message = refused(capsys=capsys)
    assert code == 2
    assert "no_such" in message


def test_an_expression_over_columns_is_for_research_only(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (desk / "mine.py").write_text(_EXPRESSION)
    code, message = refused("EURUSD", "--strategy", "mine.py", capsys=capsys)
    assert code == 2
    assert "for research only" in message


@pytest.mark.parametrize("how", [["--once"], ["--replay", "30d.."]])
def test_the_emergency_stop_refuses_what_has_an_end(
    desk: Path, capsys: pytest.CaptureFixture[str], how: list[str]
) -> None:
    Latch(desk / "state" / "control").engage("news", "me", 1)
    code, message = refused("EURUSD", "--strategy", "breaker", *how, capsys=capsys)
    assert (code, message) == (11, "the emergency stop is on: news")


def test_live_trading_names_everything_it_lacks(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (desk / "config" / "ictcli.toml").write_text(
        "[risk]\nper_trade = 0.0\ndaily_loss = 0.0\ndrawdown = 0.0\n"
    )
    code, message = refused("EURUSD", "--strategy", "breaker", "--live", capsys=capsys)
    assert code == 11
    for word in (
        "a broker", "--confirm-account", "risk.per_trade", "risk.daily_loss", "risk.drawdown",
        "paper trades: 0 of 100", "days on paper: 0 of 20", "clean reconciliations in a row: 0 of 5",
    ):  # fmt: skip
        assert word in message


def test_a_model_alone_is_a_strategy_that_must_graduate(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    training = {"data": {"first": "2024-01-01", "last": "2024-06-01"}, "plan": {"volatility_bars": 100}}
    label = {"rule": "triple_barrier", "target": 2.0, "stop": 2.0, "horizon": 20}
    files = files_of(1) | {"training.json": json.dumps(training).encode()}
    store = models_of(Store(desk / "data", desk / "state", 0))
    version = store.create(card_of(1, label=label), files, NOW)
    code, message = refused("XAUUSD", "--model", f"gold@{version.id}", "--live", capsys=capsys)
    assert code == 11
    assert "; forecast@" in message
    assert "paper trades: 0 of 100" in message


def test_a_tampered_paper_ledger_is_no_proof_for_live_trading(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = paper_place(desk / "state")
    with open_journal(place, now=NOW, durable=False) as journal:
        journal.append([start()], NOW)
    line = ["EURUSD", "--strategy", "breaker", "--live"]
    assert refused(*line, capsys=capsys)[0] == 11
    assert place.address.file is not None
    with closing(sqlite3.connect(place.address.file)) as database:
        names = database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in names:
            database.execute(f"DROP TRIGGER {name}")
        database.execute("UPDATE events SET body = replace(body, 'fvg_retest', 'breaker')")
        database.commit()
    code, message = refused(*line, capsys=capsys)
    assert code == 5
    assert "proves nothing, it is not what was written" in message
    assert run(["trade", *line]) == 5
    assert "ictcli ledger verify" in capsys.readouterr().err


def test_live_trading_wants_the_number_of_the_configured_account(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (desk / "config" / "ictcli.toml").write_text(
        '[brokers.real]\nterminal = "bridge"\nlogin = 7\n[trade]\nbroker = "real"\n'
        "graduation_trades = 30\ngraduation_days = 5\ngraduation_reconciled = 1\n"
    )
    line = ["EURUSD", "--strategy", "breaker", "--live", "--confirm-account", "8"]
    code, message = refused(*line, capsys=capsys)
    assert code == 11
    assert message.startswith("live trading lacks --confirm-account 8 is not brokers.real.login 7; breaker@")


@pytest.mark.parametrize(
    "line",
    [
        "graduation_trades = 29",
        "graduation_days = 4",
        "graduation_reconciled = 0",
        "graduation_slippage = 0.0",
    ],
)
def test_evidence_too_thin_to_mean_anything_cannot_be_configured(
    desk: Path, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (desk / "config" / "ictcli.toml").write_text(f"[trade]\n{line}\n")
    code, message = refused("EURUSD", "--strategy", "breaker", "--live", capsys=capsys)
    assert code == 4
    assert line.split(maxsplit=1)[0] in message


def test_a_workspace_without_a_key_is_told_to_make_one(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (desk / "state" / "secret.key").unlink()
    code, message = refused("EURUSD", "--strategy", "breaker", "--live", capsys=capsys)
    assert code == 5
    assert "secret.key" in message


def test_a_password_on_the_command_line_is_no_option(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, message = refused("EURUSD", "--password", "x", capsys=capsys)
    assert (code, message) == (2, "no such option '--password'")


def test_the_unit_names_workspace_program_and_watchdog(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["trade", "--systemd-unit"]) == 0
    unit = capsys.readouterr().out
    assert "Type=notify" in unit
    assert f"ExecStart={sys.executable} -m ictcli --workspace {desk.resolve()} trade" in unit
    assert "@" not in unit.replace("user@", "")
    assert "ICTCLI_LEDGER_URL" not in unit


def test_the_unit_tells_where_the_address_of_a_ledger_on_a_server_goes(
    desk: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ICTCLI_LEDGER_URL", "postgresql://me:CANARY@db.invalid/ledger")
    assert run(["trade", "--systemd-unit"]) == 0
    unit = capsys.readouterr().out
    assert "ICTCLI_LEDGER_URL" in unit
    assert "\n#EnvironmentFile=" in unit
    assert "CANARY" not in unit


def test_systemd_finds_nothing_wrong_with_the_unit(desk: Path, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    program = [sys.executable, "-m", "ictcli", "trade", "--systemd-unit"]
    unit = subprocess.run(program, capture_output=True, text=True, check=True, cwd=desk).stdout
    path = tmp_path / "ictcli-trade.service"
    path.write_text(unit)
    checked = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(path)], capture_output=True, text=True, check=False
    )
    named = [line for line in checked.stderr.splitlines() if "ictcli-trade" in line]
    assert (checked.returncode, named) == (0, [])


def test_a_workspace_whose_path_a_unit_cannot_hold_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    odd = tmp_path / "my desk"
    create(odd)
    monkeypatch.chdir(odd)
    assert run(["trade", "--systemd-unit"]) == 2
    assert "cannot stand in a unit file" in capsys.readouterr().err


def test_help_and_usage_come_without_the_trading_code(desk: Path) -> None:
    heavy = "[name for name in sys.modules if 'trading' in name or name in ('numpy', 'numba', 'sqlalchemy')]"
    code = f"import sys; from ictcli.__main__ import run; run(['trade', '--help']); print({heavy})"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.endswith("[]\n")
    assert "--confirm-account" in shown
    assert not (desk / "state" / "control" / RESERVE_FILE).exists()


def test_a_paper_account_that_only_a_backup_knows_is_not_begun_anew_in_silence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = made_desk(tmp_path / "desk").folder
    monkeypatch.chdir(folder)
    assert run(["backup", "create"]) == 0
    shutil.rmtree(folder / "state" / "paper")
    capsys.readouterr()
    assert run(["trade", "EURUSD", "--strategy", "sma_cross", "--once"]) == 5  # there are no bars
    assert "a new paper account begins; backup-" in capsys.readouterr().err
