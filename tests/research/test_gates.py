"""Gates: three verdicts, and no gate file that decides by accident."""

from decimal import Decimal
from pathlib import Path

import msgspec
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.engine.trades import TRADES
from ictcli.errors import ConfigError
from ictcli.research.gates import Check, Verdict, judge, load_gate, part_metrics, require_labels
from ictcli.research.metrics.definitions import METRICS, metric_table
from ictcli.research.metrics.measure import measure_trades
from ictcli.research.metrics.values import Metric, Resampling

GATE = Path(__file__).parents[2] / "config" / "gates.toml"


def verdict(check: Check, metric: Metric) -> str:
    return judge("gate.toml", (check,), {check.metric: metric}, {}).verdict


def gate_file(folder: Path, text: str) -> Path:
    path = folder / "gates.toml"
    path.write_text(f"[[checks]]\n{text}\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("value", "low", "n", "expected"),
    [
        (0.2, 0.1, 100, "PASS"),
        (0.2, -0.1, 100, "INCONCLUSIVE"),  # the interval includes the limit
        (0.2, None, 100, "INCONCLUSIVE"),  # no interval
        (-0.2, -0.3, 100, "FAIL"),
        (0.0, 0.0, 100, "FAIL"),  # not above zero
        (0.2, 0.1, 99, "INCONCLUSIVE"),  # too few
        (-0.2, -0.3, 99, "INCONCLUSIVE"),
        (None, None, 100, "INCONCLUSIVE"),  # undefined
    ],
)
def test_a_check_with_a_bound(value: float | None, low: float | None, n: int, expected: str) -> None:
    check = Check(metric="net_expectancy_r", op=">", value=0.0, bound="low", min_n=100)
    assert verdict(check, Metric(value, low, 1.0, n)) == expected


@pytest.mark.parametrize(
    ("op", "value", "expected"),
    [
        *(
            (">=", 1.0, "PASS"),
            (">", 1.0, "FAIL"),
            ("<=", 1.0, "PASS"),
            ("<", 1.0, "FAIL"),
            ("<", 0.9, "PASS"),
        ),
        *(("==", 1.0, "PASS"), ("==", 1.1, "FAIL"), ("!=", 1.0, "FAIL"), ("!=", 0.9, "PASS")),
    ],
)
def test_comparisons_at_the_limit(op: str, value: float, expected: str) -> None:
    check = msgspec.convert({"metric": "profit_factor", "op": op, "value": 1.0}, Check)
    assert verdict(check, Metric(value, None, None, 5)) == expected


def test_an_upper_limit_can_ask_the_upper_bound() -> None:
    check = Check(metric="max_drawdown", op="<=", value=0.2, bound="high")
    assert verdict(check, Metric(0.1, 0.05, 0.3, 50)) == "INCONCLUSIVE"
    assert verdict(check, Metric(0.1, 0.05, 0.2, 50)) == "PASS"


def test_one_failure_outweighs_all_else() -> None:
    metrics = {
        "trades": Metric(5.0, None, None, 5),
        "win_rate": Metric(0.6, 0.4, 0.8, 5),
        "profit_factor": Metric(0.5, 0.1, 2.0, 5),
    }
    passing = Check(metric="trades", op=">=", value=1)
    open_check = Check(metric="win_rate", op=">=", value=0.5, bound="low")
    failing = Check(metric="profit_factor", op=">=", value=1)
    assert judge("g", (passing,), metrics, {}).verdict is Verdict.PASS
    assert judge("g", (passing, open_check), metrics, {}).verdict is Verdict.INCONCLUSIVE
    assert judge("g", (open_check, failing, passing), metrics, {}).verdict is Verdict.FAIL


def test_the_reason_is_given_in_words() -> None:
    check = Check(metric="trades", op=">=", value=1, min_n=100)
    result = judge("g", (check,), {"trades": Metric(7.0, None, None, 7)}, {})
    assert result.checks[0].reason == "only 7 of 100 observations"


