"""Who may trade live: evidence out of the journal, a signed verdict, and the way back."""

from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import pytest
from msgspec import structs

from ictcli.config.trading import TradeConfig
from ictcli.ledger.bodies import Alerted, AnyBody, BarTaken, Reconciled, Sent, Start, Synced
from ictcli.ledger.log import Entry
from ictcli.models.version import Version
from ictcli.research.choices import choose_strategies
from ictcli.trading.graduation import Graduations, Standing, strategy_mark
from ictcli.trading.track_record import Evidence, gather
from tests.models.sample_models import card_of
from tests.trading.journals import DAY, NOON, deal, intent, start

MARK = "fvg_retest@1:aaaa"
KEY = b"k" * 32
CONFIG = TradeConfig(graduation_trades=3, graduation_days=2, graduation_reconciled=2)
BAR = BarTaken(
    symbol="EURUSD", timeframe="M15", digits=5, ts=0, ts_close=1, open=1, high=1, low=1, close=1, spread=1,
    tick_volume=1, timely=True,
)  # fmt: skip


def synced(difference: str = "0") -> Synced:
    return Synced(
        since=0, balance=Decimal(1000), equity=Decimal(1000), difference=Decimal(difference), open_orders=0,
        positions=0,
    )  # fmt: skip


def reconciled(day: int, result: Literal["clean", "findings", "inconclusive"] = "clean") -> Reconciled:
    """A comparison up to a day."""
    until = NOON + day * DAY
    return Reconciled(
        key=f"r{day}", result=result, since=0, until=until, findings=int(result == "findings"), digest="d"
    )


class Story:
    """A journal that is told day by day."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.number = 0

    def day(
        self,
        day: int,
        mode: Literal["paper", "live", "replay", "dry"] = "paper",
        *,
        profits: tuple[str, ...] = ("10",),
        price: str = "1.10001",
        extra: tuple[AnyBody, ...] = (),
        agreed: str = "0",
        mark: str = MARK,
        bar: BarTaken = BAR,
        night: tuple[Literal["clean", "findings", "inconclusive"], ...] = ("clean",),
    ) -> "Story":
        """A trader's day: a bar, trades, a look at the account, whatever else happened, reconciliations."""
        bodies: list[AnyBody] = [start(mode, mark), synced(agreed), bar]
        for profit in profits:
            self.number += 1
            name = f"i{self.number}"
            bodies += [
                intent(name),
                Sent(id=name, attempt=1, request={}, digest=""),
                deal(2 * self.number, self.number, 1, "0.20", id=name, price=Decimal(price)),
                deal(2 * self.number + 1, self.number, -1, "0.20", entry="out", profit=Decimal(profit)),
            ]
        for body in (*bodies, *extra, *(reconciled(day, result) for result in night)):
            self.entries.append(Entry(len(self.entries) + 1, NOON + day * DAY + len(self.entries), body))
        return self


def proven() -> Story:
    """Just enough on paper."""
    return Story().day(0, profits=("10", "-4")).day(1)


def standing(story: Story, folder: Path, now: int = NOON + 100 * DAY, **changes: Any) -> Standing:
    config = CONFIG if not changes else TradeConfig(**changes)
    return Graduations(folder, KEY).review([story.entries], MARK, config, 0.0, now)


def test_a_strategy_that_has_shown_everything_graduates_and_one_step_less_does_not(tmp_path: Path) -> None:
    assert standing(proven(), tmp_path).missing == ()
    less = Story().day(0, profits=("10",)).day(1)
    assert standing(less, tmp_path).missing == ("paper trades: 2 of 3",)
    short = Story().day(0, profits=("1", "1", "1"))
    assert standing(short, tmp_path).missing == (
        "days on paper: 1 of 2",
        "clean reconciliations in a row: 1 of 2",
    )


def test_nothing_shown_names_everything_that_is_missing(tmp_path: Path) -> None:
    missing = Graduations(tmp_path, KEY).review([], MARK, TradeConfig(), 0.0, NOON).missing
    assert missing == (
        "paper trades: 0 of 100",
        "days on paper: 0 of 20",
        "clean reconciliations in a row: 0 of 5",
    )


@pytest.mark.parametrize("mode", ["replay", "dry"])
def test_replays_and_dry_runs_prove_nothing(tmp_path: Path, mode: Literal["replay", "dry"]) -> None:
    story = Story().day(0, mode, profits=("10", "-4")).day(1, mode)
    found = standing(story, tmp_path).evidence
    assert (found.trades, found.days, found.reconciled) == (0, 0, 0)


def test_other_versions_and_parameters_prove_nothing_for_this_one(tmp_path: Path) -> None:
    story = (
        Story().day(0, profits=("10", "1", "1"), mark="fvg_retest@1:bbbb").day(1, mark="fvg_retest@2:aaaa")
    )
    assert standing(story, tmp_path).evidence.trades == 0


