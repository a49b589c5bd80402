"""What makes two trials the same: strategies with their models, parameters, account and costs."""

import hashlib
from collections.abc import Sequence

import msgspec

from ictcli import __version__
from ictcli.config.records import Config
from ictcli.research.choices import Choice


def identity(choices: Sequence[Choice], config: Config) -> str:
    """SHA-256 of what decides a trial on given bars: strategies, parameters, account, costs, version."""
    facts = [
        __version__,
        [
            [
                one.strategy.name,
                one.version,
                one.source,
                msgspec.to_builtins(one.params),
                *one.judge.values(),
            ]
            for one in choices
        ],
        *(msgspec.to_builtins(part) for part in (config.account, config.sizing, config.risk, config.detect)),
        {
            name: value
            for name, value in msgspec.to_builtins(config.backtest).items()
            if name not in ("seed", "resamples", "confidence", "timeframe")
        },
    ]
    return hashlib.sha256(msgspec.json.encode(facts, order="sorted")).hexdigest()