NUMBERS = st.floats(-10, 10)
ORDER = (Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.PASS)


@given(
    st.sampled_from([">=", ">", "<=", "<"]),
    st.sampled_from(["value", "low", "high"]),
    st.lists(NUMBERS, min_size=3, max_size=3),
    NUMBERS,
    st.floats(0, 5),
)
def test_a_limit_that_is_easier_to_meet_never_makes_the_verdict_worse(
    op: str, bound: str, numbers: list[float], limit: float, easier: float
) -> None:
    low, value, high = sorted(numbers)
    metric = Metric(value, low, high, 10)

    def verdict_at(at: float) -> int:
        row = {"metric": "net_expectancy_r", "op": op, "value": at, "bound": bound}
        return ORDER.index(Verdict(verdict(msgspec.convert(row, Check), metric)))

    eased = limit - easier if op in {">=", ">"} else limit + easier
    assert verdict_at(eased) >= verdict_at(limit)


@given(st.sampled_from([">=", ">"]), st.lists(NUMBERS, min_size=3, max_size=3), NUMBERS)
def test_a_pass_with_a_bound_is_a_pass_without_it(op: str, numbers: list[float], limit: float) -> None:
    low, value, high = sorted(numbers)
    metric = Metric(value, low, high, 10)
    plain = {"metric": "net_expectancy_r", "op": op, "value": limit}
    with_bound = verdict(msgspec.convert(plain | {"bound": "low"}, Check), metric)
    without = verdict(msgspec.convert(plain, Check), metric)
    assert (with_bound == "FAIL") == (without == "FAIL")
    assert with_bound != "PASS" or without == "PASS"


def test_an_undefined_metric_says_why_and_never_counts_as_zero() -> None:
    check = Check(metric="profit_factor", op="<=", value=1.0)
    lossless = Metric(None, None, None, 5, "no losing trade")
    (result,) = judge("g", (check,), {"profit_factor": lossless}, {}).checks
    assert (result.verdict, result.found) == ("INCONCLUSIVE", None)
    assert result.reason == "undefined: no losing trade"


def test_another_metric_can_be_asked_where_one_is_undefined() -> None:
    check = Check(metric="dsr", op=">=", value=0.95, instead="psr")
    unknown = Metric(None, None, None, 300, "trials not known: see PSR")
    metrics = {"dsr": unknown, "psr": Metric(0.97, None, None, 300)}
    (result,) = judge("g", (check,), metrics, {}).checks
    assert (result.verdict, result.judged, result.found) == ("PASS", "psr", 0.97)
    assert result.reason == "psr instead: met"
    metrics["psr"] = Metric(0.8, None, None, 300)
    assert judge("g", (check,), metrics, {}).verdict is Verdict.FAIL
    metrics["dsr"] = Metric(0.96, None, None, 300)
    (result,) = judge("g", (check,), metrics, {}).checks
    assert (result.verdict, result.judged, result.reason) == ("PASS", "dsr", "met")


def test_some_trades_can_be_asked_alone(tmp_path: Path) -> None:
    text = 'metric = "net_profit"\nop = ">"\nvalue = 0\nwhere = { side = "long", symbol = "EURUSD" }'
    checks = load_gate(gate_file(tmp_path, text))
    assert checks[0].condition == "net_profit[side=long, symbol=EURUSD] > 0"
    rows = [
        {"symbol": symbol, "side": side, "net": Decimal(net)}
        for symbol, side, net in (
            *(("EURUSD", "long", "5.00"), ("EURUSD", "long", "-2.00")),
            *(("EURUSD", "short", "-50.00"), ("XAUUSD", "long", "-50.00")),
        )
    ]
    trades = pa.Table.from_pylist(rows, TRADES)
    how = Resampling(100, 1, 0.95)
    parts = part_metrics(checks, trades, how)
    (result,) = judge("g", checks, measure_trades(trades, how), parts).checks
    assert (result.found, result.n, result.verdict) == (3.0, 2, "PASS")
    none_left = part_metrics(checks, trades.slice(2), how)
    check = msgspec.structs.replace(checks[0], metric="win_rate")
    assert judge("g", (check,), {}, none_left).verdict is Verdict.INCONCLUSIVE


