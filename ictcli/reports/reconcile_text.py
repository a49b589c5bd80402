"""A reconciliation for people: what came of it in a few lines, then one row per finding."""

import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from ictcli.reconcile.findings import AUTOMATIC, Kind
from ictcli.reports.reconcile_document import POLICIES

Document = Mapping[str, Any]
Table = Callable[[Sequence[str], Iterable[Sequence[Any]]], str]

SHOWN = 60
"""Findings of the table; the other formats have all of them."""
SHOWN_ROWS = 15
"""Rows of a table of details, likewise."""
DIFFERENCES = "differences from the backtest"
_DIFFERENCE = ("at", "difference", "of", "ledger", "backtest")
_WIDTHS = {"about": 26, "value": 18, "done": 24, "side": 22}


def reconcile_text(document: Document, table: Table) -> str:
    """The result on one screen.

    Args:
        document: ``reconcile_document``.
        table: ``Output.table``.
    """
    pairs = facts(document)
    width = max(len(name) for name, _ in pairs)
    lines = [f"{name:<{width}}  {text}" for name, text in pairs]
    found = document["findings"]
    if found:
        refused = corrects_nothing(document)
        rows = [_cells(one, refused=refused) for one in found[:SHOWN]]
        lines += ["", table(["", "finding", "ours", "theirs", "what is done"], rows)]
    if len(found) > SHOWN:
        lines.append(f"and {len(found) - SHOWN} more: --json, or --format html --out FILE")
    lines += _differing(document["differences"], table)
    for name, values in detail_tables(document["details"]):
        headers = list(values[0])
        shown = [[row.get(one) for one in headers] for row in values[:SHOWN_ROWS]]
        titles = [one.replace("_", " ") for one in headers]
        lines += ["", name, table(titles, shown)]
        if len(values) > SHOWN_ROWS:
            lines.append(f"and {len(values) - SHOWN_ROWS} more")
    return "\n".join(lines)


def _differing(found: Sequence[Document], table: Table) -> list[str]:
    """Differences from a backtest: a title, a table, and how many more there are."""
    if not found:
        return []
    named = map(difference_row, found[:SHOWN])
    rows = [[row.pop("at"), row.pop("difference"), *map(_side, row.values())] for row in named]
    more = len(found) - SHOWN
    left = [f"and {more} more: --json, or --format html --out FILE"] if more > 0 else []
    return ["", DIFFERENCES, table(list(difference_row(found[0])), rows), *left]


def difference_row(one: Document) -> dict[str, str]:
    """A difference from a backtest for people: when, what of, and both sides."""
    about = one["field"] if one["key"].startswith("bar:") else f"{one['field']}, {one['symbol']}"
    sides = (one[name] or "nothing" for name in ("ours", "theirs"))
    return dict(zip(_DIFFERENCE, (one["ts"], one["kind"], about, *sides), strict=True))


def facts(document: Document) -> list[tuple[str, str]]:
    """What is told before the findings: names and texts."""
    pairs = [(result_word(document), headline(document)), ("compared", _compared(document))]
    if window := document["window"]:
        shown = f"{window['since']} to {window['until']}"
        pairs.append(("window", shown if window["complete"] else f"{shown}; not complete: {window['why']}"))
    if document["compared"]:
        pairs.append(("looked at", looked_at(document)))
    if balance := balance_line(document):
        pairs.append(("balance", balance))
    if verified := document["verified"]:
        pairs.append(
            ("ledger", f"{verified['events']:,} events held against {verified['anchors']:,} anchors")
        )
    if (offset := document["clock_offset_seconds"]) is not None:
        pairs.append(("clock", f"the broker's is {offset:+.3f} s off"))
    if document["applied"]:
        pairs.append(("applied", f"{_many(len(document['applied']), 'finding')} put right"))
    for name, value in document["details"].items():
        if value not in (None, [], ()) and not _is_table(value):
            pairs.append((name.replace("_", " "), _shown(value)))
    return pairs


def looked_at(document: Document) -> str:
    """How many of what were compared in one line, and that it was nothing where it was."""
    told = ", ".join(_many(number, word.removesuffix("s")) for word, number in document["compared"].items())
    if (window := document["window"]) and window["since"] >= window["until"]:
        return f"a window of no length: {told}"
    return told if any(document["compared"].values()) else f"nothing: {told}"


def result_word(document: Document) -> str:
    """The result in capitals."""
    return str(document["result"]).upper()


