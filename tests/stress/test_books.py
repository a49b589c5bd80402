"""Orders are judged by the terminal's own record: done, refused, or lost on the way."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ictcli.ledger.bodies import Intent
from ictcli.stress.books import Arrival, judge_order, read_arrivals
from ictcli.trading.simulation.retold import Story

INTENT = Intent(
    id="one", action="place", strategy="random_entry", symbol="EURUSD", bar=0, leg=0, magic=7, side=1,
    order="market", volume=Decimal("0.01"), stop=Decimal("1.05"),
)  # fmt: skip
DONE = Arrival(7, True, 1, "executed")
BARE = Arrival(7, False, 1, "executed")
LOST = Arrival(7, True, 0, "lost")
LOT = Decimal("0.01")


def written(folder: Path, *answers: tuple[int, Any], action: int = 1) -> Path:
    """A record of requests with how often each was done, and its answer."""
    lines: list[dict[str, Any]] = []
    for n, (executed, result) in enumerate(answers, 1):
        request = {"action": action, "magic": n, "stop": 5}
        lines.append({"arrived": n, "ts": n, "request": request})
        lines.append({"answered": n, "executed": executed, "result": result})
    file = folder / "requests.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return file


def test_what_was_done_is_told_by_the_server_and_not_by_its_answer(tmp_path: Path) -> None:
    record = written(
        tmp_path, (1, {"retcode": 10009}), (1, None), (0, None), (0, {"retcode": 10031}),
        (0, {"retcode": 10006}), (2, {"retcode": 10009}),
    )  # fmt: skip
    found = read_arrivals(record)
    assert [one.fate for one in found] == ["executed", "executed", "lost", "lost", "refused", "executed"]
    assert [one.executed for one in found] == [1, 1, 0, 0, 0, 2]
    assert read_arrivals(written(tmp_path, (1, None), action=8)) == []


@pytest.mark.parametrize(
    ("story", "arrivals", "volume", "wrong"),
    [
        (Story(INTENT, "filled", filled=LOT), [DONE], LOT, ""),
        (Story(INTENT, "absent"), [LOST], Decimal(0), ""),
        (Story(INTENT, "filled", filled=LOT), [DONE, DONE], LOT, "more than once"),
        (Story(INTENT, "filled", filled=LOT), [DONE], 2 * LOT, "more than once"),
        (Story(INTENT, "unknown"), [LOST], Decimal(0), "still unknown"),
        (Story(INTENT, "absent"), [DONE], LOT, "filled 0, at the terminal 0.01"),
        (Story(INTENT, "filled", filled=LOT), [LOST], Decimal(0), "filled 0.01, at the terminal 0"),
        (Story(INTENT, "open"), [LOST], Decimal(0), "the terminal has nothing of it"),
        (Story(INTENT, "filled", filled=LOT), [BARE], LOT, "without its stop"),
    ],
)
def test_an_order_is_wrong_where_its_end_is_not_that_at_the_terminal(
    story: Story, arrivals: list[Arrival], volume: Decimal, wrong: str
) -> None:
    found = judge_order(story, arrivals, volume)
    assert (wrong in found) if wrong else found == ""
