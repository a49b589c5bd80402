"""What ``ictcli alerts watch`` does: judge every trader, tell people, stop trading if asked, ping if well."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ictcli.errors import Busy, IctError
from ictcli.session import Session

_PATIENCE = 5.0

if TYPE_CHECKING:
    from ictcli.operations.alerts import Alert
    from ictcli.operations.deadman import Judged
    from ictcli.operations.notif_running import Desk


def watch(session: Session, *, halt: bool) -> None:
    """Look, tell, and leave.

    Raises:
        Finding: a trader is dead, or nobody can be told.
        SourceUnavailable: the address outside does not answer.
    """
    from ictcli.commands.alerts_run import desk_of
    from ictcli.operations.alerts_spool import lay_alert
    from ictcli.operations.deadman import alerts_of, explained, judge_all

    desk = desk_of(session)
    config, now = desk.config.alerts, desk.around.clock()
    judged = judge_all(desk.state, config, {one.name: one for one in _all_ledgers(session)}, now)
    stopped = _stop(session, desk, judged) if halt else False
    for alert in [*alerts_of(judged, config, now), *_unusual(session, desk, now)]:
        lay_alert(desk.state, alert)
    trouble = _tell(desk, now)
    dead = [one for one in judged if one.dead]
    pinged = _ping(session, desk) if not dead and not trouble else None
    document = {
        "accounts": [_document(one, explained(one, config, now)) for one in judged],
        "dead": len(dead), "halted": stopped, "notifier": trouble or "well", "pinged": pinged,
    }  # fmt: skip
    lines = [f"account {one.account}: {explained(one, config, now)}" for one in judged]
    session.out.emit(document, "\n".join(lines) or "nobody has traded here")
    if dead:
        session.out.finding(
            f"accounts without a living trader: {', '.join(str(one.account) for one in dead)}",
            hint="Look at `ictcli status`; `ictcli halt` works without the trader.",
        )
    if trouble:
        session.out.finding(f"people may not be told: {trouble}", hint="Look at `ictcli alerts send`.")


def _unusual(session: Session, desk: "Desk", now: int) -> "list[Alert]":
    """Measurements that are not as usual; where nothing was ever measured, nothing is loaded."""
    from ictcli.trading.metrics import FOLDER

    data = session.config.data_dir
    if not (data / FOLDER).is_dir():
        return []
    from ictcli.operations.alerts_unusual import unusual_alerts

    return unusual_alerts(data, desk.state, desk.config.metrics, now)


def _all_ledgers(session: Session) -> "Sequence[Any]":
    """The ledgers of traders, also those whose alerts are not sent."""
    from ictcli.commands.alerts_run import ledger_at
    from ictcli.ledger.address import LedgerName, place_of

    names: tuple[LedgerName, ...] = ("broker", "paper")
    places = {name: place_of(name, session.config.state_dir, session.environ) for name in names}
    return [ledger_at(name, place) for name, place in places.items() if place.exists]


def _stop(session: Session, desk: "Desk", judged: "Sequence[Judged]") -> bool:
    """Set the emergency stop where a dead trader has something open, or nobody knows whether it has."""
    from ictcli.trading.control import control_folder
    from ictcli.trading.latch import Latch

    risky = [one for one in judged if one.dead and one.may_be_open]
    if not risky:
        return False
    named = ", ".join(str(one.account) for one in risky)
    latch = Latch(control_folder(desk.state))
    latch.engage(f"no heartbeat of the trader of account {named}", "alerts watch", desk.around.clock())
    session.out.note("the emergency stop is set; `ictcli halt` also clears the account at its broker")
    return True


def _tell(desk: "Desk", now: int) -> str:
    """Have everything delivered, by this process where no notifier is up; why people may not be told."""
    from ictcli.clock import parse_duration
    from ictcli.operations.notif_running import deliver
    from ictcli.operations.notif_watch import notifier_trouble

    if not desk.config.alerts.channels:
        return ""
    try:
        _wait_for_another(desk)
        done = deliver(desk)
    except Busy:
        return notifier_trouble(desk.state, parse_duration(desk.config.alerts.heartbeat_after), now)
    except IctError as error:
        return error.message
    return "; ".join(f"channel {name}: {why}" for name, why in done.counts.failed.items())


def _wait_for_another(desk: "Desk") -> None:
    """Give a notifier that is up the time to take in what there is, or to end, as one of a timetable does."""
    from ictcli.operations.alerts_spool import inbox
    from ictcli.operations.outbox import is_delivered
    from ictcli.trading.ending import doze

    folder = inbox(desk.state)
    doze(_PATIENCE, lambda: not any(folder.glob("*.json")) or not is_delivered(desk.state))


def _ping(session: Session, desk: "Desk") -> bool | None:
    """Call the address outside; None where there is none."""
    from ictcli.operations.deadman_ping import ping

    if not desk.config.alerts.ping_env:
        return None
    ping(desk.config.alerts.ping_env, session.environ)
    return True


def _document(one: "Judged", words: str) -> Mapping[str, Any]:
    from ictcli.clock import iso

    return {
        "account": one.account, "mode": one.mode, "life": one.life,
        "beat": iso(one.beat) if one.beat else None, "positions": one.positions, "orders": one.orders,
        "exit_code": one.code or None, "text": words,
    }  # fmt: skip