def test_a_day_with_a_difference_breaks_the_row_and_counts_from_anew(tmp_path: Path) -> None:
    story = proven().day(2, agreed="0.01")
    assert standing(story, tmp_path).missing == ("clean reconciliations in a row: 0 of 2",)
    assert standing(story.day(3).day(4), tmp_path).graduated


@pytest.mark.parametrize(
    ("nights", "count"),
    [
        ([("clean",), ("clean",), ("clean",)], 3),
        ([("clean",), ("findings",), ("clean",)], 1),
        ([("clean",), ("clean",), ("findings",)], 0),
        ([("clean",), ("clean",), ("findings", "clean")], 0),
        ([("clean",), ("clean", "findings"), ("clean",)], 1),
        ([("clean",), ("inconclusive",), ("clean",)], 2),
        ([("clean",), (), ("clean",)], 2),
        ([("clean", "clean"), ("clean",), ("clean", "clean")], 3),
        ([(), (), ()], 0),
    ],
)
def test_clean_reconciliations_count_in_a_row_one_a_day(
    nights: list[tuple[Literal["clean", "findings", "inconclusive"], ...]], count: int
) -> None:
    story = Story()
    for day, night in enumerate(nights):
        story.day(day, night=night)
    assert gather([story.entries], MARK).reconciled == count


def test_a_reconciliation_of_days_without_a_bar_as_it_closed_is_no_evidence() -> None:
    story = Story().day(0).day(1, bar=structs.replace(BAR, timely=False)).day(2)
    assert gather([story.entries], MARK).reconciled == 2


def test_slippage_beyond_the_model_keeps_a_strategy_on_paper(tmp_path: Path) -> None:
    story = Story().day(0, profits=("1", "1"), price="1.10003").day(1, price="1.10003")
    assert standing(story, tmp_path).missing == ("slippage: 3.00 points a fill, at most 2.00",)
    assumed = Graduations(tmp_path, KEY).review([story.entries], MARK, CONFIG, 1.0, NOON)
    assert assumed.graduated


def test_a_critical_alert_keeps_it_on_paper_and_a_persons_stop_does_not(tmp_path: Path) -> None:
    stop = Alerted(severity="critical", code="halt", text="")
    assert standing(proven().day(2, extra=(stop,)), tmp_path).graduated
    double = Alerted(severity="critical", code="double_submit", text="")
    assert standing(proven().day(2, extra=(double,)), tmp_path).missing == ("critical alerts: 1",)


def test_a_live_drawdown_takes_it_back_and_paper_trades_bring_it_up_again(tmp_path: Path) -> None:
    story = proven().day(10, "live", profits=("100", "-40"))
    assert standing(story, tmp_path).graduated
    story.day(11, "live", profits=("-60",))
    fallen = standing(story, tmp_path, NOON + 12 * DAY)
    assert not fallen.graduated
    assert fallen.missing[0] == "went back to paper: drawdown 9.5% of at most 8.0%"
    assert [one.ts for one in fallen.demotions] == [NOON + 12 * DAY]
    story.day(13, profits=("10", "10")).day(14)
    again = standing(story, tmp_path)
    assert again.graduated
    assert len(again.demotions) == 1


def test_a_demotion_outlives_the_journal(tmp_path: Path) -> None:
    standing(proven().day(10, "live", profits=("-100",)), tmp_path, NOON + 12 * DAY)
    missing = standing(proven(), tmp_path).missing
    assert missing[0].startswith("went back to paper: drawdown")


def test_live_slippage_and_live_alerts_take_it_back(tmp_path: Path) -> None:
    wide = proven().day(10, "live", profits=("1",) * 20, price="1.10009")
    assert "slippage 9.00 points" in standing(wide, tmp_path / "a").missing[0]
    few = proven().day(10, "live", profits=("1",) * 19, price="1.10009")
    assert standing(few, tmp_path / "b").graduated
    alert = Alerted(severity="critical", code="overfill", text="")
    assert "critical" in standing(proven().day(10, "live", extra=(alert,)), tmp_path / "c").missing[0]


