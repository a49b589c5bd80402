"""Strategies of users in a backtest: from a file, relative to the current directory."""

from pathlib import Path

import pytest

from ictcli.errors import UsageError
from ictcli.research.backtest import Workshop
from ictcli.research.choices import choose_strategies
from tests.research.test_backtest import request, run

EXPRESSION = """
import polars as pl

DETECTORS = ()


def signals(bars, detections):
    \"\"\"Buy every hundredth bar.\"\"\"
    return (
        bars.with_row_index()
        .filter(pl.col("index") % 100 == 50)
        .select("ts", side=pl.lit(1), stop=pl.col("close") - 0.002, max_bars=pl.lit(20))
    )
"""


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "hundredth.py").write_text(EXPRESSION)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_an_expression_of_a_file_is_traded(shop: Workshop, there: Path) -> None:
    result = run(shop, request("EURUSD", strategies=("hundredth.py",), params={}))
    assert result.document["strategy"] == "hundredth"
    assert 20 <= result.document["trades"] <= 30
    kept = shop.store.runs.load(result.run).table("signals")
    assert kept is not None
    assert set(kept.column("reason").to_pylist()) == {"signal of the expression"}


def test_a_changed_file_makes_another_content_hash(shop: Workshop, there: Path) -> None:
    asked = request("EURUSD", strategies=("hundredth.py",), params={})
    first = run(shop, asked).document["content_hash"]
    assert run(shop, asked).document["content_hash"] == first
    (there / "hundredth.py").write_text(EXPRESSION + "\n# changed\n")
    assert run(shop, asked).document["content_hash"] != first


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(UsageError, match="no such strategy file"):
        choose_strategies(["absent.py"], {}, {})


def test_an_expression_takes_no_parameter(there: Path) -> None:
    with pytest.raises(UsageError, match="no parameter"):
        choose_strategies(["hundredth.py"], {}, {"stop": "1"})
