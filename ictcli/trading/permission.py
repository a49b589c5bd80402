"""Whether an account may be traded at all: what the emergency stop, limits and evidence say beforehand."""

from collections.abc import Sequence

from ictcli.brokers.broker import Health
from ictcli.brokers.reports import AccountReport
from ictcli.config.records import Config
from ictcli.config.trading import BrokerConfig
from ictcli.errors import PolicyRefused, UsageError
from ictcli.trading.graduation import Standing
from ictcli.trading.latch import Latch
from ictcli.trading.request import TradeRequest

_LIMITS = {
    "risk.per_trade": "most that one trade may lose",
    "risk.daily_loss": "loss of a day",
    "risk.drawdown": "loss from the peak",
}


def refuse_halted(latch: Latch, request: TradeRequest) -> None:
    """Refuse a run that has an end while the emergency stop is on; a loop stays up, halted.

    Raises:
        PolicyRefused: the stop is on.
    """
    reason = latch.reason()
    if reason is not None and (request.once or request.mode == "replay"):
        raise PolicyRefused(
            f"the emergency stop is on: {reason}", hint="Lift it with `ictcli resume --reason TEXT`."
        )


def refuse_netted_timeframes(request: TradeRequest, mode: str) -> None:
    """Refuse several timeframes where a symbol has one position, which they would fight over.

    Args:
        request: what to trade.
        mode: of the account, hedging or netting.

    Raises:
        UsageError: names what to do instead.
    """
    if mode == "netting" and len(request.timeframes) > 1:
        raise UsageError(
            f"the account nets: {len(request.timeframes)} timeframes of a symbol would share one position",
            hint="Trade one timeframe, or a hedging account.",
        )


def missing_before_login(
    request: TradeRequest, broker: BrokerConfig | None, config: Config, standings: Sequence[Standing]
) -> list[str]:
    """What live trading lacks, as far as that can be told without the broker; one line each."""
    missing = []
    if broker is None:
        missing.append("a broker: set trade.broker, or add --broker NAME")
    elif broker.terminal == "simulated":
        missing.append(f"a real terminal: brokers.{request.broker} is simulated")
    elif not broker.login:
        missing.append(f"the account: set brokers.{request.broker}.login")
    if request.confirm_account is None:
        missing.append("--confirm-account with the number of the account")
    elif broker is not None and broker.login and request.confirm_account != broker.login:
        given = f"--confirm-account {request.confirm_account}"
        missing.append(f"{given} is not brokers.{request.broker}.login {broker.login}")
    for key, what in _LIMITS.items():
        if getattr(config.risk, key.partition(".")[2]) <= 0:
            missing.append(f"the limit {key} ({what}) above 0")
    if config.trade.most_volume <= 0:
        missing.append("the limit trade.most_volume above 0")
    if not standings:
        missing.append("evidence: nothing that is traded has shown anything")
    missing += [f"{one.mark}: {lack}" for one in standings for lack in one.missing]
    return missing


def missing_in_session(marks: Sequence[str], graduated: Sequence[str]) -> list[str]:
    """What a session would trade that has not graduated, such as a version that stands in for a model.

    Args:
        marks: of what is traded, as it was made ready.
        graduated: what may be traded, as it was asked for.
    """
    if not marks:
        return ["a strategy or a model"]
    return [
        f"{mark}: it has not graduated, only {', '.join(graduated) or 'nothing'} has"
        for mark in marks
        if mark not in graduated
    ]


def missing_at_broker(request: TradeRequest, account: AccountReport, health: Health) -> list[str]:
    """What live trading lacks, as the broker tells once logged in; one line each."""
    missing = []
    if account.login != request.confirm_account:
        missing.append(f"the broker's account is {account.login}, not {request.confirm_account}")
    if not health.clock_confirmed:
        missing.append("a server clock that a fresh quote confirmed")
    if not (health.connected and account.trade_allowed):
        missing.append("the permission to trade" + (f": {health.detail}" if health.detail else ""))
    return missing


def refuse_real(request: TradeRequest, account: AccountReport) -> None:
    """Refuse to trade on paper at an account with real money, which a terminal may be logged in to.

    Raises:
        PolicyRefused: it is no demo account.
    """
    if request.mode != "live" and not account.demo:
        raise PolicyRefused(
            f"account {account.login} holds real money, and this is {request.mode} trading",
            hint="Log the terminal in to a demo account, or trade with --live.",
        )


def refuse_other_account(written: str, account: AccountReport) -> None:
    """Refuse a ledger of another account: equal tickets and one sum of cash would mix the two up.

    Args:
        written: ``server/login`` of the ledger's last trader, empty before the first.
        account: as the broker tells it.

    Raises:
        PolicyRefused: it is of another.
    """
    asked = f"{account.server}/{account.login}"
    if written and written != asked:
        raise PolicyRefused(
            f"the ledger is of account {written}, and the broker's account is {asked}",
            hint="Log in to the ledger's account, or trade the other one in a workspace of its own.",
        )


def require(missing: Sequence[str]) -> None:
    """Refuse live trading that lacks something.

    Raises:
        PolicyRefused: names everything that is missing.
    """
    if missing:
        raise PolicyRefused(
            "live trading lacks " + "; ".join(missing),
            hint="See docs/trade.md, Going live; `--paper` needs none.",
        )
