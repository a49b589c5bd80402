"""``ictcli backtest --model``: probabilities are the model's own, and nothing is scored on what it saw."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from ictcli.__main__ import run
from ictcli.config.records import Config
from ictcli.features.matrix import Matrix, build
from ictcli.features.served import served_set
from ictcli.market.bars import Bars, SeriesKey
from ictcli.market.calendars import calendar
from ictcli.market.symbols import load_symbols
from ictcli.market.timeframes import parse_timeframe
from ictcli.models.predictor import load_predictor
from ictcli.models.version import Version
from ictcli.research.playing import settings_of
from ictcli.research.series import Series
from ictcli.store.serving import serve_bars
from tests.commands.modelled_desk import (
    DIRECTION,
    JUDGE,
    NEW,
    PARAMS,
    SEEN,
    SOURCE,
    SYMBOL,
    models,
    store_of,
    variant,
)

Answer = dict[str, Any]
TAKES_SOME = {"low": -1.0, "high": 0.25}
"""Thresholds between the probabilities that the strategy's model gives here."""


def asked(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> Answer:
    """The document of a command."""
    assert run(["backtest", *arguments, "--json"]) == code
    found: Answer = json.loads(capsys.readouterr().out)
    return found


def refused(capsys: pytest.CaptureFixture[str], *arguments: str, code: int) -> tuple[str, str]:
    """Message and hint of a refusal."""
    error = asked(capsys, *arguments, code=code)["error"]
    return error["message"], error["hint"]


def signals_of(desk: Path, document: Answer) -> pa.Table:
    """The decisions of a run."""
    found = store_of(desk).runs.load(document["run"]).table("signals")
    assert found is not None
    return found


def described(desk: Path) -> tuple[Bars, Matrix]:
    """All bars, and their features by a plain pass over them."""
    spec = load_symbols(None).require(SYMBOL)
    key = SeriesKey(SOURCE, SYMBOL, parse_timeframe("M5"))
    stored = SeriesKey(SOURCE, SYMBOL, parse_timeframe("M1"))
    bars = serve_bars(store_of(desk), stored, key.timeframe, calendar(spec.calendar))
    settings = settings_of(Series(key, stored, "", spec, bars), Config())
    return bars, build(served_set("core26"), bars, settings)


def own_numbers(desk: Path, version: Version, signals: pa.Table) -> tuple[list[float], list[float]]:
    """Probabilities of a run's entries, and what the predictor says of the same bars and sides."""
    bars, matrix = described(desk)
    rows = signals.filter(pc.is_valid(signals.column("probability")))
    at = rows.column("signal_at").cast(pa.int64()).to_numpy() * 1000
    where = np.searchsorted(bars.ts_close, at)
    assert np.array_equal(bars.ts_close[where], at)
    sides = np.array([1.0 if side == "long" else -1.0 for side in rows.column("side").to_pylist()])
    extra = sides.reshape(-1, 1) if version.card.extra else np.zeros((len(at), 0))
    said = load_predictor(version).probabilities(matrix.values, where, extra)
    own = said if version.card.extra else np.where(sides > 0, said, 1.0 - said)
    return rows.column("probability").to_pylist(), own.tolist()


def test_entries_carry_the_predictor_s_own_numbers_and_those_below_its_threshold_are_not_taken(
    modelled: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    judge = variant(modelled, JUDGE, "judge", thresholds=TAKES_SOME)
    plain = asked(capsys, SYMBOL, "-t", "M5", *PARAMS, "--start", NEW)
    document = asked(capsys, SYMBOL, "--model", "judge@latest", *PARAMS, "--start", NEW)
    signals = signals_of(modelled, document)
    given, own = own_numbers(modelled, judge, signals)
    assert given == own
    no = signals.filter(pc.equal(signals.column("reason"), "model says no"))
    entries = signals.filter(pc.equal(signals.column("kind"), "enter"))
    assert len(no) > 0 < len(entries)
    assert len(no) + len(entries) == plain["series"][0]["signals"]
    assert pc.max(no.column("probability")).as_py() < 0.25 <= pc.min(entries.column("probability")).as_py()
    assert no.column("kind").unique().to_pylist() == ["note"]
    assert document["series"][0]["signals"] == len(entries)


def test_a_direction_is_traded_without_a_strategy_as_far_as_its_labels_reach(
    modelled: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    variant(modelled, DIRECTION, "way", thresholds={"low": 0.48, "high": 0.5})
    document = asked(capsys, "--model", "way@latest", "--start", NEW)
    assert (document["strategy"], document["timeframe"]) == ("forecast", "M5")
    assert document["params"] == {"target": 3.0, "stop": 3.0, "horizon": 24, "volatility_bars": 100}
    signals = signals_of(modelled, document)
    given, own = own_numbers(modelled, models(modelled).load("way", "latest"), signals)
    assert given == own
    assert pc.min(signals.column("signal_at")).as_py().isoformat() < "2024-01-15T01"  # nothing warms up
    trades = store_of(modelled).runs.load(document["run"]).table("trades")
    assert trades is not None
    assert set(trades.column("side").to_pylist()) == {"long", "short"}
    assert pc.max(trades.column("bars_held")).as_py() <= 25  # the last one is left at its open
    lone = asked(capsys, "--model", "way@latest", "--param", "stop=1", "--start", NEW, code=2)
    assert "has no parameter 'stop'" in lone["error"]["message"]


def test_the_same_run_has_the_same_hash_and_another_threshold_another(
    modelled: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    variant(modelled, JUDGE, "judge", thresholds=TAKES_SOME)
    variant(modelled, JUDGE, "other", thresholds={"low": -1.0, "high": 0.26})
    ask = (SYMBOL, "-t", "M5", *PARAMS, "--start", NEW)
    plain = asked(capsys, *ask)
    first, second = (asked(capsys, *ask, "--model", "judge@latest") for _ in range(2))
    other = asked(capsys, *ask, "--model", "other@latest")
    assert first["content_hash"] == second["content_hash"]
    assert first["trial"] == second["trial"]
    assert len({one["content_hash"] for one in (plain, first, other)}) == 3
    assert len({one["trial"] for one in (plain, first, other)}) == 3
    assert "model" not in plain["strategies"][0]
    model = first["strategies"][0]["model"]
    assert model["model"].startswith("judge@")
    assert (model["high"], len(model["content"])) == (0.25, 64)


def test_kelly_bets_more_on_a_higher_probability(
    modelled: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    variant(modelled, DIRECTION, "way", thresholds={"low": 0.45, "high": 0.55})
    sizing = {"METHOD": "kelly", "KELLY_SHARE": "0.02", "THROTTLE": "0", "COMPOUND": "false"}
    for key, value in sizing.items():
        monkeypatch.setenv(f"ICTCLI_SIZING__{key}", value)
    document = asked(capsys, "--model", "way@latest", "--start", NEW)
    kept = store_of(modelled).runs.load(document["run"])
    trades, signals = kept.table("trades"), kept.table("signals")
    assert trades is not None
    assert signals is not None
    bars, _ = described(modelled)
    setups = {one["setup_number"]: one for one in signals.to_pylist() if one["outcome"] == "filled"}
    lots = []
    for row in trades.to_pylist():
        signal, side = setups[row["setup_number"]], 1 if row["side"] == "long" else -1
        at = int(np.searchsorted(bars.ts_close, int(signal["signal_at"].timestamp()) * 10**9))
        planned = int(bars.close[at]) + (int(bars.spread[at]) if side > 0 else 0)
        gain = side * (float(signal["target"]) * 1e5 - planned) - 7  # USD a lot; commission 3.50 a side
        loss = side * (planned - float(signal["stop"]) * 1e5) + 7
        p = signal["probability"]
        lots.append(0.02 * (p - (1 - p) * loss / gain) * 100_000 / loss)
    assert len(lots) > 10
    assert [float(one) for one in trades["volume"].to_pylist()] == pytest.approx(
        lots, abs=0.02
    )  # a step of rounding down, or two
    assert max(lots) > 1.5 * min(lots)
    plain = asked(capsys, SYMBOL, "-t", "M5", *PARAMS, "--start", NEW)
    assert set(plain["series"][0]["refusals"]) == {"no_probability"}


def test_bars_that_the_model_saw_are_refused_with_both_spans(
    modelled: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    card = models(modelled).load(JUDGE, "latest").card
    message, hint = refused(capsys, SYMBOL, "--model", f"{JUDGE}@latest", *PARAMS, code=11)
    assert "model scored on data it saw" in message
    assert "from 2024-01-01T23:00:00Z to 2024-01-1" in message
    assert "2024-01-24T00:00:00Z is traded" in message
    assert hint.startswith("Add --start 2024-01-1")
    assert card.lockbox_from is not None


def test_the_lockbox_is_traded_only_after_it_was_opened_for_the_version(
    modelled: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ask = ("--model", f"{DIRECTION}@latest", "--start", "2024-01-14", "--end", "2024-01-17")
    message, hint = refused(capsys, *ask, code=11)
    assert "the lockbox of EURUSD-M5-barriers@" in message
    assert "--open-lockbox" in hint
    learn = ("--model", "logistic", "--folds", "2", "--every", "3", "--end", SEEN, "-q")
    assert run(["train", SYMBOL, "-t", "M5", *learn, "--open-lockbox"]) == 0
    capsys.readouterr()
    assert asked(capsys, *ask)["strategy"] == "forecast"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((SYMBOL, "--model", JUDGE, *PARAMS), 5, "has no champion"),
        ((SYMBOL, "--model", "nope", *PARAMS), 5, "no model 'nope' is stored"),
        (
            ("XAUUSD", "--model", f"{JUDGE}@latest", *PARAMS),
            4,
            "for sim/EURUSD/M5, not for sim/XAUUSD/M5",
        ),
        ((SYMBOL, "-t", "M15", "--model", f"{JUDGE}@latest", *PARAMS), 4, "not for sim/EURUSD/M15"),
        ((SYMBOL, "--model", f"{JUDGE}@latest", "--strategy", "breaker"), 4, "fvg_retest, not for breaker"),
        ((SYMBOL, "--model", f"{JUDGE}@latest", "--strategy", "fvg_retest"), 4, "with windows=''"),
        (
            (SYMBOL, "--model", f"{DIRECTION}@latest", *PARAMS),
            4,
            "of the market, not for fvg_retest",
        ),
        ((SYMBOL, "--model", f"{JUDGE}@latest"), 2, "judges the signals of fvg_retest"),
        ((SYMBOL, "--model", f"{JUDGE}@latest", *PARAMS, "--strategy", "breaker"), 2, "judges one strategy"),
        ((SYMBOL, "--model", JUDGE, *PARAMS, "--sweep", "hold=1,2"), 2, "a search tries many"),
        ((SYMBOL, "--model", DIRECTION, "--check-lookahead"), 2, "replays a strategy"),
        ((SYMBOL,), 2, "nothing to trade"),
    ],
)
def test_what_a_model_was_not_made_for_is_refused_by_name(
    modelled: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], code: int, words: str
) -> None:
    message, hint = refused(capsys, *arguments, "--start", NEW, code=code)
    assert words in message
    assert hint
    assert not list((modelled / "data" / "runs").glob("2*"))


def test_other_features_than_the_model_s_and_damaged_files_are_refused(
    modelled: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = (SYMBOL, "--model", f"{JUDGE}@latest", *PARAMS, "--start", NEW)
    monkeypatch.setenv("ICTCLI_DETECT__ATR_LENGTH", "20")
    assert "wrong feature set" in refused(capsys, *ask, code=5)[0]
    monkeypatch.delenv("ICTCLI_DETECT__ATR_LENGTH")
    version = models(modelled).load(JUDGE, "latest")
    path = version.folder / "calibration.json"
    path.chmod(0o600)
    path.write_bytes(path.read_bytes() + b" ")
    assert "calibration.json" in refused(capsys, *ask, code=5)[0]


def test_why_and_report_name_the_model(modelled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    variant(modelled, JUDGE, "judge", thresholds={"low": -1.0, "high": 1.0})
    assert run(["backtest", SYMBOL, "--model", "judge@latest", *PARAMS, "--start", NEW, "--costs"]) == 0
    assert "fvg_retest with model judge@" in capsys.readouterr().out
    (name,) = store_of(modelled).runs.list()
    signals = store_of(modelled).runs.load(name).table("signals")
    assert signals is not None
    no = signals.filter(pc.equal(signals.column("reason"), "model says no"))
    moment = no.column("signal_at")[0].as_py().isoformat()
    assert run(["report", "--why", SYMBOL, moment]) == 0
    text = capsys.readouterr().out
    assert "model says no (p = 0." in text
    assert "fvg_retest with model judge@" in text
    assert run(["report", "--why", SYMBOL, moment, "--json"]) == 0
    (model,) = json.loads(capsys.readouterr().out)["models"]
    assert model["model"].startswith("judge@")
    assert run(["report"]) == 0
    assert "with model judge@" in capsys.readouterr().out
