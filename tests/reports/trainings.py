"""What a training found, made by hand."""

from typing import Any

REGIMES = ("calm range", "calm trend", "wild range", "wild trend")


def score(value: float | None, apart: float = 0.02, n: int = 600) -> dict[str, Any]:
    ends = (None, None) if value is None else (value - apart, value + apart)
    return {"value": value, "low": ends[0], "high": ends[1], "n": n}


def fold(number: int) -> dict[str, Any]:
    return {
        "number": number,
        "first": f"2024-0{number}-02T00:00:00Z",
        "last": f"2024-0{number}-28T00:00:00Z",
        "train": 100 * number,
        "test": 200,
        "base": 0.51,
        "accuracy": score(0.52 if number != 2 else None),
        "auc": score(0.5 + 0.01 * number),
        "log_loss": score(0.69),
    }


def member(name: str, weight: float, refused: str = "") -> dict[str, Any]:
    return {"name": name, "weight": weight, "log_loss": 0.69, "accuracy": 0.52, "refused": refused}


def pictures(*, strategy: bool, several: bool) -> dict[str, Any]:
    taken, signals = [1.0, -1.0, 0.5], [1.5, 2.0, 1.0] if strategy else None
    weights = {name: {"forest": 0.25, "logistic": 0.75} for name in REGIMES}
    return {
        "results": {
            "unit": "R",
            "step": 1,
            "days": ["2024-01-02", "2024-01-03", "2024-01-04"],
            "taken": taken,
            "drawdown": [0.0, -2.0, -0.5],
            "all": signals,
            "worst": -2.0,
        },
        "probabilities": {"low": 0.4, "high": 0.6, "zeros": [5] * 40, "ones": [4] * 40},
        "balance": [{"from": f"2024-01-0{at}T00:00:00Z", "events": 20, "share": 0.4} for at in range(1, 6)],
        "weights": weights if several else None,
    }


def quality() -> dict[str, Any]:
    return {
        "bars": 5000,
        "bar_ns": 900_000_000_000,
        "warmup": 520,
        "rows": 700,
        "holes": 3,
        "longest_hole_ns": 2 * 3_600_000_000_000,
        "longest_hole_at": 1_704_153_600_000_000_000,
        "unexplained": 1,
        "completeness": 0.999,
        "without_range": 0.0,
        "unknown_volume": 0.0,
        "no_volume": 0.0,
        "unknown_spread": 0.25,
        "not_finite": {},
        "outliers": {"gap": 0.002},
        "constant": [],
        "twins": [["open", "close"]],
    }


def training(*, strategy: str = "", several: bool = False, taken: int = 120) -> dict[str, Any]:
    """A model of direction, or of a strategy's signals; of one member or of several."""
    members = [member("logistic", 0.75 if several else 1.0)]
    if several:
        members += [member("forest", 0.25), member("lightgbm", 0.0, "raises the log-loss to 0.7")]
    return {
        "name": "EURUSD-M15-barriers",
        "version": "20240301T000000Z-abcdef01",
        "up_to_date": False,
        "next": "ictcli models show EURUSD-M15-barriers@20240301T000000Z-abcdef01",
        "latency": {"p50_us": 4.2, "p99_us": 4.9, "cpu": "any"},
        "verdict": "no edge",
        "reasons": [
            "skill: p 0.0245, is below 0.05",
            "deflated Sharpe ratio of 7 trials: 0.445, is not 0.95 or more",
            "overfitting: probability 0.100 over 3 choices, is 0.2 or less",
            "expectancy: -0.12 bp a trade, -2.05 to +1.58, is not above 0",
        ],
        "evidence": {
            "p_value": 0.0245,
            "p_adjusted": 0.0245,
            "dsr": 0.445,
            "pbo": 0.1,
            "choices": 3,
            "trials": 7,
            "expectancy": score(-0.000012, 0.0002),
        },
        "symbol": "EURUSD",
        "timeframe": "M15",
        "source": "sim",
        "strategy": strategy,
        "label": {"rule": "triple barrier", "target": 3.0, "stop": 3.0, "horizon": 24},
        "plan": {"cv": "walk-forward", "folds": 3, "models": ["logistic"], "params": {}, "seed": 1},
        "data": {
            "bars": 5000,
            "first": "2024-01-01T00:00:00Z",
            "last": "2024-03-01T00:00:00Z",
            "lockbox_from": "2024-02-20T00:00:00Z",
            "feature_set": "core26",
            "features": 26,
            "kept": 26,
            "warmup": 520,
            "quality": quality(),
            "warnings": ["the <spread> is unknown for 25 % of the bars"],
        },
        "labels": {
            "events": 700,
            "effective": 90.0,
            "ones": 330,
            "share": 0.471,
            "ambiguous": 2,
            "cost_bp": 1.5,
            "dropped": {"unchanged at the horizon": 3},
            "locked": 60,
        },
        "folds": [fold(number) for number in (1, 2, 3)],
        "scores": {
            "accuracy": score(0.52),
            "auc": score(0.51),
            "log_loss": score(0.69),
            "brier": score(0.25),
            "base": 0.51,
            "log_loss_base": 0.693,
            "taken": taken,
            "net": score(0.1 if taken else None, 0.15, taken),
            "net_all": score(-0.2, 0.1, 600) if strategy else None,
        },
        "members": members,
        "gain": {"best": "logistic", **score(0.001, 0.002)} if several else None,
        "calibration": {
            "kind": "identity",
            "ece": 0.036,
            "slope": score(0.5, 0.4),
            "curve": [
                {"said": at, "seen": at + 0.02, "low": at - 0.05, "high": at + 0.09, "n": 60}
                for at in (0.45, 0.5, 0.55)
            ],
        },
        "thresholds": {"low": -1.0 if strategy else 0.43, "high": 0.57},
        "sets": {"promised": 0.9, "covered": 0.896, "single": 0.02, "single_covered": 0.6},
        "importance": [{"name": f"feature{at}", "share": (26 - at) / 351} for at in range(26)],
        "importance_method": "mean contribution to the log-odds",
        "params": {},
        "pictures": pictures(strategy=bool(strategy), several=several),
        "lockbox": None,
    }


def card() -> dict[str, Any]:
    return {
        "name": "EURUSD-M15-barriers",
        "version": "20240301T000000Z-abcdef01",
        "created": 1_709_251_200_000_000_000,
        "argv": ["train", "EURUSD", "--name", "<b>"],
        "seed": 1,
        "series": {"source": "sim", "symbol": "EURUSD", "timeframe": "M15", "content": "ab" * 32},
        "span_first": 1_704_067_200_000_000_000,
        "span_last": 1_708_387_200_000_000_000,
        "identity": "cd" * 32,
        "feature_set": "core26",
        "feature_identity": "ef" * 32,
        "config_hash": "12" * 32,
        "code_version": "0.4.0",
        "python": "3.11.9",
        "packages": {"numpy": "2.0"},
    }
