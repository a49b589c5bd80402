"""Gates: three verdicts, and no gate file that decides by accident."""

from pathlib import Path

import msgspec
import pytest

from ictcli.errors import ConfigError
from ictcli.research.gates import Check, Verdict, judge, load_gate
from ictcli.research.metric_definitions import METRICS, metric_table
from ictcli.research.metric_values import Metric

GATE = Path(__file__).parents[2] / "config" / "gates.toml"


def verdict(check: Check, metric: Metric) -> str:
    return judge("gate.toml", (check,), {check.metric: metric}).verdict


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
    [(">=", 1.0, "PASS"), (">", 1.0, "FAIL"), ("<=", 1.0, "PASS"), ("<", 1.0, "FAIL"), ("<", 0.9, "PASS")],
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
    assert judge("g", (passing,), metrics).verdict is Verdict.PASS
    assert judge("g", (passing, open_check), metrics).verdict is Verdict.INCONCLUSIVE
    assert judge("g", (open_check, failing, passing), metrics).verdict is Verdict.FAIL


def test_the_reason_is_given_in_words() -> None:
    check = Check(metric="trades", op=">=", value=1, min_n=100)
    result = judge("g", (check,), {"trades": Metric(7.0, None, None, 7)})
    assert result.checks[0].reason == "only 7 of 100 observations"


def test_the_shipped_gate_loads_and_the_template_is_the_same() -> None:
    checks = load_gate(GATE)
    assert {check.metric for check in checks} >= {"net_expectancy_r", "profit_factor", "max_drawdown"}
    assert all(check.min_n >= 100 for check in checks)
    template = Path(__file__).parents[2] / "ictcli" / "templates" / "gates.toml"
    assert template.read_text(encoding="utf-8") == GATE.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ('[[checks]]\nmetric = "net_expectancy"\nop = ">"\nvalue = 0', "unknown metric", "net_expectancy_r"),
        ('[[checks]]\nmetric = "trades"\nop = ">"\nvalu = 0', "unknown key 'valu'", "'value'"),
        (
            '[[checks]]\nmetric = "trades"\nop = "=="\nvalue = 0',
            "op must be one of <, <=, >, >=, not '=='",
            "",
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
