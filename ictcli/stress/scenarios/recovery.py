"""Kill traders, restart terminals, cut lines: how soon is it traded again, and is anything lost.

Traders are processes of their own, killed with signal 9 at named crash points and at random moments, and
started again at once. Terminals restart, fall silent and lose their server under a trader that lives, on a
simulated clock.
"""

from random import Random

from ictcli.clock import NS_PER_SECOND
from ictcli.stress import books
from ictcli.stress.claims import cases_claim, quantile_claim
from ictcli.stress.recovery_arena import PROGRAM, Arena, ways_to_end
from ictcli.stress.recovery_outages import returns_of
from ictcli.stress.scenario import Claim, Measured, Scenario
from ictcli.stress.setting import Setting
from ictcli.stress.simulated_session import LOGIN, RULE
from ictcli.telemetry import Progress

_KILLS = {"quick": 5, "full": 70}
"""Some hit a start that has not compared yet; 59 starts must be left that have."""
_OUTAGES = {"quick": 9, "full": 66}
_AHEAD = {"quick": "4h", "full": "12h"}
_SPEED = 20.0
_SETTLING = 9.0
"""Seconds of this machine; three minutes of the market, in which every unknown order is resolved."""
_P = 0.95
_SHOWN = 3


def run(setting: Setting, seed: int, progress: Progress) -> Measured:
    """Kills first, then outages."""
    claims = after_kills(setting, seed, progress)
    if not setting.stopping():
        claims.append(_after_outages(setting, seed, progress))
    return claims


def after_kills(setting: Setting, seed: int, progress: Progress, *program: str) -> list[Claim]:
    """Kill trader after trader.

    Args:
        setting: how many.
        seed: of moments, market and traffic.
        progress: told after each.
        program: started as a trader, with the folder behind it; none: the trader of this package.
    """
    arena = Arena(
        setting.folder / "kills", setting.config, seed, _SPEED, _AHEAD[setting.profile], program or PROGRAM
    )
    try:
        ways = ways_to_end(Random(seed), _KILLS[setting.profile])
        for done, way in enumerate(ways):
            if setting.stopping():
                break
            progress("killing traders", done, len(ways))
            if isinstance(way, str):
                arena.kill_at(way)
            else:
                arena.kill_after(way)
        arena.settle(_SETTLING)
    finally:
        arena.close()
    return _claims(arena, setting)


def _claims(arena: Arena, setting: Setting) -> list[Claim]:
    terminal = arena.historian
    terminal.initialize()
    found = books.compare(arena.place, arena.record, terminal)
    account = f"{terminal.account_info().server}/{LOGIN}"
    verdict = books.reconciled(
        arena.place, terminal, RULE, account, arena.start, arena.clock.now, arena.clock.sleep
    )
    wrong = [*arena.wrong, *found.wrong, *([] if verdict == "clean" else [verdict])]
    return [
        quantile_claim(
            "time from a restart to a compared account", arena.recoveries(found.entries), _P, "s",
            "starts after a kill -9", setting.limits.recovery_s,
            note=f"{len(arena.lives)} processes, one minute bar every {60 / _SPEED:g} s of this machine",
        ),
        cases_claim(
            "orders and deals lost or doubled over kills, lives that ended otherwise", len(wrong),
            found.attempts, "orders sent", note="; ".join(wrong[:_SHOWN]),
        ),
    ]  # fmt: skip


def _after_outages(setting: Setting, seed: int, progress: Progress) -> Claim:
    count = _OUTAGES[setting.profile]
    returns, kinds = returns_of(setting, seed, count, progress)
    told = ", ".join(f"{n} {kind}" for kind, n in sorted(kinds.items()))
    return quantile_claim(
        "time from a terminal's return to its use", [one.seconds for one in returns if one.back], _P, "s",
        "outages", setting.limits.recovery_s,
        note=f"{told}; {sum(not one.back for one in returns)} never came back; longest outage "
        f"{max((one.outage.end - one.outage.start) / NS_PER_SECOND for one in returns):.0f} s",
    )  # fmt: skip


SCENARIO = Scenario(
    "recovery", "traders killed, terminals restarted, lines cut: soon traded again, nothing lost", run,
    beside=True,
)  # fmt: skip
