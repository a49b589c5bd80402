"""A terminal as a source: closed bars and ticks, in UTC, once each, through the ordinary judging."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from ictcli.__main__ import run
from ictcli.clock import NS_PER_HOUR, NS_PER_MINUTE, NS_PER_SECOND, iso, now_ns
from ictcli.config.records import FetchConfig, Mt5Source
from ictcli.config.trading import BrokerConfig
from ictcli.errors import ConfigError, DataError, SourceUnavailable, UsageError
from ictcli.market.bars import Int64, SeriesKey
from ictcli.market.timeframes import TICK, parse_timeframe
from ictcli.sources.mt5_source import TerminalSource
from ictcli.sources.source import Harvest, Request, Surroundings
from ictcli.sources.terminal_reads import Patience
from ictcli.store.store import Store
from ictcli.terminals.bridge.server import BridgeServer
from ictcli.terminals.child import child_terminal
from ictcli.terminals.constants import ErrorCode
from ictcli.terminals.structs import RATES_DTYPE, TICKS_DTYPE
from ictcli.terminals.times import NS_PER_MS, ServerClock
from ictcli.workspace import create
from tests.sources.ingesting import BOOK, MONDAY, weekday_minutes
from tests.terminals.played import FACTORY, ROOT, PlayedTerminal

TOKEN = "a-token-of-some-length"
ENVIRON = {"ICTCLI_BRIDGE_TOKEN": TOKEN}
START = "2024-06-03"
QUICK = Patience(attempts=4, first=0.001, longest=0.002, looks=2, look=0.0)
M1 = parse_timeframe("M1")


def rates(ts: Int64, rule: str = "ny+7") -> "np.ndarray[Any, np.dtype[Any]]":
    """Bars of a gently moving EURUSD as a terminal has them, from UTC opens."""
    clock = ServerClock(rule)
    rows = np.zeros(len(ts), RATES_DTYPE)
    rows["time"] = [clock.shown_s(int(each)) for each in ts]
    steps = np.cumsum(np.random.default_rng(4).integers(-4, 5, len(ts)))
    rows["open"] = (108_500 + np.concatenate([[0], steps[:-1]])) / 1e5
    rows["close"] = (108_500 + steps) / 1e5
    rows["high"] = np.maximum(rows["open"], rows["close"]) + 2e-5
    rows["low"] = np.minimum(rows["open"], rows["close"]) - 2e-5
    rows["tick_volume"] = 20 + np.arange(len(ts)) % 9
    rows["spread"] = 6
    return rows


@dataclass
class Scene:
    """A terminal behind a bridge, a store, and what was said."""

    folder: Path
    module: PlayedTerminal
    port: int
    now: int
    warnings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def store(self) -> Store:
        return Store(self.folder / "data", self.folder / "state", 0)

    def serve(self, symbol: str, rows: Any, name: str = "M1") -> None:
        np.save(self.folder / f"{symbol}.{name}.npy", rows)

    def at(self, now: int, rule: str = "ny+7") -> None:
        """Let it be ``now``, with a quote of a second ago by a server on ``rule``."""
        self.now = now
        self.module.tick_msc = ServerClock(rule).shown(now - NS_PER_SECOND) // NS_PER_MS

    def around(self, **broker: Any) -> Surroundings:
        config = BrokerConfig(**{"terminal": "bridge", "port": self.port, **broker})
        return Surroundings(
            self.store, BOOK, FetchConfig(), now=MONDAY, warn=self.warnings.append, note=self.notes.append,
            brokers={"desk": config}, environ=ENVIRON,
        )  # fmt: skip

    def fetch(
        self, request: Request | None = None, config: Mt5Source | None = None, **broker: Any
    ) -> Harvest:
        table = config or Mt5Source(symbols=("EURUSD",), start=START)
        source = TerminalSource("broker", table, patience=QUICK, now=lambda: self.now)
        return source.fetch(request or Request(), self.around(**broker))

    def one(self, request: Request | None = None, config: Mt5Source | None = None, **broker: Any) -> Any:
        harvest = self.fetch(request, config, **broker)
        for failure in harvest.failures:
            raise failure.error
        (report,) = harvest.reports
        return report

    def bars(self, frame: str = "M1") -> Any:
        return self.store.read(SeriesKey("broker", "EURUSD", parse_timeframe(frame)))


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    module = PlayedTerminal(str(tmp_path))
    server = BridgeServer(module, "127.0.0.1", 0, TOKEN)
    thread = threading.Thread(target=server.serve)
    thread.start()
    made = Scene(tmp_path, module, server.port, MONDAY)
    yield made
    server.stop()
    thread.join(5)


def test_closed_bars_are_stored_in_utc_and_the_forming_one_is_not(scene: Scene) -> None:
    ts = weekday_minutes(500)
    scene.serve("EURUSD", rates(ts))
    scene.at(int(ts[-1]) + 30 * NS_PER_SECOND)
    report = scene.one()
    assert report.added == 499
    bars = scene.bars()
    assert bars.ts.tolist() == ts[:-1].tolist()
    assert bars.digits == 5
    assert bars.close[0] == round(float(rates(ts)["close"][0]) * 1e5)
    assert bars.spread.tolist() == [6] * 499
    (delivery,) = report.deliveries
    assert (delivery.clock.rule, delivery.clock.by) == ("ny+7", "confirmed")
    assert delivery.clock.evidence == ("a quote 1 s from our clock",)
    assert scene.warnings == []


def test_a_clock_change_inside_the_span_moves_the_stamps_and_not_the_bars(scene: Scene) -> None:
    friday = MONDAY - 87 * 24 * NS_PER_HOUR  # 2024-03-08, the last trading day of New York's winter
    ts = friday + np.arange(5 * 24 * 60, dtype=np.int64) * NS_PER_MINUTE
    ny_hour = (ts - friday) // NS_PER_HOUR
    ts = ts[(ny_hour < 22) | (ny_hour >= 69)]  # Friday 22:00 UTC; Sunday 21:00 UTC, already summer
    scene.serve("EURUSD", rates(ts))
    scene.at(int(ts[-1]) + 10 * NS_PER_MINUTE)
    assert scene.one(config=Mt5Source(symbols=("EURUSD",), start="2024-03-08")).added == len(ts)
    assert scene.bars().ts.tolist() == ts.tolist()


@pytest.mark.parametrize("minutes", [20, 75, 95, 130, 175, 300])
def test_an_hour_that_the_clock_shows_twice_is_told_apart_whenever_it_is_fetched(
    scene: Scene, minutes: int
) -> None:
    change = (
        MONDAY + 153 * 24 * NS_PER_HOUR + 5 * NS_PER_HOUR
    )  # 2024-11-03 05:00 UTC, 08:00 for the first time
    ts = change - NS_PER_HOUR + np.arange(400, dtype=np.int64) * NS_PER_MINUTE
    table, rows = Mt5Source(symbols=("BTCUSD",), start="2024-11-01"), rates(ts)
    for name in ("open", "high", "low", "close"):
        rows[name] = np.round(rows[name] * 1000, 2)
    for have in (minutes, 400):
        scene.serve("BTCUSD", rows[:have])
        scene.at(int(ts[have - 1]))
        scene.one(config=table)
    stored = scene.store.read(SeriesKey("broker", "BTCUSD", M1))
    assert stored.ts.tolist() == ts[:-1].tolist()


def test_the_last_bar_counts_once_the_market_is_closed(scene: Scene) -> None:
    ts = weekday_minutes(300)
    scene.serve("EURUSD", rates(ts))
    scene.at(int(ts[-1]) + 4 * NS_PER_MINUTE)
    assert scene.one().added == 300


def test_the_next_fetch_adds_what_is_new_and_the_one_after_adds_nothing(scene: Scene) -> None:
    ts = weekday_minutes(900)
    scene.serve("EURUSD", rates(ts)[:400])
    scene.at(int(ts[399]))
    assert scene.one().added == 399
    scene.serve("EURUSD", rates(ts))
    scene.at(int(ts[899]))
    second = scene.one()
    assert (second.added, second.unchanged, second.revised) == (500, 1, 0)
    generation = scene.store.manifest(SeriesKey("broker", "EURUSD", M1))
    third = scene.one()
    assert third.up_to_date
    assert third.deliveries[0].up_to_date
    assert scene.store.manifest(SeriesKey("broker", "EURUSD", M1)) == generation
    assert generation is not None
    assert len(generation.inputs) == 1
    assert (generation.inputs[0].ts_min, generation.inputs[0].ts_max) == (ts[0], ts[898])
    assert scene.bars().ts.tolist() == ts[:-1].tolist()


def test_a_terminal_that_warms_up_is_asked_again(scene: Scene) -> None:
    ts = weekday_minutes(50)
    scene.serve("EURUSD", rates(ts))
    scene.at(int(ts[-1]))
    scene.module.warm_up = QUICK.attempts - 1
    assert scene.one().added == 49


def test_a_terminal_that_keeps_failing_is_unreachable(scene: Scene) -> None:
    scene.serve("EURUSD", rates(weekday_minutes(50)))
    scene.at(MONDAY + NS_PER_HOUR)
    scene.module.warm_up = 1000
    with pytest.raises(SourceUnavailable, match=r"failed 4 times, last with: Terminal: Call failed \(-1\)"):
        scene.one()
    assert scene.store.manifests() == []


def test_no_rows_are_no_failure_to_answer(scene: Scene) -> None:
    scene.serve("EURUSD", rates(weekday_minutes(50)))
    scene.at(MONDAY + 100 * NS_PER_HOUR)
    with pytest.raises(DataError, match="the terminal has no closed bars"):
        scene.one(Request(start=MONDAY + 50 * NS_PER_HOUR))


@pytest.mark.parametrize("code", [ErrorCode.S_OK, ErrorCode.E_NOT_FOUND])
def test_a_build_that_says_none_where_there_is_nothing_is_understood(scene: Scene, code: ErrorCode) -> None:
    scene.module.nothing = code
    ts = weekday_minutes(300)
    scene.serve("EURUSD", rates(ts))
    scene.at(int(ts[-1]))
    assert scene.one(config=Mt5Source(symbols=("EURUSD",), start="2023-01-01")).added == 299


@pytest.mark.parametrize("code", [ErrorCode.S_OK, ErrorCode.E_NOT_FOUND])
def test_days_without_ticks_are_no_failure_but_days_with_bars_and_no_ticks_are(
    scene: Scene, code: ErrorCode
) -> None:
    scene.module.nothing = code
    early, late = ticks(50), ticks(50)
    for name, unit in (("time", 1), ("time_msc", 1000)):
        late[name] += 4 * 86_400 * unit
    scene.serve("EURUSD", np.concatenate([early, late]), "TICK")
    scene.at(MONDAY + 98 * NS_PER_HOUR)
    both = np.array([MONDAY, MONDAY + 96 * NS_PER_HOUR])
    scene.serve("EURUSD", rates(both))
    assert scene.one(Request(timeframe=TICK)).added == 100
    scene.serve("EURUSD", rates(np.sort(np.append(both, MONDAY + 48 * NS_PER_HOUR))))
    scene.module.folder.joinpath("data").rename(scene.folder / "before")
    with pytest.raises(SourceUnavailable, match="the terminal failed 4 times"):
        scene.one(Request(timeframe=TICK))


def test_a_span_asked_for_is_kept_to(scene: Scene) -> None:
    ts = weekday_minutes(300)
    scene.serve("EURUSD", rates(ts))
    scene.at(int(ts[-1]) + NS_PER_HOUR)
    assert scene.one(Request(start=int(ts[100]), end=int(ts[200]))).added == 100
    assert scene.bars().ts.tolist() == ts[100:200].tolist()


def test_spans_join_without_a_hole(scene: Scene) -> None:
    ts = weekday_minutes(300)
    scene.serve("EURUSD", rates(ts))
    scene.at(int(ts[-1]) + NS_PER_HOUR)
    scene.one(Request(start=int(ts[100]), end=int(ts[150])))
    assert scene.one(Request(start=int(ts[200]), end=int(ts[250]))).added == 100
    earlier = scene.one(Request(start=int(ts[20]), end=int(ts[30])))
    assert (earlier.added, earlier.unchanged) == (80, 150)
    assert scene.bars().ts.tolist() == ts[20:250].tolist()
    assert scene.one(Request(start=int(ts[60]))).added == 50
    manifest = scene.store.manifest(SeriesKey("broker", "EURUSD", M1))
    assert manifest is not None
    (record,) = manifest.inputs
    assert (record.name, record.ts_min, record.ts_max) == ("Played-Demo EURUSD M1", ts[20], ts[299])


def test_a_damaged_part_is_fetched_again(scene: Scene) -> None:
    ts = weekday_minutes(300)
    scene.serve("EURUSD", rates(ts))
    scene.at(int(ts[-1]) + NS_PER_HOUR)
    scene.one()
    before = scene.bars()
    (part,) = (scene.folder / "data").rglob("*.parquet")
    part.unlink()
    scene.one(Request(start=int(ts[200])))
    assert scene.bars().ts.tolist() == before.ts.tolist()
    assert any("made again" in note for note in scene.notes)


def test_symbols_go_by_the_brokers_name_and_are_stored_by_ours(scene: Scene) -> None:
    ts = weekday_minutes(60)
    scene.serve("EURUSD.r", rates(ts))
    scene.at(int(ts[-1]))
    with pytest.raises(DataError, match=r"brokers\.desk has no symbol EURUSD") as caught:
        scene.one()
    assert "[brokers.desk.symbols]" in caught.value.hint
    assert scene.one(symbols={"EURUSD": "EURUSD.r"}).added == 59
    assert len(scene.bars()) == 59


def test_a_symbol_that_is_not_there_stops_no_other(scene: Scene) -> None:
    ts = weekday_minutes(60)
    scene.serve("EURUSD", rates(ts))
    scene.at(int(ts[-1]))
    harvest = scene.fetch(Request(symbols=("GBPUSD", "EURUSD")))
    assert [failure.what for failure in harvest.failures] == ["GBPUSD"]
    assert [report.added for report in harvest.reports] == [59]


def test_a_clock_that_a_quote_contradicts_dates_nothing(scene: Scene) -> None:
    ts = weekday_minutes(60)
    scene.serve("EURUSD", rates(ts, "utc+05:00"))
    scene.at(int(ts[-1]), "utc+05:00")
    with pytest.raises(DataError, match="quotes are 2 hours ahead of our clock by ny"):
        scene.one()
    assert scene.one(server_tz="+05:00").added == 59
    assert scene.bars().ts.tolist() == ts[:-1].tolist()


def test_a_closed_market_confirms_no_clock_and_that_is_said(scene: Scene) -> None:
    ts = weekday_minutes(60)
    scene.serve("EURUSD", rates(ts))
    scene.at(int(ts[-1]))
    scene.now += 40 * NS_PER_HOUR
    report = scene.one()
    assert report.deliveries[0].clock.by == "given"
    assert scene.notes == [
        "brokers.desk: clock ny+7 not confirmed: the last quote is 2400 minutes old by ny+7"
    ]
    assert any("taken as given and was not checked" in warning for warning in scene.warnings)


def test_bars_beyond_the_terminals_limit_are_missed_aloud(scene: Scene) -> None:
    ts = weekday_minutes(300)
    scene.serve("EURUSD", rates(ts))
    scene.at(int(ts[-1]))
    scene.module.maxbars = 200
    assert scene.one().added == 199
    (warning,) = scene.warnings
    assert "begins at 2024-06-03T01:40:00Z, because the terminal keeps 200 bars" in warning


def test_a_hole_between_what_is_stored_and_what_is_delivered_is_told(scene: Scene) -> None:
    ts = weekday_minutes(600)
    scene.serve("EURUSD", rates(ts)[:200])
    scene.at(int(ts[199]))
    scene.one()
    scene.serve("EURUSD", rates(ts))
    scene.module.maxbars = 300
    scene.at(int(ts[-1]))
    assert scene.one().added == 299
    assert any("nothing between the stored data" in warning for warning in scene.warnings)


def test_bad_rows_are_quarantined_like_those_of_files(scene: Scene) -> None:
    ts = weekday_minutes(100)
    rows = rates(ts)
    rows["high"][40] = 0.9
    rows["close"][50] = np.nan
    scene.serve("EURUSD", rows)
    scene.at(int(ts[-1]))
    report = scene.one()
    assert report.added == 97
    assert report.quarantined == {"ohlc_violation": 1, "nan_or_inf": 1}


def test_a_terminal_of_another_server_is_not_mixed_in(scene: Scene) -> None:
    ts = weekday_minutes(60)
    scene.serve("EURUSD", rates(ts))
    scene.at(int(ts[-1]))
    scene.one()
    renamed = scene.module.account_info()._asdict() | {"server": "Other-Live"}
    scene.module.account_info = lambda: type(before)(renamed.values())  # type: ignore[method-assign]
    before = PlayedTerminal().account_info()
    with pytest.raises(DataError, match="not data of Other-Live"):
        scene.one()


REAL = [
    ("BTCUSD_M1_ftmo", "BTCUSD", "M1", "ny+7"),  # day and night through New York's change of March 2026
    ("EURUSD_M1_brokerG201908", "EURUSD", "M1", "eet"),
]


@pytest.mark.parametrize(("name", "symbol", "frame", "rule"), REAL)
def test_a_recorded_series_arrives_as_it_was_recorded(
    scene: Scene, real_data: Path, name: str, symbol: str, frame: str, rule: str
) -> None:
    recorded = pl.read_parquet(real_data / "bars" / f"{name}.parquet")
    rows = np.zeros(len(recorded), RATES_DTYPE)
    rows["time"] = recorded["ts_raw"].dt.epoch("s").to_numpy()
    for column in ("open", "high", "low", "close"):
        rows[column] = recorded[column].to_numpy()
    rows["tick_volume"] = 1
    ts = recorded["ts"].dt.epoch("ns").to_numpy()
    scene.serve(symbol, rows, frame)
    scene.at(int(ts[-1]) + NS_PER_HOUR, rule)
    table = Mt5Source(symbols=(symbol,), timeframe="M1", start=iso(int(ts[0])))
    report = scene.one(config=table, server_tz=rule)
    bars = scene.store.read(SeriesKey("broker", symbol, parse_timeframe(frame)))
    assert report.added + sum(report.quarantined.values()) == len(recorded)
    assert sum(report.quarantined.values()) <= 5
    kept = np.isin(ts, bars.ts)
    assert len(bars) == np.count_nonzero(kept)
    scale = 10**bars.digits
    assert bars.close.tolist() == np.rint(recorded["close"].to_numpy()[kept] * scale).astype(int).tolist()
    assert report.deliveries[0].clock.by == "confirmed"


def ticks(n: int) -> "np.ndarray[Any, np.dtype[Any]]":
    """Ticks 700 ms apart from Monday on, now and then two in one millisecond."""
    rows = np.zeros(n, TICKS_DTYPE)
    apart = np.where(np.arange(n) % 10 == 9, 0, 700)
    rows["time_msc"] = ServerClock("ny+7").shown(MONDAY) // NS_PER_MS + np.cumsum(apart)
    rows["time"] = rows["time_msc"] // 1000
    rows["bid"] = 1.085 + (np.arange(n) % 7) / 1e5
    rows["ask"] = rows["bid"] + 6e-5
    rows["flags"] = 6
    return rows


@pytest.mark.parametrize("known", [1999, 2000, 2001])
def test_ticks_are_stored_once_each(scene: Scene, known: int) -> None:
    rows = ticks(3000)
    scene.serve("EURUSD", rows[:known], "TICK")
    scene.serve("EURUSD", rates(weekday_minutes(60)))
    scene.at(MONDAY + NS_PER_HOUR)
    request = Request(timeframe=TICK)
    scene.one(request)
    scene.serve("EURUSD", rows, "TICK")
    scene.one(request)
    assert scene.one(request).up_to_date
    stored = scene.store.read_ticks(SeriesKey("broker", "EURUSD", TICK))
    instants = MONDAY + (rows["time_msc"] - rows["time_msc"][0] + 700) * NS_PER_MS
    assert stored.ts.tolist() == instants.tolist()
    assert stored.bid[0] == 108_500


def test_longer_bars_than_a_day_are_doubted_where_the_server_cuts_them_elsewhere(scene: Scene) -> None:
    days = MONDAY + np.arange(4, dtype=np.int64) * 24 * NS_PER_HOUR
    rows = rates(days, "utc")
    scene.serve("EURUSD", rows, "D1")
    scene.at(int(days[-1]) + NS_PER_HOUR, "utc")
    report = scene.one(Request(timeframe=parse_timeframe("D1"), force=True), server_tz="utc")
    assert report.added == 3
    assert any("cut at its midnight (utc), not at 17:00 New York" in text for text in scene.warnings)


def hung_once(folder: Path) -> Callable[..., Any]:
    def open_child(*given: Any) -> Any:
        return child_terminal(0.4, FACTORY, {"folder": str(folder), "hang_once": str(folder / "hung")})

    return open_child


def test_a_terminal_that_hangs_is_started_anew_and_asked_again(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    ts = weekday_minutes(60)
    scene.serve("EURUSD", rates(ts))
    scene.now = int(ts[-1])
    table = Mt5Source(symbols=("EURUSD",), start=START)
    opener = hung_once(scene.folder)
    source = TerminalSource("broker", table, opener, QUICK, now=lambda: scene.now)
    (report,) = source.fetch(Request(), scene.around()).reports
    assert report.added == 59
    assert (scene.folder / "hung").exists()


@pytest.mark.parametrize(
    ("table", "error", "said"),
    [
        (Mt5Source(), UsageError, "nothing says which symbols"),
        (Mt5Source(symbols=("EURUSD",), broker="absent"), ConfigError, "there is no table brokers.absent"),
    ],
)
def test_what_is_not_said_is_asked_for(
    scene: Scene, table: Mt5Source, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        scene.fetch(config=table)


def test_without_a_terminal_in_the_config_nothing_can_be_fetched(scene: Scene) -> None:
    with pytest.raises(ConfigError, match="nothing says which terminal"):
        scene.fetch(terminal="simulated")


def test_the_command_fetches_from_a_bridge_and_tells_an_absent_one_by_its_exit_code(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = scene.folder / "desk"
    create(desk)
    with (desk / "config" / "ictcli.toml").open("a", encoding="utf-8") as config:
        config.write(f'\n[brokers.lab]\nterminal = "bridge"\nport = {scene.port}\n')
        config.write(f'\n[sources.lab]\nkind = "mt5"\nsymbols = ["EURUSD"]\nstart = "{START}"\n')
    monkeypatch.chdir(desk)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(scene.folder))
    monkeypatch.setenv("ICTCLI_BRIDGE_TOKEN", TOKEN)
    scene.serve("EURUSD", rates(weekday_minutes(2000)))
    scene.at(now_ns())
    assert run(["fetch"]) == 0
    assert "lab/EURUSD/M1" in capsys.readouterr().out
    assert run(["fetch", "EURUSD", "--source", "mt5", "--label", "other", "--start", START]) == 0
    assert run(["fetch", "EURUSD", "--source", "mt5", "--years", "2"]) == 2
    monkeypatch.setenv("ICTCLI_BRIDGE_TOKEN", "another-token-entirely")
    capsys.readouterr()
    assert run(["fetch", "--source", "lab"]) == 6
    assert "wrong token" in capsys.readouterr().err
