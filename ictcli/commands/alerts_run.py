"""What ``ictcli alerts`` does: look, acknowledge, deliver."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from ictcli.errors import Busy, ExitCode, SourceUnavailable, UsageError
from ictcli.session import Session

if TYPE_CHECKING:
    from ictcli.ledger.address import Place
    from ictcli.operations.alerts_ledger import Ledger
    from ictcli.operations.notif_running import Delivered, Desk
    from ictcli.operations.outbox_listing import Delivery, Listed

_WIDEST = 72
_PATIENCE = 10.0
"""Seconds to wait for another notifier: a timetable may begin two in the same minute."""


def desk_of(session: Session) -> "Desk":
    """The workspace as the notifier sees it.

    Raises:
        ConfigError: the environment names no ledger.
        DataError: the workspace has no secret key.
    """
    import random

    from ictcli.clock import now_ns
    from ictcli.ledger.address import place_of
    from ictcli.operations.notif import Around
    from ictcli.operations.notif_running import Desk

    loaded = session.config
    state = loaded.state_dir
    places = {name: place_of(name, state, session.environ) for name in loaded.config.alerts.ledgers}
    known: dict[str, Ledger] = {}

    def ledgers() -> "Sequence[Ledger]":
        for name, place in places.items():
            if name not in known and (place.exists or place.lost):
                known[name] = ledger_at(name, place)
        return list(known.values())

    name, lot = session.workspace.resolve().name, random.Random(session.now)
    around = Around(session.environ, name, now_ns, lot, session.out.note)
    return Desk(state, loaded.config, ledgers, around)


def ledger_at(name: str, place: "Place") -> "Ledger":
    """A ledger to be read; one in a file without the machinery of a database."""
    from ictcli.operations.alerts_ledger import file_ledger

    if place.address.file is not None:
        return file_ledger(name, place.address.file)
    from ictcli.operations.alerts_postgres import database_ledger

    return database_ledger(name, place)


def show_list(session: Session, *, everything: bool, last: int) -> None:
    """Take in, and show what there is."""
    from ictcli.operations.notif_running import take_in
    from ictcli.operations.outbox_listing import listing, summary

    desk = desk_of(session)
    try:
        take_in(desk)
    except Busy:
        session.out.note("the notifier is at work; this is what it has taken in")
    found = listing(desk.state, everything=everything, last=last)
    counted = summary(desk.state)
    document = {
        "unacknowledged": counted.unacknowledged,
        "waiting": counted.waiting,
        "failed": counted.failed,
        "alerts": [_document(one) for one in found],
    }
    session.out.emit(document, lambda: _text(session, found, sum(counted.unacknowledged.values())))


def acknowledge(session: Session, ids: Sequence[int], reason: str) -> None:
    """Note that somebody takes care.

    Raises:
        UsageError: there is no such alert.
    """
    from ictcli.commands.halting import who
    from ictcli.operations.alerts import Acknowledgement
    from ictcli.operations.alerts_spool import lay_acknowledgement
    from ictcli.operations.notif_running import take_in
    from ictcli.operations.outbox_listing import known_ids, listing

    desk = desk_of(session)
    chosen = list(ids) or [one.id for one in listing(desk.state)]
    missing = sorted(set(chosen) - known_ids(desk.state, chosen))
    if missing:
        raise UsageError(
            f"no alert has the number {missing[0]}", hint="`ictcli alerts list --all` shows all of them."
        )
    if chosen:
        said = Acknowledgement(tuple(chosen), who(), reason, desk.around.clock())
        lay_acknowledgement(desk.state, said)
        try:
            take_in(desk)
        except Busy:
            session.out.note("the notifier is at work; it takes this over within a second")
    document = {"acknowledged": chosen, "reason": reason}
    session.out.emit(document, f"acknowledged {len(chosen)} alert{'' if len(chosen) == 1 else 's'}")


def send(session: Session, *, follow: bool) -> None:
    """Deliver what is due, once or until it is told to end.

    Raises:
        SourceUnavailable: a channel could not be reached.
        Exit: somebody pressed Ctrl-C.
    """
    from ictcli.operations.notif_running import deliver
    from ictcli.operations.outbox_listing import summary

    desk = desk_of(session)
    interrupted = False
    if follow:
        done, interrupted = _follow(session, desk)
    else:
        done = deliver(desk, wait=_PATIENCE)
    left = summary(desk.state)
    document = {
        "new": done.new,
        "messages": done.counts.messages,
        "alerts": done.counts.alerts,
        "failures": done.counts.failures,
        "waiting": left.waiting,
        "channels_failed": done.counts.failed,
    }
    text = (
        f"new alerts: {done.new}; messages sent: {done.counts.messages}, alerts in them: {done.counts.alerts}"
    )
    session.out.emit(document, f"{text}; still waiting: {left.waiting}" if left.waiting else text)
    if interrupted:
        raise click.exceptions.Exit(ExitCode.INTERRUPTED)
    if done.counts.failed and not follow:
        told = "; ".join(f"{name}: {why}" for name, why in done.counts.failed.items())
        raise SourceUnavailable(
            f"not delivered: {told}", hint="Nothing is lost; `ictcli alerts send` tries it again."
        )


def _follow(session: Session, desk: "Desk") -> "tuple[Delivered, bool]":
    from ictcli.clock import monotonic
    from ictcli.operations.notif_running import follow
    from ictcli.trading.ending import Ending, listening
    from ictcli.trading.service import Service

    ending, service = Ending(desk.state / "alerts"), Service(session.environ)
    ending.engage()
    ready = False

    def alive(status: str) -> None:
        nonlocal ready
        if not ready:
            ready = True
            service.ready("delivering alerts")
            session.out.note(f"delivering to {', '.join(desk.config.alerts.channels)}; Ctrl-C ends it")
        service.alive(status, monotonic())

    with listening(ending, session.out.note):
        done = follow(desk, lambda: bool(ending.why()), alive)
    return done, ending.interrupted


def test(session: Session, channel: str) -> None:
    """Send a test message.

    Raises:
        UsageError: no such channel is configured.
        SourceUnavailable: it was not taken.
    """
    from ictcli.operations.notif_running import send_test

    desk = desk_of(session)
    table = desk.config.alerts.channels.get(channel)
    if table is None:
        known = ", ".join(desk.config.alerts.channels) or "none is configured"
        raise UsageError(f"no channel is called {channel!r}", hint=f"Channels: {known}.")
    seconds = send_test(channel, table, desk)
    document = {"channel": channel, "seconds": round(seconds, 3)}
    session.out.emit(document, f"channel {channel} took the message after {seconds:.1f} s")


def _document(one: "Listed") -> dict[str, Any]:
    from ictcli.clock import iso

    def when(instant: int | None) -> str | None:
        return None if instant is None else iso(instant)

    return {
        "id": one.id, "key": one.key, "at": iso(one.at), "taken": iso(one.taken), "severity": one.severity,
        "kind": one.kind, "source": one.source, "owner": one.owner, "text": one.text, "step": one.step,
        "acknowledged": when(one.acked), "by": one.acked_by, "reason": one.reason,
        "deliveries": [
            {
                "channel": each.channel, "step": each.step, "state": each.state, "tries": each.tries,
                "due": iso(each.due), "sent": when(each.sent), "together": each.together,
                "doubtful": bool(each.doubtful), "error": each.error,
            }
            for each in one.deliveries
        ],
    }  # fmt: skip


def _text(session: Session, found: "Sequence[Listed]", open_now: int) -> str:
    from ictcli.clock import iso

    if not found:
        return "nothing waits for anybody"
    headers = ("id", "at", "severity", "kind", "source", "owner", "told", "text")
    rows = [
        (
            one.id, iso(one.at // 10**9 * 10**9), one.severity, one.kind, one.source, one.owner, _told(one),
            _cut(one.text),
        )
        for one in found
    ]  # fmt: skip
    shown = session.out.table(headers, rows)
    left = open_now - sum(one.acked is None for one in found)
    more = f"\n{left} older ones wait for somebody as well; --last shows more" if left > 0 else ""
    hint = "\nictcli alerts ack ID --reason TEXT" if open_now else ""
    return f"{shown}{more}{hint}"


def _told(one: "Listed") -> str:
    """What became of it, in short: where it was told, what waits, who takes care."""
    if one.acked is not None:
        return f"acknowledged by {one.acked_by}"
    if not one.deliveries:
        return "no channel is for it"
    return ", ".join(_told_on(each) for each in one.deliveries)


def _told_on(one: "Delivery") -> str:
    step = f" (step {one.step})" if one.step else ""
    if one.state == "failed":
        return f"{one.channel}{step}: tried {one.tries} times, {one.error}"
    words = {"pending": "waits", "sending": "on its way", "sent": "told", "dropped": "not needed"}
    return f"{one.channel}{step}: {words[one.state]}"


def _cut(text: str) -> str:
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"
