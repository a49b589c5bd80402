"""Moving aliases: promotion past a gate, and the way back.

Each is one swap of ``aliases.json``. A process killed before it leaves the old state, after it the new one;
the audit line that may be lacking then is written by whoever comes next.
"""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from ictcli.errors import DataError, PolicyRefused, UsageError
from ictcli.models.aliases import SETTABLE, Aliases, promoted, rolled_back, write_aliases
from ictcli.models.audit import Entry, append
from ictcli.models.golden import GOLDEN_FILE, TOLERANCE, Predictor, decode_golden, replay
from ictcli.models.store import ModelStore, signed
from ictcli.models.version import Version

Loader = Callable[[Version], Predictor]


@dataclass(frozen=True, slots=True)
class Gate:
    """What stands between a version and the post of champion.

    Attributes:
        passed: whether its card says that it has an edge, which nobody had to believe against the tripwire.
        reasons: why not.
        golden: worst difference of the golden rows.
    """

    passed: bool
    reasons: tuple[str, ...]
    golden: float


@dataclass(frozen=True, slots=True)
class Move:
    """What became of the aliases.

    Attributes:
        before, after: the aliases.
        alias: the one that was moved.
        changed: False when it pointed there already.
    """

    before: Aliases
    after: Aliases
    alias: str
    changed: bool


def check_gate(version: Version, loader: Loader) -> Gate:
    """Read every file, replay the golden rows, and look at the verdict.

    Raises:
        DataError: a file is damaged, or the golden rows come out otherwise than when it was trained.
    """
    version.verify()
    worst = replay_golden(version, loader(version))
    if not worst <= TOLERANCE:
        raise DataError(
            f"golden rows of {version.reference} come out {worst:.3g} apart, {TOLERANCE:g} is allowed",
            hint="Train the model again on this machine.",
        )
    card = version.card
    passed = card.verdict == "edge" and not card.believed
    why = card.believed if card.verdict == "edge" else f"its verdict is {card.verdict}"
    return Gate(passed, () if passed else (why, *card.reasons), worst)


def replay_golden(version: Version, predictor: Predictor) -> float:
    """The worst difference of a version's golden rows.

    Raises:
        DataError: they are missing or damaged.
    """
    origin = f"{version.reference}/{GOLDEN_FILE}"
    return replay(decode_golden(version.read(GOLDEN_FILE), origin), predictor)


def promote(
    store: ModelStore,
    version: Version,
    alias: str,
    gate: Gate,
    *,
    now: int,
    reason: str = "",
    force: bool = False,
) -> Move:
    """Point an alias to a version.

    Args:
        store: of the version.
        version: the one to be promoted.
        alias: only the champion must have passed the gate.
        gate: what ``check_gate`` found.
        now: nanoseconds UTC.
        reason: for the audit.
        force: overrule a verdict that is not ``edge``; needs a reason.

    Raises:
        PolicyRefused: a champion that has not passed, and no force.
        UsageError: force without a reason, or the alias cannot be set.
        DataError: the version has been deleted meanwhile, or the disk refuses.
    """
    if alias not in SETTABLE:
        raise UsageError(f"alias {alias!r} cannot be set", hint=f"Choose one of {', '.join(SETTABLE)}.")
    if force and not reason.strip():
        raise UsageError("--force needs a reason", hint="Add --reason TEXT; the audit keeps it.")
    overruled = alias == "champion" and not gate.passed
    if overruled and not force:
        why = gate.reasons[0] if gate.reasons else "it has not passed"
        raise PolicyRefused(
            f"{version.reference} is not promoted: {why}",
            hint="Watch it as --alias shadow, or overrule with --force --reason TEXT.",
        )
    with store.changing(version.name, now):
        before = store.aliases(version.name)
        if not store.exists(version.name, version.id):
            raise DataError(f"version {version.reference} is gone", hint="Run `ictcli models list`.")
        if before.target(alias) == version.id:
            return Move(before, before, alias, changed=False)
        done = Entry(
            action="promote", alias=alias, reason=reason, forced=overruled, metrics=version.card.metrics
        )
        after = _commit(store, version.name, before, promoted(before, alias, version.id), done, now)
    store.changed()
    return Move(before, after, alias, changed=True)


def rollback(store: ModelStore, name: str, *, now: int, reason: str) -> Move:
    """Make the champion before the present one champion again; each call goes one step further back.

    Only the alias moves: nothing is loaded, and no gate is asked.

    Raises:
        DataError: no former champion is left.
        UsageError: no reason is given.
    """
    if not reason.strip():
        raise UsageError("a rollback needs a reason", hint="Add --reason TEXT; the audit keeps it.")
    with store.changing(name, now):
        before = store.aliases(name)
        after = rolled_back(before, lambda version: store.exists(name, version))
        if after is None:
            raise DataError(f"model {name!r} has no former champion", hint="Promote a version instead.")
        done = Entry(action="rollback", alias="champion", reason=reason)
        after = _commit(store, name, before, after, done, now)
    store.changed()
    return Move(before, after, "champion", changed=True)


def _commit(store: ModelStore, name: str, before: Aliases, after: Aliases, done: Entry, now: int) -> Aliases:
    done = msgspec.structs.replace(
        signed(done, now),
        change=before.change + 1,
        before=before.target(done.alias),
        after=after.target(done.alias),
    )
    after = msgspec.structs.replace(after, change=done.change, last=done)
    folder = store.model_folder(name)
    write_aliases(folder, after)
    append(folder, done)
    return after
