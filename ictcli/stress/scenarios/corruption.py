"""Damaged parts, manifests, ledgers, checkpoints and configurations: each is found, and nothing is lost."""

from collections import Counter
from pathlib import Path
from random import Random

from ictcli.brokers.simulated.served import ServedOptions
from ictcli.clock import NS_PER_MINUTE, NS_PER_SECOND, parse_instant
from ictcli.errors import ExitCode, IctError
from ictcli.stress import books
from ictcli.stress.claims import cases_claim
from ictcli.stress.corruption_cases import DAMAGES, Spoil, cut, emptied, flipped, inflict
from ictcli.stress.program import ictcli
from ictcli.stress.scenario import Measured, Scenario
from ictcli.stress.setting import Setting
from ictcli.stress.simulated_session import Desk, Scene, SimulatedTime
from ictcli.telemetry import Progress

_START = "2026-01-14T09:00Z"
_SESSION = 4 * NS_PER_MINUTE + 30 * NS_PER_SECOND
READY = (
    ("init", "."),
    ("fetch", "EURUSD", "--source", "sim", "--start", "2026-01-05", "--end", "2026-01-07"),
)
"""What makes a workspace with bars."""
_SHOWN = 3


def run(setting: Setting, seed: int, progress: Progress) -> Measured:
    """Every damage once, those that draw a place once with each seed."""
    folder = setting.folder / "desk"
    folder.mkdir()
    for words in READY:
        if (ran := ictcli(folder, *words)).code:
            return [cases_claim("damage that was not found", 1, 1, note=f"{words[0]}: {ran.error}")]
    desk = _desk(folder, setting, seed)
    _trade(desk)
    wrong: list[str] = []
    tried: Counter[str] = Counter()
    planned = [
        (one, damage) for one in range(setting.seeds) for damage in DAMAGES if damage.varies or not one
    ]
    for one, damage in planned:
        if setting.stopping():
            break
        progress(damage.name, tried.total(), len(planned))
        why = inflict(damage, folder, Random(f"{seed + one} {damage.name}"))
        wrong += [f"{damage.name}: {why}"] * bool(why)
        tried[damage.name] += 1
    if not setting.stopping():
        found = _under_a_trader(desk, Random(seed))
        wrong += [f"{name}: {why}" for name, why in found.items() if why]
        tried.update(found.keys())
    note = "; ".join(wrong[:_SHOWN]) or ", ".join(
        f"{name} ({count} places)" if count > 1 else name for name, count in tried.items()
    )
    return [cases_claim("damage that was not found, or that cost more", len(wrong), tried.total(), note=note)]


def _desk(folder: Path, setting: Setting, seed: int) -> Desk:
    market = ServedOptions(symbols=("EURUSD",), seed=seed, history="1d", ahead="2h", execution="immediate")
    scene = Scene(market, seed=seed, params={"max_bars": "0"})
    return Desk(folder, setting.config, scene, SimulatedTime(parse_instant(_START, now=0)))


def _trade(desk: Desk) -> None:
    """A session that leaves positions open."""
    end = desk.clock.now() + _SESSION
    desk.trade(lambda: "over" if desk.clock.now() >= end else "")


def _under_a_trader(desk: Desk, random: Random) -> dict[str, str]:
    """What a trader's start makes of damage; what went wrong with each, empty for nothing."""
    found = {
        f"a ledger {how} under a trader": _refused(desk, desk.place.address.file, spoil, random)
        for how, spoil in (("cut off", cut), ("emptied", emptied))
    }
    checkpoints = sorted((desk.folder / "state").glob("live-*/*.checkpoint"))
    last, content = checkpoints[-1], checkpoints[-1].read_bytes()
    last.write_bytes(flipped(content, random))
    why = _goes_on(desk) if len(checkpoints) > 1 else "there was one checkpoint only"
    found["a bit of a trader's checkpoint"] = why
    return found


def _refused(desk: Desk, file: Path | None, spoil: Spoil, random: Random) -> str:
    """A damaged ledger must keep a trader from sending anything."""
    if file is None:
        return "the ledger is no file"
    original, sent = file.read_bytes(), desk.record.read_bytes()
    file.write_bytes(spoil(original, random))
    try:
        _trade(desk)
        why = "a trader started on a damaged ledger"
    except IctError as error:
        why = "" if error.code is ExitCode.DATA else f"a damaged ledger: {error.name}: {error.message}"
    file.write_bytes(original)
    return why or "a request left all the same" * (desk.record.read_bytes() != sent)


def _goes_on(desk: Desk) -> str:
    """Without its last checkpoint a trader goes on from the one before, and decides nothing twice."""
    try:
        _trade(desk)
    except IctError as error:
        return f"a damaged checkpoint ended a trader: {error.message}"
    desk.terminal.initialize()
    wrong = books.compare(desk.place, desk.record, desk.historian).wrong
    return f"behind a damaged checkpoint: {wrong[0]}" if wrong else ""


SCENARIO = Scenario(
    "corruption", "damaged parts, manifests, ledgers, checkpoints, configurations: found, nothing lost", run,
    frozenset({"seeds"}), beside=True,
)  # fmt: skip
