"""A running trader in Prometheus' words, read back by Prometheus' own parser."""

from collections.abc import Sequence

import pytest

from ictcli.operations.endpoints_readiness import Check
from ictcli.operations.metrics_families import Shown, text_of
from ictcli.operations.metrics_loop import Around, families_of
from ictcli.reconcile.freshness import Freshness
from ictcli.trading.measures import Picture
from tests.operations.pictures import picture

parser = pytest.importorskip("prometheus_client.parser", reason="needs the extra `operate`")

AROUND = Around(
    "1.2.3", "abc", 0.125, None, [Check("halt", True, ""), Check("bars", False, "late")],
    [Freshness("paper", 4, 9_000_000_000, "clean", "", 0, 8_000_000_000, stale=False)], 5,
)  # fmt: skip
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def samples(shown: Picture | None, around: Around = AROUND) -> Samples:
    """Every sample by name and labels."""

    def ask() -> Sequence[Shown]:
        return list(families_of(shown, around))

    text = text_of(ask).decode()
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in parser.text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_what_is_measured_comes_back_with_base_units_and_labels() -> None:
    found = samples(picture(broker="desk"))
    assert found["ictcli_orders_total", (("broker", "desk"), ("outcome", "acknowledged"))] == 9
    assert found["ictcli_equity", (("currency", "USD"),)] == 99_950.5
    assert found["ictcli_quote_age_seconds", (("symbol", "EURUSD"),)] == 0.5
    assert found["ictcli_reconnects_total", ()] == 3
    assert found["ictcli_log_lines_lost_total", ()] == 5
    assert found["ictcli_trading_mode", (("mode", "active"),)] == 1
    assert found["ictcli_trading_mode", (("mode", "halted"),)] == 0
    assert found["ictcli_last_reconcile_timestamp_seconds", (("ledger", "paper"),)] == 8
    assert found["ictcli_build_info", (("config_hash", "abc"), ("version", "1.2.3"))] == 1
    assert found["ictcli_ready", (("check", "bars"),)] == 0


def test_a_histogram_is_cumulated_and_ends_in_everything() -> None:
    found = samples(picture())
    buckets = {
        dict(labels)["le"]: n
        for (name, labels), n in found.items()
        if name == "ictcli_order_ack_seconds_bucket"
    }
    assert (buckets["0.01"], buckets["0.025"], buckets["0.5"], buckets["30.0"], buckets["+Inf"]) == (
        0,
        1,
        2,
        2,
        3,
    )
    assert found["ictcli_order_ack_seconds_count", ()] == 3
    assert found["ictcli_order_ack_seconds_sum", ()] == pytest.approx(70.32)


def test_slippage_below_zero_is_counted_below_zero() -> None:
    found = samples(picture())
    buckets = {
        dict(labels)["le"]: n
        for (name, labels), n in found.items()
        if name == "ictcli_slippage_points_bucket"
    }
    assert (buckets["-5.0"], buckets["-2.0"], buckets["2.0"], buckets["5.0"]) == (0, 1, 1, 2)


def test_while_it_starts_there_is_little_to_show_and_no_error() -> None:
    found = samples(None)
    assert found["ictcli_halt_state", ()] == 0
    assert not any(name == "ictcli_equity" for name, _ in found)


def test_a_halt_is_seen_whatever_the_picture_says() -> None:
    halted = Around("1", "a", 0.0, "drill", [], [], 0)
    assert samples(picture(), halted)["ictcli_halt_state", ()] == 1


def test_no_metric_carries_a_number_of_an_account_order_or_deal() -> None:
    names = {name for _, labels in samples(picture(account=5012345)) for name, _ in labels}
    assert names <= {
        "broker", "outcome", "currency", "symbol", "mode", "ledger", "config_hash", "version", "check",
        "code", "kind", "severity", "timeframe", "le",
    }  # fmt: skip