def headline(document: Document) -> str:
    """How many findings there are, in one line."""
    counts = document["counts"]
    if document["mode"] == "backtest" and not document["findings"]:
        return _backtest_line(document["details"])
    if not document["findings"]:
        return "not a single difference" if document["result"] == "clean" else "nothing follows from this"
    told = [f"{number} {word}" for word, number in counts["by_severity"].items()]
    text = _many(counts["roots"], "finding") if counts["roots"] else "no finding that counts"
    text += f" ({', '.join(told)})" if told else ""
    if derived := counts["derived"]:
        causes = {0: "others", 1: "it"}.get(counts["roots"], "them")
        text += f", {derived} that {'follows' if derived == 1 else 'follow'} from {causes}"
    return text + (f", {counts['known']} known to the ledger" if counts["known"] else "")


def _backtest_line(details: Mapping[str, Any]) -> str:
    """What a comparison with a backtest came to."""
    if details["same"]:
        decisions = _many(details["decisions_compared"], "decision")
        return f"{decisions} and {_many(details['fills_compared'], 'fill')} are the same"
    parts = (
        (details["decisions_different"], "decided otherwise"),
        (details["fills_only_in_the_ledger"], "filled in the ledger only"),
        (details["fills_only_in_the_backtest"], "filled in the backtest only"),
        (details["fills_of_another_volume"], "filled in another volume"),
    )
    return ", ".join(f"{number} {text}" for number, text in parts if number)


def balance_line(document: Document) -> str:
    """Both balances and how far they are apart; empty where none is known."""
    balance, currency = document["balance"], document["currency"]
    stated, computed, apart = (balance[name] for name in ("stated", "computed", "difference"))
    if stated is None and computed is None:
        return ""
    if stated is None:
        return f"{computed:,} {currency} added up; none is stated"
    if computed is None:
        return f"{stated:,} {currency} stated"
    verdict = "the same added up" if not apart else f"{computed:,} added up: {apart:+,} apart"
    return f"{stated:,} {currency} stated, {verdict}"


def detail_tables(details: Mapping[str, Any]) -> Iterator[tuple[str, Sequence[Mapping[str, Any]]]]:
    """Those details that are rows, with their names."""
    for name, value in details.items():
        if _is_table(value):
            yield name.replace("_", " "), value


def corrects_nothing(document: Document) -> bool:
    """Whether ``--apply`` refuses: the ledger is not what was written."""
    return any(one["kind"] == Kind.LEDGER_INTEGRITY for one in document["findings"])


def done_about(one: Document, *, refused: bool = False) -> str:
    """What is, or was, done about a finding; ``refused``: nothing is corrected (``corrects_nothing``)."""
    if one["applied"]:
        return f"done: {one['applied']}"
    if one["known"]:
        return "the ledger knows it"
    if one["caused_by"]:
        return f"follows from {', '.join(one['caused_by'])}"
    if refused and one["policy"] in AUTOMATIC:
        return "nothing before the ledger is what was written again"
    return POLICIES[one["policy"]]


def _compared(document: Document) -> str:
    account = document["account"] or "an account that is not named"
    if not document["ledger"]:
        return f"{document['against']} with itself, {account}"
    return f"{document['ledger']} ledger with {document['against']}, {account}"


def _cells(one: Document, *, refused: bool) -> list[str]:
    about = " ".join(part for part in (one["key"], one["field"], one["symbol"]) if part)
    lines = [one["kind"], *(f"  {line}" for line in textwrap.wrap(about, _WIDTHS["about"]))]
    sign = "└ " if one["caused_by"] else ""
    done = "; ".join(part for part in ("" if sign else done_about(one, refused=refused), one["note"]) if part)
    return [
        "" if sign else "known" if one["known"] else one["severity"],
        "\n".join((" " * len(sign) if at else sign) + line for at, line in enumerate(lines)),
        _wrapped(one["ours"] or "", "value"),
        _wrapped(one["theirs"] or "", "value"),
        _wrapped(done, "done"),
    ]


def _side(text: str) -> str:
    return _wrapped(text, "side")


def _wrapped(text: str, column: str) -> str:
    return "\n".join(textwrap.wrap(text, _WIDTHS[column]))


def _is_table(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and bool(value) and isinstance(value[0], Mapping)


def _shown(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return "; ".join(map(_shown, value))
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_shown(one)}" for name, one in value.items() if one not in (None, ""))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, (int, Decimal)) else str(value)


def _many(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
