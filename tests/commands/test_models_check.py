"""``ictcli models check``: drift on newer bars is exit code 3, and withheld bars stay withheld."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from ictcli.__main__ import run
from ictcli.clock import NS_PER_MINUTE, parse_instant
from ictcli.config.records import Config
from ictcli.learning.checking import matured, subject_of
from ictcli.learning.lockbox import LOCKBOX_LOG, openings
from ictcli.market.bars import SeriesKey, make_bars
from ictcli.market.symbols import load_symbols
from ictcli.market.timeframes import parse_timeframe
from ictcli.models.references import REFERENCES_FILE, References
from ictcli.research.backtest import Workshop
from tests.commands.modelled_desk import DIRECTION, JUDGE, SOURCE, SYMBOL, models, store_of, variant
from tests.research.conftest import keep

Answer = dict[str, Any]


def checked(capsys: pytest.CaptureFixture[str], name: str, code: int = 0) -> Answer:
    """The document of a check; it is printed before its finding."""
    assert run(["models", "check", name, "--json"]) == code
    found: Answer = json.loads(capsys.readouterr().out.splitlines()[0]) if code == 3 else {}
    return found


def read(capsys: pytest.CaptureFixture[str], name: str) -> Answer:
    """The document of a check that finds nothing."""
    assert run(["models", "check", name, "--json"]) == 0
    found: Answer = json.loads(capsys.readouterr().out)
    return found


@pytest.mark.parametrize("name", [DIRECTION, JUDGE])
def test_a_market_that_stayed_as_it_was_is_no_finding(
    modelled: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    document = read(capsys, name)
    assert document["state"] in {"ok", "warn"}
    assert (document["first"], document["bars"]) == ("2024-01-15T00:00:00Z", 2_016)
    assert len(document["features"]) == 26
    assert [one["name"] for one in document["members"]] == ["logistic", "all together"]
    assert [one["name"] for one in document["probabilities"]] == ["logistic", "all together"]
    assert document["judged"] == (document["events"] >= 100)
    assert 0.3 < document["members"][1]["log_loss"] < 0.8
    assert document["page_hinkley"]["rings"] is False
    assert {one.kind for one in openings(modelled / "state" / LOCKBOX_LOG)} == {"learning"}


def test_no_label_of_a_withheld_bar_is_scored(modelled: Path) -> None:
    shop = Workshop(store_of(modelled), load_symbols(None), Config(), modelled)
    for name in (DIRECTION, JUDGE):
        subject = subject_of(models(modelled).load(name, "latest"), shop)
        events = matured(subject, shop)
        assert len(events)
        end = parse_instant("2024-01-15T00:00Z", now=0)
        assert subject.described.bars.ts[events.start.min()] >= end


def test_people_see_what_moved_and_whom_to_trust(modelled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models", "check", DIRECTION]) == 0
    text = capsys.readouterr().out
    for part in ("2,016 newer bars", "feature, against training", "against withheld bars", "Page-Hinkley"):
        assert part in text
    assert len(text.splitlines()) < 40


def test_a_wilder_market_is_drift(modelled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store, minute = store_of(modelled), NS_PER_MINUTE
    key = SeriesKey(SOURCE, SYMBOL, parse_timeframe("M1"))
    n, last = 20 * 1_440, store.read(key)
    rng = np.random.default_rng(1)
    close = int(last.close[-1]) + np.cumsum(rng.integers(-90, 91, n))
    opens = np.concatenate([[last.close[-1]], close[:-1]])
    ohlc = opens, np.maximum(opens, close) + 40, np.minimum(opens, close) - 40, close
    ts = int(last.ts_close[-1]) + np.arange(n, dtype=np.int64) * minute
    bars = make_bars(last.digits, ts, ts + minute, ohlc, tick_volume=np.full(n, 50))
    keep(store, key, replace(bars, spread=np.full(n, 9, np.int32)))
    assert run(["models", "check", DIRECTION, "--json"]) == 3
    out = capsys.readouterr().out
    assert '"state": "bad"' in out or '"state":"bad"' in out
    assert "has shifted" in out


def test_a_member_whose_loss_is_far_above_validation_is_bad(
    modelled: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    origin = models(modelled).load(DIRECTION, "latest")
    kept = References.decode(origin.read(REFERENCES_FILE), "x")
    better = msgspec.structs.replace(kept.combined, log_loss=0.4, deviation=0.1, independent=200.0)
    told = References(members={"logistic": better}, combined=better)
    variant(modelled, DIRECTION, "boast", {REFERENCES_FILE: told.encode()})
    assert run(["models", "check", "boast"]) == 3
    said = capsys.readouterr()
    assert "logistic: log-loss above validation, at least 0." in said.out
    assert "rings at 2024-01-1" in said.out
    assert "Train it again" in said.err


def test_without_newer_bars_there_is_nothing_to_check(
    modelled: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    origin = models(modelled).load(DIRECTION, "latest")
    report = json.loads(origin.read("training.json"))
    report["data"]["last"] = "2024-01-24T00:00:00Z"
    variant(modelled, DIRECTION, "fresh", {"training.json": json.dumps(report).encode()})
    assert run(["models", "check", "fresh"]) == 5
    assert "no bars are newer than those of fresh@" in capsys.readouterr().err
    report.pop("data")
    variant(modelled, DIRECTION, "mute", {"training.json": json.dumps(report).encode()})
    assert run(["models", "check", "mute"]) == 5
    assert "does not say what it was trained on" in capsys.readouterr().err
