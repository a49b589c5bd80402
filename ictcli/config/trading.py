"""Configuration of brokers and of the live loop."""

from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta

from ictcli.config.fields import Duration, Record, Share, TimeframeName, doc


class BrokerConfig(Record, frozen=True):
    """How one account at one broker is reached (docs/trade.md)."""

    terminal: Annotated[
        Literal["simulated", "local", "bridge"],
        doc(
            "The simulated terminal; MetaTrader 5 on this machine (Windows, or all of it under Wine); or a "
            "bridge to one."
        ),
    ] = "simulated"
    path: Annotated[str, doc("terminal64.exe of a local terminal; empty finds one, which may be wrong.")] = ""
    login: Annotated[int, Meta(ge=0, le=2**63 - 1), doc("Account number; another account is refused.")] = 0
    server: Annotated[str, doc("Trade server as the terminal names it; empty: not checked.")] = ""
    password_env: Annotated[
        str,
        doc(
            "Environment variable with the password, or with `_FILE` behind it the file that holds it; "
            "empty: the terminal is logged in already."
        ),
    ] = ""
    server_tz: Annotated[
        str, doc("Clock rule of the trade server, such as `ny+7`, an IANA zone or +02:00.")
    ] = "ny+7"
    host: Annotated[str, doc("Address of the bridge; only loopback is accepted.")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65_535), doc("Port of the bridge.")] = 18_765
    token_env: Annotated[
        str, doc("Environment variable, or with `_FILE` behind it the file, with the bridge's token.")
    ] = "ICTCLI_BRIDGE_TOKEN"  # noqa: S105 - the name of a variable
    deadline: Annotated[Duration, doc("Longest wait for one answer of the terminal.")] = "20s"
    symbols: Annotated[
        dict[str, str], doc("Our symbol and the broker's, where they differ.", 'symbols.EURUSD = "EURUSD.r"')
    ] = {}


class OperatorFee(Record, frozen=True):
    """A fee of whoever operates the account, accounted beside the broker's own."""

    per_trade: Annotated[Decimal, doc("Account currency per closed trade.")] = Decimal(0)
    per_lot: Annotated[Decimal, doc("Account currency per lot and closed trade.")] = Decimal(0)
    profit_share: Annotated[Share, doc("Share of the net profit of a trade; a loss costs nothing.")] = 0.0
    since: Annotated[str, doc("First instant it holds for, ISO-8601 UTC; empty: always.")] = ""


class TradeConfig(Record, frozen=True):
    """The live loop (docs/trade.md)."""

    broker: Annotated[str, doc("Table of `brokers` that `trade --live` trades at.")] = ""
    strategies: Annotated[
        tuple[str, ...], doc("Strategies to trade when none is given on the command line.")
    ] = ()
    symbols: Annotated[tuple[str, ...], doc("Symbols to trade when none is given on the command line.")] = ()
    timeframe: Annotated[TimeframeName, doc("Timeframe to trade when none is given.")] = "M15"
    warm_up: Annotated[
        int, Meta(ge=0, le=1_000_000), doc("Closed bars that steps are fed with before the first decision.")
    ] = 5_000
    deviation: Annotated[
        int,
        Meta(ge=0, le=1_000_000),
        doc("Points that a market order may slip, where the broker honours it; more is reported."),
    ] = 20
    quote_age: Annotated[Duration, doc("A quote older than this keeps anything from being opened.")] = "30s"
    bar_age: Annotated[
        Duration, doc("A bar that closed longer ago is learned from and no longer acted on.")
    ] = "90s"
    absent_after: Annotated[
        Duration, doc("An order whose outcome is unknown is called absent no sooner than this.")
    ] = "60s"
    absent_passes: Annotated[
        int, Meta(ge=4, le=100), doc("And no sooner than after this many complete looks without a trace.")
    ] = 4
    poll: Annotated[Duration, doc("Time between two looks at the broker's records.")] = "2s"
    orders_per_minute: Annotated[
        int, Meta(ge=1, le=10_000), doc("Requests a minute; closes and cancels have a lane of their own.")
    ] = 120
    most_volume: Annotated[Decimal, doc("Lots that one order may have, whatever sizing says.")] = Decimal(50)
    most_rejects: Annotated[
        int, Meta(ge=1, le=1_000), doc("Rejects in a row after which nothing more is opened.")
    ] = 5
    checkpoint_bars: Annotated[
        int, Meta(ge=1, le=100_000), doc("Bars between two checkpoints of all steps.")
    ] = 96
    unresolved: Annotated[
        Literal["reducing", "halted"], doc("What a start with unresolved orders ends in.")
    ] = "reducing"
    at_stop: Annotated[
        Literal["keep", "cancel"], doc("What becomes of resting orders when the loop is told to end.")
    ] = "keep"
    graduation_trades: Annotated[
        int, Meta(ge=30, le=100_000), doc("Paper trades that a strategy needs before it may trade live.")
    ] = 100
    graduation_days: Annotated[int, Meta(ge=5, le=10_000), doc("Days on paper that it needs.")] = 20
    graduation_reconciled: Annotated[
        int, Meta(ge=1, le=10_000), doc("Clean reconciliations in a row that it needs.")
    ] = 5
    graduation_slippage: Annotated[
        float, Meta(gt=0, le=100), doc("Most slippage, as a multiple of what backtests assume plus a point.")
    ] = 2.0
    demotion_drawdown: Annotated[
        Share, doc("Drawdown of a live strategy from its peak after which it goes back to paper.")
    ] = 0.08
    fees: Annotated[
        dict[str, OperatorFee],
        doc("Operator fees by name.", "fees.desk.per_lot = 0.5", "fees.desk.profit_share = 0.1"),
    ] = {}
