"""The text file of a workspace: what a scrape of it tells, also where there is nothing to tell."""

from typing import Any

import pytest

from ictcli.operations.metrics_status import status_metrics

parser = pytest.importorskip("prometheus_client.parser", reason="needs the extra `operate`")


def document(**changed: Any) -> dict[str, Any]:
    """What ``status`` finds in an empty workspace, with what is ``changed``."""
    return {
        "time": "2026-03-17T12:00:00Z", "series": [], "disk": {"free_bytes": 5, "total_bytes": 9},
        "disk_bytes": 0, "trading": {"halt": None, "traders": [], "ledgers": []}, "reconciliations": [],
        "alerts": {"unacknowledged": {"critical": 2}}, "backup": {"last": None},
        "measurements": {"judged": 0, "unusual": []}, **changed,
    }  # fmt: skip


def samples(**changed: Any) -> dict[tuple[str, tuple[str, ...]], float]:
    """Every sample by name and label values."""
    text = status_metrics(document(**changed), "1.2.3", "abc").decode()
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in parser.text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_an_empty_workspace_has_its_state_told() -> None:
    found = samples()
    assert found["ictcli_status_timestamp_seconds", ()] == 1_773_748_800
    assert found["ictcli_unacknowledged_alerts", ("critical",)] == 2
    assert found["ictcli_halt_state", ()] == 0


def test_what_trades_is_told_by_ledger() -> None:
    ledger = {
        "ledger": "paper", "positions": [1, 2], "open_intents": [1], "unresolved": 3, "events": 77,
        "clock": {"offset_seconds": -0.5},
    }  # fmt: skip
    halt = {"reason": "drill"}
    trader = {"mode": "paper", "broker": "", "running": True}
    found = samples(
        trading={
            "halt": halt,
            "traders": [trader],
            "ledgers": [ledger, {**ledger, "ledger": "broker", "clock": None}],
        }
    )
    assert found["ictcli_halt_state", ()] == 1
    assert found["ictcli_positions", ("paper",)] == 2
    assert found["ictcli_unknown_orders", ("broker",)] == 3
    assert found["ictcli_clock_offset_seconds", ("paper",)] == -0.5
    assert ("ictcli_clock_offset_seconds", ("broker",)) not in found


@pytest.mark.parametrize(("distance", "limit", "shown"), [(12.0, 4.0, 3.0), (2.0, 0.0, 2.0)])
def test_what_is_unusual_is_told_against_what_is_usual(distance: float, limit: float, shown: float) -> None:
    odd = {"metric": "wal_bytes", "label": "", "distance": distance, "limit": limit}
    found = samples(measurements={"judged": 3, "unusual": [odd]})
    assert found["ictcli_measurement_deviation", ("", "wal_bytes")] == shown
    assert found["ictcli_measurements_judged", ()] == 3