def test_whole_runs_need_no_parts(tmp_path: Path) -> None:
    checks = load_gate(gate_file(tmp_path, 'metric = "trades"\nop = ">"\nvalue = 0'))
    assert part_metrics(checks, TRADES.empty_table(), Resampling(100, 1, 0.95)) == {}


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_can_be_asked_with_every_bound_it_has(name: str, tmp_path: Path) -> None:
    for op in (">=", ">", "<=", "<"):
        for bound in ("value", "low", "high"):
            path = gate_file(tmp_path, f'metric = "{name}"\nop = "{op}"\nvalue = 1\nbound = "{bound}"')
            if bound != "value" and METRICS[name].interval == "none":
                with pytest.raises(ConfigError, match="no interval"):
                    load_gate(path)
            else:
                assert load_gate(path)[0].metric == name


def test_the_shipped_gate_loads_and_the_template_is_the_same() -> None:
    checks = load_gate(GATE)
    asked = {check.metric: check for check in checks}
    assert set(asked) == {"net_expectancy_r", "win_rate", "profit_factor", "dsr", "max_drawdown"}
    assert all(check.min_n >= 100 for check in checks)
    assert all(check.bound != "value" for check in checks if METRICS[check.metric].interval != "none")
    assert asked["dsr"].instead == "psr"
    template = Path(__file__).parents[2] / "ictcli" / "templates" / "gates.toml"
    assert template.read_text(encoding="utf-8") == GATE.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        (
            '[[checks]]\nmetric = "net_expectency_r"\nop = ">"\nvalue = 0',
            "unknown metric",
            "net_expectancy_r",
        ),
        ('[[checks]]\nmetric = "trades"\nop = ">"\nvalu = 0', "unknown key 'valu'", "'value'"),
        (
            '[[checks]]\nmetric = "trades"\nop = "="\nvalue = 0',
            "op must be one of !=, <, <=, ==, >, >=, not '='",
            "",
        ),
        (
            '[[checks]]\nmetric = "win_rate"\nop = "=="\nvalue = 0.5\nbound = "low"',
            "an interval cannot show that something is == 0.5",
            ">= and <=",
        ),
        ('[[checks]]\nmetric = "dsr"\nop = ">"\nvalue = 0\ninstead = "prs"', "unknown metric 'prs'", "'psr'"),
        (
            '[[checks]]\nmetric = "trades"\nop = ">"\nvalue = 0\nwhere = { symbl = "X" }',
            "unknown key 'symbl' in where",
            "'symbol'",
        ),
        (
            '[[checks]]\nmetric = "trades"\nop = ">"\nvalue = 0\nwhere = { weekday = "Monday" }',
            "'Monday' is no weekday",
            "'Mon'",
        ),
        (
            '[[checks]]\nmetric = "trades"\nop = ">"\nvalue = 0\nwhere = { hour = 8 }',
            "must be text, not a whole number",
            "",
        ),
        (
            '[[checks]]\nmetric = "psr"\nop = ">"\nvalue = 0\nwhere = { side = "long" }',
            "psr is a metric of the whole account",
            "where",
        ),
        ('[[checks]]\nmetric = "trades"\nop = ">"', "needs a value for 'value'", ""),
        ('[[checks]]\nmetric = "trades"\nop = ">"\nvalue = nan', "finite", ""),
        ('[[checks]]\nmetric = "trades"\nop = ">"\nvalue = 1e999', "finite", ""),
        ('[[checks]]\nmetric = "trades"\nop = ">"\nvalue = "3"', "value must be a number, not '3'", ""),
        (
            '[[checks]]\nmetric = "trades"\nop = ">"\nvalue = 1\nmin_n = -1',
            "min_n must be a whole number from 0 to",
            "",
        ),
        (
            '[[checks]]\nmetric = "trades"\nop = ">"\nvalue = 1\nmin_n = 99999999999999999999',
            "min_n must be",
            "",
        ),
        ('[[checks]]\nmetric = "trades"\nop = ">"\nvalue = 1\nbound = "low"', "no interval", "value"),
        ("checks = []", "nothing would be decided", ""),
        ("", "nothing would be decided", ""),
        ("checks = [1]", "not a table", ""),
        ("[check]\n", "unknown key 'check'", "[[checks]]"),
        ("[[checks", "not valid TOML", ""),
        ("\xff", "not valid TOML", ""),
        ("a = " + "[" * 5000, "TOML", ""),
        ('[[checks]]\nmetric = "trades"\nop = ">"\nvalue = ' + "9" * 5000, "TOML", ""),
        ('[[checks]]\nmetric = "trades"\nop = ">"\nvalue = ' + "9" * 400, "", ""),
    ],
)
def test_a_wrong_gate_is_refused_with_a_reason(text: str, message: str, hint: str, tmp_path: Path) -> None:
    path = tmp_path / "gates.toml"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ConfigError) as caught:
        load_gate(path)
    assert message in caught.value.message
    assert "\n" not in caught.value.message
    assert hint in caught.value.hint


