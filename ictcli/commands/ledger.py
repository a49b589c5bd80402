"""``ictcli ledger``: is the journal of trading what was written, and copies of it."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ictcli.cli_command import Command, CommandGroup
from ictcli.errors import UsageError
from ictcli.options import out_option, yes_option
from ictcli.session import Session

if TYPE_CHECKING:
    from ictcli.ledger.address import Address, LedgerName, Place
    from ictcli.ledger.verification import Report

_VARIABLE = "ICTCLI_LEDGER_URL"

_account_option = click.option(
    "--account",
    type=click.Choice(["broker", "paper", "replay"]),
    help="Whose ledger: a broker's account, the built-in paper account, the last replay.  "
    "[default: broker's where there is one, else paper]",
)


@click.group(
    "ledger",
    cls=CommandGroup,
    examples=[
        "ictcli ledger verify",
        "ictcli ledger export --out audit.jsonl.gz",
        "ictcli ledger backup",
        "ictcli ledger restore state/ledger/backups/ledger-20260131T020000Z.db",
        "ictcli ledger migrate --to postgresql://trader@db.example/ledger",
    ],
)
def command() -> None:
    """Verify, export, back up, restore and move the journals of trading.

    Each account has one that holds every event: a broker's is state/ledger/ledger.db unless
    $ICTCLI_LEDGER_URL names another database, that of paper trading state/paper/ledger/ledger.db, that of a
    replay state/replay/ledger.db.
    """


@command.command(
    "verify", cls=Command, examples=["ictcli ledger verify", "ictcli ledger verify --account paper --json"]
)
@_account_option
@click.pass_obj
def verify(session: Session, account: "LedgerName | None") -> None:
    """Hold every event against its seal, its neighbours and the anchors, and tables against a rebuild.

    Works while a trader writes. A fault is exit code 5, naming the first event that is not as written.
    """
    from ictcli.ledger.copies import check_ledger

    place = _place(session, account)
    report = check_ledger(place)
    document = {"ledger": str(place.address), **_document(report)}
    session.out.emit(document, lambda: _text(session, place, report))
    report.require_good()
    if report.lacking:
        session.out.warn(
            f"no anchor vouches for the last {report.lacking:,} events: {place.anchors} was lost or cut; "
            "a tail that went with it shows at the broker only: ictcli reconcile"
        )


@command.command(
    "export", cls=Command, examples=["ictcli ledger export", "ictcli ledger export --out audit.jsonl.gz"]
)
@out_option("File to write, compressed if it ends in .gz; - is stdout.")
@_account_option
@click.pass_obj
def export(session: Session, out: Path | None, account: "LedgerName | None") -> None:
    """Print every event as one line of JSON, with its hash and the one before it."""
    import gzip
    import hashlib

    from ictcli.ledger.copies import export_lines
    from ictcli.ledger.opening import copied
    from ictcli.store.atomic import named

    place = _place(session, account)
    if out is None or str(out) == "-":
        if session.out.json:
            raise UsageError(
                "--json describes a file that was written", hint="Add --out FILE, or drop --json."
            )
        with copied(place) as stored:
            for line in export_lines(stored):
                session.out.write_bytes(line)
        return
    digest, count = hashlib.sha256(), 0
    with copied(place) as stored, named(session.cwd / out) as file:
        packed = out.suffix == ".gz"
        target = gzip.GzipFile("", "wb", fileobj=file, mtime=0) if packed else file
        for count, line in enumerate(export_lines(stored), 1):  # noqa: B007 - kept after the loop
            digest.update(line)
            target.write(line)
        if packed:
            target.close()
    document = {"file": str(out), "events": count, "sha256": digest.hexdigest()}
    session.out.emit(document, f"wrote {count} events to {out}")


@command.command(
    "backup", cls=Command, examples=["ictcli ledger backup", "ictcli ledger backup --out /mnt/safe/ledger.db"]
)
@out_option("File to write; default: a new one in folder backups beside the ledger.")
@_account_option
@click.pass_obj
def backup(session: Session, out: Path | None, account: "LedgerName | None") -> None:
    """Copy the ledger into one file, also while a trader writes, and verify the copy.

    Copy the secret key (state/secret.key) to another place: without it nothing can be verified.
    """
    from ictcli.clock import iso
    from ictcli.ledger.copies import back_up

    place = _place(session, account)
    stamp = iso(session.now).replace(":", "").replace("-", "")
    target = session.cwd / out if out else place.backups / f"ledger-{stamp}.db"
    report = back_up(place, target)
    document = {"file": str(target), **_document(report)}
    session.out.emit(document, f"wrote {report.events} events to {target}, verified")


@command.command("restore", cls=Command, examples=["ictcli ledger restore ledger-20260131T020000Z.db"])
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@yes_option
@_account_option
@click.pass_obj
def restore(session: Session, file: Path, yes: bool, account: "LedgerName | None") -> None:
    """Verify a backup and put it in the ledger's place; the former files are kept.

    Refused while a trader runs. Asks where events that were written later are lost.
    """
    from ictcli.ledger import copies

    if not (session.cwd / file).is_file():
        raise UsageError(f"no such file: {file}", hint="Backups are in folder backups beside the ledger.")
    place = _place(session, account)
    report = copies.check_copy(place, file)
    lost = copies.known_events(place) - report.events
    question = f"{lost} later events are not in {file}; restore it all the same?"
    if lost > 0 and not yes and not session.out.confirm(question):
        session.out.note("nothing restored")
        return
    done = copies.restore(place, file, now=session.now)
    former = None if done.former is None else str(done.former)
    document = {"ledger": str(place.address), "lost": done.lost, "former": former, **_document(done.report)}
    kept = f"; the former files are in {former}" if former else ""
    session.out.emit(document, f"restored {done.report.events} events to {place.address}{kept}")


@command.command(
    "migrate",
    cls=Command,
    examples=["ictcli ledger migrate --to postgresql://trader@db.example/ledger"],
)
@click.option(
    "--to",
    "target",
    required=True,
    metavar="URL",
    help="sqlite:///FILE or postgresql://USER@HOST/NAME; the password comes from PGPASSWORD or ~/.pgpass.",
)
@click.pass_obj
def migrate(session: Session, target: str) -> None:
    """Replay the ledger of a broker's account into another database, then compare heads and every table.

    Refused while a trader runs. The old ledger stays as it is, marked as moved: it takes nothing more.
    """
    from ictcli.ledger import copies
    from ictcli.ledger.address import parse_open_address

    address = parse_open_address(target)
    place = _place(session, "broker", address)
    report = copies.migrate(place, address, now=session.now)
    session.out.note(f"set {_VARIABLE} to trade there")
    document = {"from": str(place.address), "to": str(address), **_document(report)}
    session.out.emit(document, f"replayed {report.events} events to {address}; heads and tables are equal")


def _place(session: Session, account: "LedgerName | None", going_to: "Address | None" = None) -> "Place":
    from ictcli.ledger.address import place_of, usual_ledger
    from ictcli.ledger.moved import require_here

    state, environ = session.config.state_dir, session.environ
    place = place_of(account or usual_ledger(state, environ), state, environ)
    if going_to is None:
        require_here(place)
    return place


def _document(report: "Report") -> dict[str, Any]:
    return {
        "events": report.events,
        "head": report.head,
        "anchors": report.anchors,
        "lacking": report.lacking,
        "rows": report.rows,
        "faults": report.faults,
    }


def _text(session: Session, place: "Place", report: "Report") -> str:
    rows: list[tuple[str, str | int]] = [
        ("ledger", str(place.address)),
        ("events", report.events),
        ("head", report.head),
        ("anchors", report.anchors),
        *report.rows.items(),
    ]
    rows += [(f"fault: {fault.what}", f"event {fault.seq}: {fault.detail}") for fault in report.faults]
    if not report.faults:
        rows.append(("verdict", "every event is what was written"))
    return "\n".join(f"{name:<18}{value}" for name, value in rows)
