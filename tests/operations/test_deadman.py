"""The dead man's switch: who is alive, who only started, who ended as told, and who is dead."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from ictcli.errors import Busy, ConfigError, DataError, SourceUnavailable
from ictcli.ledger.bodies import Filled, Stop
from ictcli.operations.alerts_ledger import Ledger, file_ledger
from ictcli.operations.deadman import Judged, alerts_of, explained, judge_all
from ictcli.operations.deadman_ping import ping
from ictcli.trading.control import control_folder
from ictcli.trading.lock import Trader, only_trader
from ictcli.trading.pulse import Pulse, pulse_file
from tests.operations.alert_desks import MINUTE, NOON, SECOND, alerts_config, write_ledger

CONFIG = alerts_config()
BOUGHT = Filled(
    deal=1, order=1, position=5, symbol="EURUSD", side=1, entry="in", volume=Decimal("0.10"),
    price=Decimal("1.1"), profit=Decimal(0), commission=Decimal(0), swap=Decimal(0), fee=Decimal(0),
    reason="expert", ts=NOON,
)  # fmt: skip


@contextmanager
def trading(state: Path, *, beat: int | None = None, mode: str = "paper") -> Iterator[None]:
    """A trader of account 7 that began at noon and gave its last heartbeat so much later."""
    control = control_folder(state)
    with only_trader(control, Trader(7, "", mode, 1, NOON)):
        if beat is not None:
            Pulse(pulse_file(control, 7)).beat(NOON + beat)
        yield


def judge(state: Path, now: int, ledger: Ledger | None = None, **values: Any) -> Judged:
    """The one account at so long after noon."""
    ledgers = {} if ledger is None else {"paper": ledger}
    (found,) = judge_all(state, alerts_config(**values), ledgers, NOON + now)
    return found


def test_where_nobody_traded_nobody_is_dead(tmp_path: Path) -> None:
    assert judge_all(tmp_path, CONFIG, {}, NOON) == []


def test_a_loop_is_alive_up_to_the_limit_and_silent_behind_it(tmp_path: Path) -> None:
    with trading(tmp_path, beat=MINUTE):
        assert judge(tmp_path, MINUTE + 90 * SECOND).life == "alive"
        assert judge(tmp_path, MINUTE + 90 * SECOND + 1).life == "silent"
        assert judge(tmp_path, MINUTE + 90 * SECOND + 1, heartbeat_after="5m").life == "alive"


def test_a_start_may_take_its_time_and_no_more(tmp_path: Path) -> None:
    Pulse(pulse_file(control_folder(tmp_path), 7)).beat(NOON - MINUTE)  # of the session before
    with trading(tmp_path):
        assert judge(tmp_path, 10 * MINUTE).life == "starting"
        assert judge(tmp_path, 10 * MINUTE + 1).life == "silent"


def test_a_session_that_ended_in_good_order_is_no_death_unless_it_must_go_on(tmp_path: Path) -> None:
    ledger = write_ledger(tmp_path / "ledger", Stop(reason="Ctrl-C"))
    with trading(tmp_path, beat=0):
        pass
    assert judge(tmp_path, MINUTE, ledger).life == "ended"
    assert judge(tmp_path, MINUTE, ledger, expected=(7,)).life == "gone"


def test_a_trader_that_was_killed_is_gone_and_critical_while_something_is_open(tmp_path: Path) -> None:
    ledger = write_ledger(tmp_path / "ledger")
    with trading(tmp_path, beat=MINUTE):
        pass
    gone = judge(tmp_path, 2 * MINUTE, ledger)
    assert (gone.life, gone.positions, gone.orders) == ("gone", 0, 0)
    (alert,) = alerts_of([gone], CONFIG, NOON)
    assert (alert.kind, alert.severity) == ("trader_gone", "warning")
    assert "last seen 2023-11-14T22:14:20Z; nothing is open" in alert.text

    write_ledger(tmp_path / "ledger", BOUGHT)
    (worse,) = alerts_of([judge(tmp_path, 2 * MINUTE, ledger)], CONFIG, NOON)
    assert (worse.severity, worse.key != alert.key) == ("critical", True)
    assert "open positions: 1, open orders: 0" in worse.text


def test_a_trader_whose_ledger_cannot_be_read_is_gone_and_critical(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_bytes(b"no database" * 500)
    with trading(tmp_path, beat=MINUTE):
        pass
    gone = judge(tmp_path, 2 * MINUTE, file_ledger("paper", tmp_path / "ledger.db"))
    (alert,) = alerts_of([gone], CONFIG, NOON)
    assert (gone.life, alert.severity) == ("gone", "critical")
    assert alert.text.endswith("what is open is not known")


@pytest.mark.parametrize(
    ("error", "code"), [(DataError("no bars"), 5), (Busy("taken"), 12), (ValueError("a bug"), 1)]
)
def test_a_trader_that_ended_itself_by_an_error_did_not_end_in_good_order(
    tmp_path: Path, error: Exception, code: int
) -> None:
    """Also where it never came so far as to write anything, and where an earlier session ended well."""
    for ledger in (None, write_ledger(tmp_path / "ledger", Stop(reason="Ctrl-C"))):
        with pytest.raises(type(error)), trading(tmp_path):
            raise error
        dead = judge(tmp_path, MINUTE, ledger)
        assert (dead.life, dead.code, dead.positions, dead.orders) == ("gone", code, 0, 0)
        (alert,) = alerts_of([dead], CONFIG, NOON)
        assert (alert.kind, alert.severity) == ("trader_gone", "warning")
        assert f"its trader ended by itself with exit code {code}, last seen" in alert.text
    with trading(tmp_path):
        assert judge(tmp_path, MINUTE, ledger).life == "starting"
    assert judge(tmp_path, MINUTE, ledger).life == "ended"


def test_a_trader_that_somebody_interrupts_is_judged_by_its_ledger(tmp_path: Path) -> None:
    ledger = write_ledger(tmp_path / "ledger", Stop(reason="Ctrl-C"))
    with pytest.raises(KeyboardInterrupt), trading(tmp_path, beat=0):
        raise KeyboardInterrupt
    assert judge(tmp_path, MINUTE, ledger).life == "ended"


def test_without_a_ledger_nobody_knows_what_a_loop_that_ran_left_open(tmp_path: Path) -> None:
    with pytest.raises(DataError), trading(tmp_path, beat=MINUTE, mode="live"):
        raise DataError("the ledger is gone")
    dead = judge(tmp_path, 2 * MINUTE)
    assert (dead.life, dead.positions, dead.orders) == ("gone", None, None)


def test_one_death_is_one_alert_and_the_next_another(tmp_path: Path) -> None:
    keys = []
    for beat in (MINUTE, MINUTE, 9 * MINUTE):
        with trading(tmp_path, beat=beat):
            judged = [judge(tmp_path, 20 * MINUTE)]
        keys += [one.key for one in alerts_of(judged, CONFIG, NOON)]
    assert keys[0] == keys[1] != keys[2]


def test_an_account_that_must_be_traded_and_never_was_is_absent(tmp_path: Path) -> None:
    absent = judge(tmp_path, 0, expected=(12,))
    assert (absent.account, absent.life, absent.dead) == (12, "absent", True)
    assert explained(absent, CONFIG, NOON) == "it must be traded, and never was"


def test_replays_are_watched_by_nobody(tmp_path: Path) -> None:
    with trading(tmp_path, mode="replay"):
        assert judge_all(tmp_path, CONFIG, {}, NOON + 60 * MINUTE) == []


class _Listener(BaseHTTPRequestHandler):
    """Whoever listens outside; what it was asked for is kept."""

    asked: list[str]

    def do_GET(self) -> None:
        type(self).asked.append(self.path)
        self.send_response(500 if "broken" in self.path else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture
def outside() -> Iterator[tuple[str, list[str]]]:
    """The address of a listener, and what it was asked for."""
    _Listener.asked = []
    server = HTTPServer(("127.0.0.1", 0), _Listener)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", _Listener.asked
    server.shutdown()
    server.server_close()


def test_a_ping_calls_the_address_and_tells_it_to_nobody(
    outside: tuple[str, list[str]], tmp_path: Path
) -> None:
    url, asked = outside
    ping("PING", {"PING": f"{url}/canary"})
    (tmp_path / "secret").write_text(f"{url}/canary2\n")
    ping("PING", {"PING_FILE": str(tmp_path / "secret")})
    assert asked == ["/canary", "/canary2"]
    for bad, why in ((f"{url}/broken-canary", "answers with 500"), ("http://127.0.0.1:9/canary", "reached")):
        with pytest.raises(SourceUnavailable, match=why) as caught:
            ping("PING", {"PING": bad})
        assert "canary" not in caught.value.message + caught.value.hint
        assert (caught.value.__cause__, caught.value.__suppress_context__) == (
            None,
            True,
        )  # nor in a traceback
    for none in ("canary", "file:///canary", "http://[canary", "http://"):
        with pytest.raises(ConfigError, match="PING holds no web address"):
            ping("PING", {"PING": none})


def test_a_live_trader_whose_books_cannot_be_read_is_critical() -> None:
    (alert,) = alerts_of([Judged(7, "live", "silent", NOON, None, None)], CONFIG, NOON)
    assert (alert.severity, alert.source) == ("critical", "desk")
