"""A ledger beside the decisions of the core and the fills of a backtest, bar by bar."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import structs

from ictcli.config.records import DetectConfig, RiskConfig
from ictcli.errors import DataError
from ictcli.ledger.bodies import AnyBody, BarTaken, Checkpoint, Decided, Filled, Intent, Start
from ictcli.ledger.log import Entry
from ictcli.reconcile.against_backtest import Comparison, against_backtest
from ictcli.reconcile.decisions_again import DecisionRow
from ictcli.reconcile.model_fills import FillRow
from ictcli.reconcile.same_core import Core, Traded, core_of
from ictcli.reconcile.story import Window
from ictcli.trading.checkpoints import read_checkpoint
from tests.reconcile.paper_sessions import REQUEST, STEP, PaperDesk, paper_desk, walk

BARS = 700
ALL = walk(BARS)
LEARNED, FIRST = 300, 560
Edit = Callable[[AnyBody], AnyBody | None]


def quiet(label: str, done: int, total: int | None) -> None:
    """Nobody watches."""


def closing(row: int) -> int:
    """Close of a bar, ns UTC."""
    return int(ALL.ts_close[row])


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> PaperDesk:
    """Three sessions: bars that were learned, and two that were traded."""
    made = paper_desk(tmp_path_factory.mktemp("desk"))
    made.session(ALL.slice(0, LEARNED))
    made.session(ALL.slice(LEARNED, FIRST))
    made.session(ALL.slice(FIRST, BARS))
    return made


def compared(desk: PaperDesk, entries: Sequence[Entry] | None = None, since: int | None = None) -> Comparison:
    window = Window(closing(FIRST) if since is None else since, closing(BARS - 1))
    return against_backtest(entries or desk.entries(), window, desk.checkpoints, desk.shop, quiet)


def edited(desk: PaperDesk, edit: Edit) -> list[Entry]:
    """The ledger with events changed or left out; the others keep their numbers."""
    changed = [(entry, edit(entry.body)) for entry in desk.entries()]
    return [Entry(entry.seq, entry.ts, body) for entry, body in changed if body is not None]


def last(desk: PaperDesk, kind: type) -> Any:
    return [entry.body for entry in desk.entries() if isinstance(entry.body, kind)][-1]


def only(one: AnyBody, other: AnyBody | None) -> Edit:
    """Nothing else is changed."""
    return lambda body: other if body == one else body


def test_paper_trading_decides_and_fills_as_the_core_does(desk: PaperDesk) -> None:
    found = compared(desk)
    assert (found.bars, found.late) == (BARS - FIRST, 0)
    assert (found.same, found.first, found.notes) == (True, None, ())
    assert len(found.decisions) >= 3
    assert len(found.fills) >= 3
    assert all(row.same and row.slippage == 0 for row in found.fills)
    document = found.document()
    assert document["decisions"] == {"compared": len(found.decisions), "different": 0, "rows": []}
    assert document["fills"]["slippage_points"] == {"mean": 0.0, "worst": 0.0, "best": 0.0}
    assert document["first_difference"] is None


def test_a_decision_that_the_core_does_not_make_is_named_with_its_bar(desk: PaperDesk) -> None:
    one = last(desk, Decided)
    other = structs.replace(one, reason="a whim")
    found = compared(desk, edited(desk, only(one, other)))
    (row,) = [row for row in found.decisions if not row.same]
    assert (row.bar, row.symbol, row.strategy) == (one.bar, "BTCUSD", "sma_cross")
    assert row.ledger.endswith("(a whim)")
    assert row.core.endswith(f"({one.reason})")
    assert not found.same
    assert found.first == row
    assert found.document()["first_difference"]["kind"] == "decision"


def test_what_only_one_side_decides_is_a_difference(desk: PaperDesk) -> None:
    one = last(desk, Decided)
    missing = compared(desk, edited(desk, only(one, None)))
    assert [(row.ledger, bool(row.core)) for row in missing.decisions if not row.same] == [("", True)]
    extra = structs.replace(one, bar=closing(FIRST + 3))
    more = compared(desk, edited(desk, only(one, extra)))
    assert {(row.bar, row.core == "") for row in more.decisions if not row.same} == {
        (one.bar, False),
        (closing(FIRST + 3), True),
    }


def test_a_ledger_from_before_timeframes_were_told_compares_too(desk: PaperDesk) -> None:
    def older(body: AnyBody) -> AnyBody:
        return structs.replace(body, timeframe="") if isinstance(body, Decided) else body

    assert compared(desk, edited(desk, older)).same


@pytest.mark.parametrize("worse", [7, -4])
def test_slippage_is_the_points_that_the_ledgers_price_is_worse(desk: PaperDesk, worse: int) -> None:
    fill = last(desk, Filled)
    moved = structs.replace(fill, price=fill.price + fill.side * Decimal(worse).scaleb(-2))
    found = compared(desk, edited(desk, only(fill, moved)))
    (row,) = [row for row in found.fills if not row.same]
    assert (row.intent, row.price, row.model_price) == (fill.id, moved.price, fill.price)
    assert row.slippage == worse
    assert (found.same, found.first) == (True, None)
    assert [one["intent"] for one in found.document()["fills"]["rows"]] == [fill.id]
    assert found.document()["fills"]["other_price"] == 1


@pytest.mark.parametrize("more", [Decimal("0.01"), Decimal("-0.01"), Decimal(9)])
def test_a_fill_of_another_volume_is_a_difference(desk: PaperDesk, more: Decimal) -> None:
    fill = last(desk, Filled)
    found = compared(desk, edited(desk, only(fill, structs.replace(fill, volume=fill.volume + more))))
    (row,) = [row for row in found.fills if not row.same]
    assert (row.volume, row.model_volume, row.slippage) == (fill.volume + more, fill.volume, 0)
    assert (found.same, found.first) == (False, row)
    told = found.document()["fills"]
    assert (told["other_volume"], told["only_ledger"], told["only_model"], told["other_price"]) == (
        1,
        0,
        0,
        0,
    )


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"volume": Decimal("0.013")}, r"volume 0\.013 of BTCUSD is not on its grid"),
        ({"volume": Decimal(0)}, "volume 0 of BTCUSD is none"),
        ({"volume": Decimal("1e30")}, "is beyond what an account counts"),
        ({"price": Decimal("1.23456789")}, r"price 1\.23456789 of BTCUSD is not on its grid"),
        ({"profit": Decimal("0.001")}, r"amount 0\.001 is not on its grid"),
        ({"profit": Decimal("NaN")}, "nothing can be decided once more behind it"),
    ],
)
def test_a_deal_that_no_trader_could_have_booked_is_refused_by_its_number(
    desk: PaperDesk, changes: dict[str, Decimal], why: str
) -> None:
    fill = last(desk, Filled)
    with pytest.raises(DataError, match=f"deal {fill.deal}: .*{why}") as caught:
        compared(desk, edited(desk, only(fill, structs.replace(fill, **changes))))
    assert "\n" not in caught.value.message


def test_deciding_ends_at_a_deal_of_an_order_that_is_over_and_what_differs_is_told(desk: PaperDesk) -> None:
    whole = compared(desk)
    named = {row.intent for row in whole.fills}
    fill = next(one for one in desk.fills() if one.entry == "in" and one.id in named)
    at = next(one.seq for one in desk.entries() if one.body == last(desk, Decided))
    entries = [
        Entry(one.seq, one.ts, body)
        for one in desk.entries()
        for body in ([one.body, structs.replace(fill, deal=10**9)] if one.seq == at else [one.body])
    ]
    found = compared(desk, entries)
    (note,) = found.notes
    assert "deal of an order not decided is booked, behind" in note
    assert 0 < found.bars < whole.bars
    assert [row.intent for row in found.fills if not row.as_much] == [fill.id]


def test_an_order_filled_in_parts_is_compared_by_their_sum(desk: PaperDesk) -> None:
    fill = last(desk, Filled)
    part = structs.replace(fill, volume=Decimal("0.03"))
    rest = structs.replace(fill, deal=10**9, volume=fill.volume - part.volume)
    assert compared(desk, replaced(desk, fill, part, rest)).same
    assert compared(desk, replaced(desk, fill, part)).document()["fills"]["other_volume"] == 1


def test_a_deal_that_is_booked_twice_is_a_difference(desk: PaperDesk) -> None:
    fill = last(desk, Filled)
    found = compared(desk, replaced(desk, fill, fill, fill))
    (row,) = [row for row in found.fills if not row.same]
    assert (row.intent, row.volume, row.model_volume) == (fill.id, 2 * fill.volume, fill.volume)
    assert not found.same


def replaced(desk: PaperDesk, one: AnyBody, *others: AnyBody) -> list[Entry]:
    """The ledger with an event given way to others, which bear its number."""
    return [
        Entry(entry.seq, entry.ts, body)
        for entry in desk.entries()
        for body in (others if entry.body == one else (entry.body,))
    ]


def test_an_order_that_only_the_model_fills_is_told(desk: PaperDesk) -> None:
    fill = last(desk, Filled)
    found = compared(desk, edited(desk, only(fill, None)))
    (row,) = [row for row in found.fills if not row.same]
    assert (row.volume, row.model_volume, row.slippage) == (Decimal(0), fill.volume, None)
    assert not found.same
    assert found.document()["fills"]["only_model"] == 1


def test_an_order_that_only_the_ledger_has_is_told(desk: PaperDesk) -> None:
    fill, intent = last(desk, Filled), last(desk, Intent)
    entries = desk.entries()
    strange = structs.replace(intent, id="strange")
    more = [
        Entry(entries[-1].seq + 1, entries[-1].ts, strange),
        Entry(entries[-1].seq + 2, entries[-1].ts, structs.replace(fill, deal=10**9, id="strange")),
    ]
    found = compared(desk, [*entries, *more])
    (row,) = [row for row in found.fills if not row.same]
    assert (row.intent, row.model_volume) == ("strange", Decimal(0))
    assert found.document()["fills"]["only_ledger"] == 1


def test_fills_are_compared_from_the_first_bar_at_which_nothing_was_open(desk: PaperDesk) -> None:
    entries = desk.entries()
    opened = next(entry.body for entry in reversed(entries) if _opens(entry.body))
    assert isinstance(opened, Filled)
    row = next(row for row in range(FIRST, BARS) if closing(row) >= opened.ts) + 1
    found = compared(desk, since=closing(row))
    assert found.since == closing(row)
    assert found.same
    assert found.filled_since is None or found.filled_since > closing(row)
    assert opened.id not in {one.intent for one in found.fills}


def _opens(body: AnyBody) -> bool:
    return isinstance(body, Filled) and body.entry == "in"


def test_bars_that_the_trader_only_learned_from_are_decided_on_by_nobody(desk: PaperDesk) -> None:
    one = last(desk, Decided)

    def late(body: AnyBody) -> AnyBody:
        missed = isinstance(body, BarTaken) and body.ts_close == one.bar
        return structs.replace(body, late=True) if missed else body

    found = compared(desk, edited(desk, late))
    assert found.late == 1
    (row,) = [row for row in found.decisions if not row.same]
    assert (row.bar, row.core) == (one.bar, "")


def test_a_period_that_no_checkpoint_reaches_begins_where_one_does(desk: PaperDesk) -> None:
    found = compared(desk, since=closing(LEARNED - 20))
    assert found.since == closing(LEARNED - 1) + 1
    assert found.same
    assert found.notes[0].startswith("no checkpoint reaches back beyond ")


def test_a_damaged_checkpoint_gives_way_to_another(desk: PaperDesk, tmp_path: Path) -> None:
    copies = tmp_path / "checkpoints"
    copies.mkdir()
    files = sorted(desk.checkpoints.glob("*.checkpoint"))
    assert len(files) >= 3
    for file in files:
        (copies / file.name).write_bytes(b"x" if file == files[0] else file.read_bytes())
    window = Window(closing(LEARNED), closing(BARS - 1))
    found = against_backtest(desk.entries(), window, copies, desk.shop, quiet)
    assert found.same
    with pytest.raises(DataError, match="no checkpoint from before"):
        against_backtest(desk.entries(), window, tmp_path / "none", desk.shop, quiet)


def test_a_period_without_bars_is_refused(desk: PaperDesk) -> None:
    entries = edited(desk, lambda body: None if isinstance(body, BarTaken) else body)
    with pytest.raises(DataError, match="holds no bars between"):
        compared(desk, entries)


def test_other_money_terms_are_refused(desk: PaperDesk) -> None:
    config = structs.replace(desk.shop.config, risk=RiskConfig(per_trade=0.5))
    with pytest.raises(DataError, match="account, sizing, risk or costs changed since"):
        compared(desk.with_config(config), desk.entries())


def test_other_parameters_of_detectors_are_refused(desk: PaperDesk) -> None:
    config = structs.replace(desk.shop.config, detect=DetectConfig(atr_length=21))
    with pytest.raises(DataError, match="detectors changed since the ledger was written"):
        compared(desk.with_config(config), desk.entries())


def told_of(desk: PaperDesk, **changes: Any) -> Callable[[], Core]:
    """The trader of the last checkpoint, if it had traded something else."""
    state = read_checkpoint(desk.checkpoints, last(desk, Checkpoint))
    series, strategies, model, detect = msgspec.json.decode(state.identity)
    told = {"series": series, "strategies": strategies, "model": model} | changes
    identity = msgspec.json.encode([*told.values(), detect], order="sorted").decode()
    state = structs.replace(state, identity=identity)
    return lambda: core_of(state, Traded.of(state), [ALL], desk.shop, [])


def test_the_trader_of_a_checkpoint_is_put_together_as_it_was(desk: PaperDesk) -> None:
    params = {"fast": 7, "slow": 30}
    core = told_of(desk)()
    assert [one.strategy.name for one in core.choices] == ["sma_cross"]
    name, version, source, own = msgspec.json.decode(
        read_checkpoint(desk.checkpoints, last(desk, Checkpoint)).identity
    )[1][0]
    other = told_of(desk, strategies=[[name, version, source, own | params]])()
    assert {key: getattr(other.choices[0].params, key) for key in params} == params


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"strategies": [["sma_cross", 99, "", {}]]}, "strategies changed since"),
        ({"strategies": [["moon_cross", 1, "", {}]]}, r"strategy moon_cross \(.*\) changed since"),
        (
            {"strategies": [["sma_cross", 1, "", {"fast": "soon"}]]},
            r"strategy sma_cross \(.*\) changed since",
        ),
        ({"strategies": [["own", 1, "abc", {}]]}, "strategy own came from a file"),
        ({"model": "judge@1"}, r"the model \(.*\) changed since"),
    ],
)
def test_a_trader_that_cannot_be_put_together_again_is_refused(
    desk: PaperDesk, changes: dict[str, Any], why: str
) -> None:
    with pytest.raises(DataError, match=why):
        told_of(desk, **changes)()


def test_another_strategy_or_model_than_was_traded_is_refused(desk: PaperDesk) -> None:
    def other(body: AnyBody) -> AnyBody:
        return structs.replace(body, strategies=("sma_cross@1:zzzz",)) if isinstance(body, Start) else body

    with pytest.raises(DataError, match=r"traded sma_cross@1:zzzz, which today are sma_cross@"):
        compared(desk, edited(desk, other))


def test_bars_that_were_learned_elsewhere_are_refused(desk: PaperDesk) -> None:
    state = last(desk, Checkpoint)
    ahead = structs.replace(state, at=state.at + STEP)
    with pytest.raises(DataError, match="was set up anew after"):
        compared(desk, edited(desk, only(state, ahead)))


def test_a_session_of_another_set_up_begins_the_comparison_anew(tmp_path: Path) -> None:
    made = paper_desk(tmp_path)
    made.session(ALL.slice(0, LEARNED))
    made.session(ALL.slice(LEARNED, 400))
    other = replace(REQUEST, params={"fast": "7"})
    made.session(ALL.slice(400, 420), other)
    made.session(ALL.slice(420, 500), other)
    window = Window(closing(421), closing(499))
    found = against_backtest(made.entries(), window, made.checkpoints, made.shop, quiet)
    assert found.same
    assert found.bars == 79


def test_every_row_that_differs_is_told() -> None:
    rows = tuple(DecisionRow(number, "X", "M5", "s", "enter", "") for number in range(30))
    fill = FillRow("i", "X", "s", "order", 1, 5, Decimal(1), Decimal(2), 6, Decimal(0), Decimal(0), 0, None)
    document = Comparison(0, 99, 0, 30, 0, rows, (fill,)).document()
    assert document["decisions"]["different"] == 30
    assert len(document["decisions"]["rows"]) == 30
    assert document["fills"]["rows"][0]["volume"] == "1"
    assert document["first_difference"]["bar"] is None
