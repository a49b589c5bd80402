"""The paper terminal's files: small however long it trades, whole however it ends, readable as they were."""

from pathlib import Path

import msgspec
import pytest

from benchmarks.market.played import floor_of, unbound
from ictcli.brokers.simulated.server_history import History
from ictcli.errors import DataError
from ictcli.ledger.address import TERMINAL_FILE
from ictcli.trading.paper_history import Extent, HistoryFile
from ictcli.trading.paper_state import Kept, read_state
from ictcli.trading.paper_terminal import PaperTerminal

START = 1_704_672_000_000_000_000
FLOOR = floor_of(300)


def terminal(folder: Path) -> PaperTerminal:
    """A terminal that was just made."""
    return PaperTerminal(folder, FLOOR, unbound(), lambda: START, 0)


def book(one: PaperTerminal, count: int) -> None:
    """Let so many deals happen."""
    for _ in range(count):
        number = history(one).deals.count
        one.server.scene.book.cash(START + number, number, "a deal")


def history(one: PaperTerminal) -> History:
    """What it remembers."""
    return one.server.scene.book.history


def shown(one: PaperTerminal) -> list[tuple[int, int]]:
    """Its deals."""
    return [(deal.ticket, deal.profit) for deal in one.server.deals(0, START * 2)]


def reloaded(folder: Path) -> PaperTerminal:
    """The terminal of the next process."""
    one = terminal(folder)
    one.load()
    return one


def test_a_terminal_is_what_was_written_down_however_often_it_ends(tmp_path: Path) -> None:
    one = terminal(tmp_path)
    for count in (1, 63, 64, 65, 200, 1, 500):
        book(one, count)
        one.keep()
        other = reloaded(tmp_path)
        assert shown(other) == shown(one)
        assert history(other).next_deal == history(one).next_deal
        assert other.server.save() == one.server.save()
        one = other
    assert shown(one)[-1] == (20_000_001 + 894, 894)


def test_the_file_that_is_written_at_every_change_does_not_grow(tmp_path: Path) -> None:
    one = terminal(tmp_path)
    sizes = []
    for _ in range(20):
        book(one, 200)
        one.keep()
        sizes.append((tmp_path / TERMINAL_FILE).stat().st_size)
    assert max(sizes[1:]) < 1.5 * min(sizes[1:])
    added = (tmp_path / "terminal-1.history").stat().st_size
    book(one, 1)
    one.keep()
    assert (tmp_path / "terminal-1.history").stat().st_size == added


def test_deals_are_looked_up_by_their_time(tmp_path: Path) -> None:
    one = terminal(tmp_path)
    book(one, 1_000)
    found = one.server.deals(START + 500, START + 502)
    assert [deal.profit for deal in found] == [500, 501, 502]


def test_what_was_added_and_no_state_counts_is_written_over(tmp_path: Path) -> None:
    one = terminal(tmp_path)
    book(one, 200)
    one.keep()
    before = shown(one)
    state = (tmp_path / TERMINAL_FILE).read_bytes()
    book(one, 200)
    one.keep()
    with (tmp_path / "terminal-1.history").open("ab") as file:
        file.write(b"torn")
    (tmp_path / TERMINAL_FILE).write_bytes(state)
    other = reloaded(tmp_path)
    assert shown(other) == before
    book(other, 300)
    other.keep()
    assert shown(reloaded(tmp_path)) == shown(other)


def test_a_state_of_the_version_before_is_read_and_written_anew(tmp_path: Path) -> None:
    one = terminal(tmp_path)
    book(one, 300)
    old = msgspec.to_builtins(Kept(one.server.save(), {0: (3, 2)}), builtin_types=(bytes,), str_keys=False)
    del old["history"]
    (tmp_path / TERMINAL_FILE).write_bytes(msgspec.msgpack.encode(old))
    other = reloaded(tmp_path)
    assert (shown(other), other.progress.done) == (shown(one), {0: (3, 2)})
    other.keep()
    kept = read_state(tmp_path / TERMINAL_FILE)
    assert kept.history is not None
    assert shown(reloaded(tmp_path)) == shown(one)


def test_a_new_account_in_the_same_folder_has_a_history_of_its_own(tmp_path: Path) -> None:
    one = terminal(tmp_path)
    book(one, 300)
    one.keep()
    other = terminal(tmp_path)
    book(other, 5)
    assert shown(reloaded(tmp_path)) == shown(one)
    other.keep()
    assert shown(reloaded(tmp_path)) == shown(other)
    assert not (tmp_path / "terminal-1.history").exists()


@pytest.mark.parametrize("harm", ["gone", "shorter", "changed"])
def test_a_history_that_is_not_the_terminals_is_refused(tmp_path: Path, harm: str) -> None:
    one = terminal(tmp_path)
    book(one, 300)
    one.keep()
    path = tmp_path / "terminal-1.history"
    content = path.read_bytes()
    if harm == "gone":
        path.unlink()
    else:
        path.write_bytes(content[:-1] if harm == "shorter" else content[:-1] + b"\x00")
    with pytest.raises(DataError, match=r"terminal-1\.history"):
        reloaded(tmp_path)


def test_blocks_come_back_in_their_order(tmp_path: Path) -> None:
    file = HistoryFile(tmp_path)
    file.add(([b"a"], [b"b", b"c"]))
    file.add(([b"a", b"d"], [b"b", b"c"]))
    again = HistoryFile(tmp_path)
    assert again.read(file.extent) == ([b"a", b"d"], [b"b", b"c"])
    again.add(([b"a", b"d"], [b"b", b"c", b"e"]))
    assert HistoryFile(tmp_path).read(again.extent) == ([b"a", b"d"], [b"b", b"c", b"e"])
    assert HistoryFile(tmp_path).read(file.extent) == ([b"a", b"d"], [b"b", b"c"])
    assert HistoryFile(tmp_path).read(Extent(9)) == ([], [])


def test_a_history_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    file = HistoryFile(tmp_path)
    (tmp_path / "terminal-1.history").mkdir()
    with pytest.raises(DataError, match="cannot write"):
        file.add(([b"a"], []))
