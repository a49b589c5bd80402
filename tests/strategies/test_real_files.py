"""Every shipped strategy over whole real files: causal, resumable, and with prices on their sides."""

from pathlib import Path

import numpy as np
import pytest

from ictcli.clock import NS_PER_MINUTE
from ictcli.detectors.plan import Settings
from ictcli.errors import UsageError
from ictcli.strategies.decide import Decider, decide
from ictcli.strategies.decisions import ENTER, MARKET
from ictcli.strategies.known import STRATEGIES
from ictcli.strategies.lookahead import check_strategy
from tests.detectors.adversarial import read_bars

FILES = {
    "XAUUSD_M1_ftmo": (2, 1),
    "EURUSD_M15_brokerJ": (5, 15),
    "US100_M5_ftmo": (2, 5),
    "BTCUSDT_M1_bybit": (1, 1),
    "GBPUSD_H1_ejtrader": (5, 60),
}
"""Digits and minutes per bar."""


@pytest.mark.proof
@pytest.mark.parametrize("file", list(FILES))
@pytest.mark.parametrize("name", list(STRATEGIES))
def test_a_whole_file_is_decided_alike_in_parts_and_does_not_look_ahead(
    name: str, file: str, real_data: Path, proof_facts: dict[str, object]
) -> None:
    digits, minutes = FILES[file]
    bars = read_bars(real_data / "bars" / f"{file}.parquet", digits, minutes * NS_PER_MINUTE)
    strategy = STRATEGIES[name]
    params = strategy.params()
    settings = Settings(minutes * NS_PER_MINUTE, always_open=file.startswith("BTC"))
    try:
        full = decide(strategy, params, bars, settings)
    except UsageError as refused:
        pytest.skip(str(refused))
    decider = Decider(strategy, params, settings)
    parts = []
    for first in range(0, len(bars), 7001):
        decider = Decider(strategy, params, settings, decider.save())
        parts.append(decider.advance(bars.slice(first, first + 7001)).tobytes())
    assert b"".join(parts) == full.tobytes()
    found = check_strategy(strategy, params, bars, settings)
    assert found.first is None
    entries = full[full["kind"] == ENTER]
    close = bars.close[entries["bar"]]
    at = np.where(entries["order"] == MARKET, close, entries["price"])
    assert ((at - entries["stop"]) * entries["side"] > 0).all()
    aimed = entries["target"] != 0
    assert ((entries["target"] - at) * entries["side"] > 0)[aimed].all()
    proof_facts |= {"bars": len(bars), "entries": len(entries), "replays": found.checked}