@pytest.mark.parametrize("how", ["edited", "key", "torn", "empty", "other"])
def test_a_file_that_another_hand_wrote_proves_nothing_and_is_kept(tmp_path: Path, how: str) -> None:
    standing(proven(), tmp_path)
    (path,) = tmp_path.glob("graduation/*.json")
    text = path.read_text()
    changed = {
        "edited": text.replace('"trades":3', '"trades":9'),
        "torn": text[: len(text) // 2],
        "empty": "",
        "other": "[]",
        "key": text,
    }[how]
    assert how == "key" or changed != text
    path.write_text(changed)
    key = b"x" * 32 if how == "key" else KEY
    found = Graduations(tmp_path, key).review([proven().entries], MARK, CONFIG, 0.0, NOON)
    assert not found.graduated
    assert "changed by another hand" in found.missing[0]
    assert path.read_text() == changed


def test_the_same_verdict_is_not_written_twice(tmp_path: Path) -> None:
    standing(proven(), tmp_path)
    (path,) = tmp_path.glob("graduation/*.json")
    before = path.stat().st_ino
    standing(proven(), tmp_path)
    assert path.stat().st_ino == before


def test_the_mark_changes_with_parameters_and_nothing_else() -> None:
    (one,) = choose_strategies(["sma_cross"], {}, {})
    (same,) = choose_strategies(["sma_cross"], {}, {})
    (other,) = choose_strategies(["sma_cross"], {}, {"slow": "77"})
    assert strategy_mark(one, None) == strategy_mark(same, None) != strategy_mark(other, None)
    assert strategy_mark(one, None).startswith(f"sma_cross@{one.version}:")


def test_the_mark_changes_with_the_model_its_files_and_its_thresholds(tmp_path: Path) -> None:
    (choice,) = choose_strategies(["sma_cross"], {}, {})

    def version(id: str, weights: str, high: float = 0.6) -> Version:  # noqa: A002
        card = card_of(1, "judge", thresholds={"low": 0.4, "high": high})
        return Version("judge", id, tmp_path, card, {"model.txt": weights})

    versions = [version("1", "a"), version("2", "a"), version("1", "b"), version("1", "a", 0.7)]
    marks = {strategy_mark(choice, one) for one in [None, *versions]}
    assert len(marks) == 5
    assert strategy_mark(choice, version("1", "a")) in marks


def played(**changes: Any) -> Story:
    """All that is asked for, on bars that are not taken as they close, or too late to act on."""
    bar = structs.replace(BAR, **changes)
    return Story().day(0, profits=("10", "-4"), price="1.10009", bar=bar).day(1, bar=bar)


@pytest.mark.parametrize("changes", [{"timely": False}, {"late": True}])
def test_bars_that_are_played_back_or_came_late_earn_nothing(tmp_path: Path, changes: dict[str, Any]) -> None:
    found = standing(played(**changes), tmp_path).evidence
    assert (found.trades, found.days, found.reconciled, found.orders) == (0, 0, 0, 0)
    assert found.net == 0


def test_a_trade_counts_by_the_bar_it_was_decided_on(tmp_path: Path) -> None:
    story = Story().day(0, bar=structs.replace(BAR, ts_close=2)).day(1, bar=structs.replace(BAR, symbol="X"))
    found = standing(story, tmp_path).evidence
    assert (found.trades, found.days) == (0, 2)


def test_a_trade_counts_however_long_after_its_bar_it_ends() -> None:
    bars = tuple(structs.replace(BAR, ts_close=2 + number) for number in range(25_000))
    story = Story().day(0, profits=(), extra=(intent("long"), deal(2, 1, 1, "0.20", id="long"), *bars))
    story.day(1, profits=(), extra=(deal(3, 1, -1, "0.20", entry="out", profit=Decimal(4)),))
    assert gather([story.entries], MARK).trades == 1


def test_what_speaks_against_a_strategy_counts_in_bars_that_are_played_back_too(tmp_path: Path) -> None:
    late = structs.replace(BAR, timely=False)
    double = Alerted(severity="critical", code="double_submit", text="")
    story = proven().day(2, agreed="0.01", bar=late, extra=(double,))
    assert standing(story, tmp_path).missing == (
        "clean reconciliations in a row: 0 of 2",
        "critical alerts: 1",
    )


def test_a_verdict_says_what_the_paper_trades_came_to(tmp_path: Path) -> None:
    assert standing(proven(), tmp_path).shown == "3 paper trades won 10 net"
    losing = Story().day(0, profits=("1", "-40")).day(1)
    assert standing(losing, tmp_path).graduated
    assert standing(losing, tmp_path).shown == "3 paper trades lost 35 net"
    assert Standing(MARK, Evidence(MARK), (), ()).shown == "no paper trades"


def test_evidence_counts_only_what_came_after_its_beginning() -> None:
    story = proven()
    assert gather([story.entries], MARK, NOON + DAY // 2).trades == 1
    assert gather([story.entries], MARK, NOON + 9 * DAY).trades == 0


def test_what_two_accounts_show_adds_up_although_their_tickets_are_equal() -> None:
    first = Story().day(0, profits=("10",), price="1.10003")
    second = Story().day(1, profits=("-4", "1"), price="1.10000")
    found = gather([first.entries, second.entries], MARK)
    assert (found.trades, found.days, found.reconciled) == (3, 2, 2)
    assert found.orders == 3
    assert found.slippage == pytest.approx(1.0)


def test_a_journal_does_not_go_on_in_the_mode_of_the_one_before() -> None:
    begun = Story().day(0, profits=("10",))
    headless = [one for one in Story().day(1, profits=("1",)).entries if not isinstance(one.body, Start)]
    assert gather([begun.entries, headless], MARK).trades == 1
