"""What the pages of a running trader say as it starts, runs, stands still and is halted."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ictcli.clock import NS_PER_MINUTE, NS_PER_SECOND
from ictcli.market.calendars import calendar
from ictcli.operations.endpoints import Page
from ictcli.operations.endpoints_loop import LoopView, Surroundings
from ictcli.operations.endpoints_readiness import Expected, Patience
from ictcli.trading.control import control_folder
from ictcli.trading.latch import Latch
from tests.operations.pictures import NOON, picture


def around(state: Path, **changed: Any) -> Surroundings:
    """What does not change around a trader at noon, but for what is ``changed``."""
    whole = Surroundings(
        state=state,
        ledger="paper",
        stale_after=36 * 60 * NS_PER_MINUTE,
        series=[Expected("EURUSD", "M15", 15 * NS_PER_MINUTE, calendar("fx"))],
        patience=Patience(30 * NS_PER_SECOND, 3 * NS_PER_MINUTE),
        version="1.2.3",
        config="abc",
        now=lambda: NOON,
        lost=lambda: 4,
    )
    return replace(whole, **changed)


def told(page: Page) -> tuple[int, Any]:
    """Status code and document."""
    answer = page()
    return answer.code, json.loads(answer.body)


def test_while_it_starts_it_is_healthy_and_not_ready(tmp_path: Path) -> None:
    view = LoopView(around(tmp_path))
    assert told(view.health) == (200, {"status": "starting", "lag_seconds": None})
    code, document = told(view.ready)
    assert (code, document["ready"]) == (503, False)


def test_a_running_trader_is_healthy_and_ready(tmp_path: Path) -> None:
    view = LoopView(around(tmp_path))
    view.show(picture())
    view.beat()
    code, document = told(view.health)
    assert (code, document["status"]) == (200, "ok")
    code, document = told(view.ready)
    assert (code, document["ready"]) == (200, True)
    assert [one["check"] for one in document["checks"]] == [
        "loop", "session", "halt", "permission", "recovery", "ledger", "broker", "bars", "reconciliation",
    ]  # fmt: skip


def test_a_loop_that_stands_still_is_neither(tmp_path: Path) -> None:
    view = LoopView(around(tmp_path, patience=Patience(0, 0)))
    view.show(picture())
    assert told(view.health)[0] == 503
    assert told(view.health)[1]["status"] == "stalled"
    assert told(view.ready)[0] == 503


def test_a_halt_shows_at_once_without_the_loop(tmp_path: Path) -> None:
    view = LoopView(around(tmp_path))
    view.show(picture())
    Latch(control_folder(tmp_path)).engage("drill", "me", NOON)
    code, document = told(view.ready)
    assert code == 503
    assert [one["detail"] for one in document["checks"] if not one["ok"]] == ["halted: drill"]


def test_records_of_reconciliations_that_cannot_be_read_are_not_taken_for_good(tmp_path: Path) -> None:
    (tmp_path / "recon.db").write_bytes(b"no database, by any means" * 100)
    view = LoopView(around(tmp_path))
    view.show(picture())
    code, document = told(view.ready)
    assert code == 503
    assert [one["check"] for one in document["checks"] if not one["ok"]] == ["reconciliation"]


def test_its_metrics_tell_of_the_process_and_of_lost_lines(tmp_path: Path) -> None:
    pytest.importorskip("prometheus_client", reason="needs the extra `operate`")
    view = LoopView(around(tmp_path))
    view.show(picture())
    answer = view.metrics()
    assert answer.kind.startswith("text/plain; version=0.0.4")
    assert b"ictcli_log_lines_lost_total 4.0" in answer.body
    assert b'ictcli_ready{check="bars"} 1.0' in answer.body
    assert b"process_cpu_seconds_total" in answer.body
