"""What concerns an account as a whole: its contracts, the records themselves, the ledger, the clock."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl

from ictcli.clock import NS_PER_SECOND
from ictcli.reconcile.case import Case, Difference, Rule
from ictcli.reconcile.exact import text
from ictcli.reconcile.findings import Kind, finding

ACCOUNT = "account"
_FIELDS = ("tick", "step", "contract", "digits")


def contract_changes(case: Case, found: Sequence[Difference]) -> Iterable[Difference]:
    """SPEC_CHANGE: a contract is another one than configured; what a side does not tell is no change."""
    del found
    both = case.local.instruments.join(case.broker.instruments, on="symbol", how="inner", suffix="_theirs")
    unlike = pl.any_horizontal(pl.col(field) != pl.col(f"{field}_theirs") for field in _FIELDS)
    for row in both.filter(unlike).sort("symbol").iter_rows(named=True):
        for field in (name for name in _FIELDS if _told(row, name)):
            here, there = row[field], row[f"{field}_theirs"]
            if here == there:
                continue
            words = str if field == "digits" else text
            yield Difference(
                finding(
                    Kind.SPEC_CHANGE, f"symbol:{row['symbol']}", ({field: here}, {field: there}),
                    field=field, symbol=row["symbol"], ours=words(here), theirs=words(there),
                )
            )  # fmt: skip


def _told(row: Mapping[str, Any], field: str) -> bool:
    """Whether both sides tell a field: 0 is a number of digits like any other, where the tick is told."""
    gauge = "tick" if field == "digits" else field
    return bool(row[gauge] and row[f"{gauge}_theirs"])


def incomplete_windows(case: Case, found: Sequence[Difference]) -> Iterable[Difference]:
    """WINDOW_INCOMPLETE: the broker did not answer in full, so nothing follows from what it lacks."""
    del found
    window = case.broker.window
    if not window.complete:
        told = {"since": window.since, "until": window.until, "why": window.why}
        yield Difference(
            finding(Kind.WINDOW_INCOMPLETE, ACCOUNT, ({}, told), ts=window.until, note=window.why)
        )


def ledger_faults(case: Case, found: Sequence[Difference]) -> Iterable[Difference]:
    """LEDGER_INTEGRITY: one for each thing that is wrong with its chain, anchors, projections or file."""
    del found
    faults = case.local.facts.faults
    for number, fault in enumerate(faults, 1):
        # as wide as the last, so that names sort as numbers do
        field = f"{number:0{len(str(len(faults)))}}" if len(faults) > 1 else ""
        yield Difference(
            finding(Kind.LEDGER_INTEGRITY, ACCOUNT, ({"fault": fault},), field=field, note=fault)
        )


def clock_skews(case: Case, found: Sequence[Difference]) -> Iterable[Difference]:
    """CLOCK_SKEW: the broker's clock is off; far off, nothing that is timed by it may be sent."""
    del found
    told = (case.broker.facts.clock_offset, case.local.facts.clock_offset)
    offset, allowed = next((one for one in told if one is not None), None), case.tolerances
    if offset is None or abs(offset) <= allowed.clock_warn:
        return
    grave = abs(offset) > allowed.clock_halt
    given = {"severity": "critical", "policy": "halt"} if grave else {}
    bound = allowed.clock_halt if grave else allowed.clock_warn
    yield Difference(
        finding(
            Kind.CLOCK_SKEW, ACCOUNT, ({}, {"offset": offset}), theirs=f"{_seconds(offset)} s",
            tolerance=f"{_seconds(bound)} s", **given,
        )
    )  # fmt: skip


def _seconds(nanoseconds: int) -> str:
    return f"{nanoseconds / NS_PER_SECOND:g}"


ACCOUNT_RULES: tuple[Rule, ...] = (contract_changes, incomplete_windows, ledger_faults, clock_skews)
