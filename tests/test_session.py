"""The session: workspace, provenance, one time per run."""

from pathlib import Path

import pytest

from ictcli import __version__
from ictcli.config.loading import fingerprint
from ictcli.session import Session, find_workspace
from ictcli.workspace import create


def test_without_a_config_the_start_is_the_workspace(tmp_path: Path) -> None:
    assert find_workspace(tmp_path) == tmp_path


def test_the_nearest_config_wins(tmp_path: Path) -> None:
    create(tmp_path)
    create(tmp_path / "inner")
    (tmp_path / "inner" / "deep").mkdir()
    assert find_workspace(tmp_path / "inner" / "deep") == tmp_path / "inner"


def test_a_run_has_one_time() -> None:
    session = Session([], {})
    assert session.now == session.now


def test_provenance_says_what_produced_an_artefact(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    session = Session(["fetch", "EURUSD"], {"XDG_CONFIG_HOME": str(tmp_path)})
    found = session.provenance()
    assert found["argv"] == ["fetch", "EURUSD"]
    assert found["config"] == fingerprint(session.config.config)
    assert found["version"] == __version__
    assert found["time"].endswith("Z")


def test_the_store_knows_the_primary_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    session = Session([], {"XDG_CONFIG_HOME": str(tmp_path), "ICTCLI_PRIMARY__XAUUSD": "broker"})
    assert session.store.primary_sources == {"XAUUSD": "broker"}
    assert session.store.data_dir == tmp_path / "data"


def test_provenance_names_the_variables_that_changed_the_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    given = {
        "XDG_CONFIG_HOME": str(tmp_path),
        "ICTCLI_RISK__DAILY_LOSS": "0.02",
        "ICTCLI_METRICS__TOKEN_ENV": "ELSEWHERE",
        "ICTCLI_LEDGER_URL": "sqlite:///x",
    }
    session = Session(["backtest", "EURUSD"], given)
    assert session.provenance()["environment"] == {
        "ICTCLI_METRICS__TOKEN_ENV": "…",
        "ICTCLI_RISK__DAILY_LOSS": "0.02",
    }