def test_an_absent_gate_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not exist"):
        load_gate(tmp_path / "no.toml")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_gate(tmp_path)


def test_every_metric_is_documented() -> None:
    text = (Path(__file__).parents[2] / "docs" / "gates.md").read_text(encoding="utf-8")
    assert metric_table() in text
    assert all(f"| `{name}` |" in text for name in METRICS)


@pytest.mark.parametrize("metric", [name for name in METRICS if METRICS[name].scope == "trades"])
def test_no_trades_prove_nothing_sums_included(metric: str, tmp_path: Path) -> None:
    nothing = TRADES.empty_table()
    text = f'metric = "{metric}"\nop = ">"\nvalue = -1e9\nwhere = {{ side = "long" }}'
    checks = load_gate(gate_file(tmp_path, text))
    parts = part_metrics(checks, nothing, Resampling(100, 1, 0.95))
    (part,) = judge("g", checks, {}, parts).checks
    whole = msgspec.structs.replace(checks[0], where={})
    (run,) = judge("g", (whole,), measure_trades(nothing, Resampling(100, 1, 0.95)), {}).checks
    known = metric == "trades"
    for result in (part, run):
        assert result.verdict == ("PASS" if known else "INCONCLUSIVE")
        assert result.found == (0.0 if known else None)
        assert result.reason == ("met" if known else "undefined: no trades")


def test_a_label_that_a_run_cannot_have_is_refused_with_the_nearest() -> None:
    known = {"symbol": ["EURUSD", "XAUUSD"], "exit": ["stop"]}
    fitting = Check(metric="trades", op=">", value=0, where={"symbol": "EURUSD", "side": "long"})
    wrong = Check(metric="net_profit", op=">", value=-1e9, where={"symbol": "EURUSDT"})
    require_labels((fitting,), known, "gate.toml")
    with pytest.raises(
        ConfigError, match=r"gate.toml: checks\[1\]: this run has no symbol 'EURUSDT'"
    ) as told:
        require_labels((fitting, wrong), known, "gate.toml")
    assert told.value.hint == "Did you mean 'EURUSD'?"


def test_a_bound_that_few_observations_cannot_have_is_told_with_its_reason() -> None:
    check = Check(metric="net_expectancy_r", op=">", value=0.0, bound="low")
    metric = Metric(0.9, None, None, 2)
    (found,) = judge("gate", (check,), {"net_expectancy_r": metric}, {}).checks
    assert found.verdict == "INCONCLUSIVE"
    assert found.reason == "no low bound for this run: 2 observations are too few, 30 at least"
