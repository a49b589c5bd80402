"""A session of trading from request to result: which world it happens in, and nothing else."""

import gc
from dataclasses import replace

from ictcli.research.backtest import Workshop
from ictcli.trading.request import Outside, Traded, TradeRequest


def run_trade(request: TradeRequest, shop: Workshop, outside: Outside) -> Traded:
    """Trade until the bars end, or until somebody says so.

    Args:
        request: what to trade, and where.
        shop: store, symbols, configuration.
        outside: how the world around it is seen and told.

    Raises:
        DataError: bars, ledger or checkpoints are missing or damaged.
        ConfigError: strategies or money terms do not fit.
        PolicyRefused: a rule that protects the user forbids it.
        SourceUnavailable: the broker cannot be reached.
        Busy: another process trades the account.
        LedgerUnwritable: the disk refuses.
    """

    def ready(status: str) -> None:
        """What was made by now stays to the end: looking through it for garbage would hold up a decision."""
        gc.freeze()
        outside.ready(status)

    try:
        return _trade(request, shop, replace(outside, ready=ready))
    finally:
        gc.unfreeze()


def _trade(request: TradeRequest, shop: Workshop, outside: Outside) -> Traded:
    if request.mode == "replay":
        from ictcli.trading.replaying import replay  # noqa: PLC0415 - each world imports much of its own

        return replay(request, shop, outside)
    if request.mode == "paper" and not request.broker:
        from ictcli.trading.paper import trade_paper  # noqa: PLC0415 - as above

        return trade_paper(request, shop, outside)
    from ictcli.trading.live import trade_live  # noqa: PLC0415 - as above

    return trade_live(request, shop, outside)
