"""The fused call writes what batch writes, bit for bit, and knows every detector."""

import ast
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from ictcli.clock import NS_PER_MINUTE
from ictcli.detectors import fused
from ictcli.detectors.drive import advance, describe, start
from ictcli.detectors.live import Live, node_name
from ictcli.detectors.plan import Plan, Settings, make_plan
from ictcli.detectors.registry import DETECTORS
from ictcli.market.bars import Bars, make_bars

ROOT = Path(__file__).parents[2]


def whole_plan(minutes: int = 1) -> Plan:
    return make_plan(DETECTORS.values(), DETECTORS, Settings(minutes * NS_PER_MINUTE), pair=True)


def read(path: Path) -> Bars:
    table = pq.read_table(path).slice(0, 4000)
    ts = table["ts"].to_numpy().astype("datetime64[ns]").astype(np.int64)
    prices = [
        np.rint(table[name].to_numpy() * 100).astype(np.int64) for name in ("open", "high", "low", "close")
    ]
    return make_bars(2, ts, ts + NS_PER_MINUTE, (prices[0], prices[1], prices[2], prices[3]))


def test_the_fused_call_is_what_the_script_writes() -> None:
    """When this fails: python scripts/fuse.py && ruff check --fix ictcli && ruff format ictcli."""
    spec = spec_from_file_location("fuse", ROOT / "scripts" / "fuse.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    written = module.TARGET.read_text(encoding="utf-8")
    assert ast.dump(ast.parse(written)) == ast.dump(ast.parse(module.text()))


def test_the_fused_call_knows_every_layer_of_every_detector() -> None:
    assert fused.STATE.names == tuple(node_name(node) for node in whole_plan().nodes)


@pytest.mark.parametrize("minutes", [1, 60])
def test_live_writes_what_batch_writes_bit_for_bit(minutes: int, real_data: Path) -> None:
    """On hourly bars some detectors are refused; the fused call leaves them out."""
    bars = read(real_data / "bars" / "XAUUSD_M1_ftmo.parquet")
    plan = whole_plan(minutes)
    memory = start(plan)
    expected = advance(plan, memory, bars)
    live = Live(plan, start(plan))
    described = describe(start(plan).context, bars)
    found: list[list[bytes]] = [[] for _ in plan.nodes]
    for at in range(len(described)):
        live.push(described[at : at + 1])
        for node, own in enumerate(found):
            own.append(live.records(node).tobytes())
    assert [b"".join(own) for own in found] == [records.tobytes() for records in expected]
    states = [state.tobytes() for state in live.states()]
    assert states == [state.tobytes() for state in memory.states]


def test_live_goes_on_from_where_batch_stopped(real_data: Path) -> None:
    bars = read(real_data / "bars" / "XAUUSD_M1_ftmo.parquet")
    plan = make_plan([DETECTORS["order_block"]], DETECTORS, Settings(NS_PER_MINUTE))
    whole = advance(plan, start(plan), bars)
    memory = start(plan)
    advance(plan, memory, bars.slice(0, 3000))
    live = Live(plan, memory)
    described = describe(memory.context, bars.slice(3000, len(bars)))
    found = [b""] * len(plan.nodes)
    for at in range(len(described)):
        live.push(described[at : at + 1])
        found = [have + live.records(node).tobytes() for node, have in enumerate(found)]
    assert found == [records[records["at"] >= 3000].tobytes() for records in whole]
