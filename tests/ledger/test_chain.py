"""The hash chain: what continues it, what breaks it, and where."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ictcli.errors import DataError
from ictcli.ledger.chain import GENESIS, Event, first_break, link, read_key, seal
from tests.ledger.conftest import KEY


def chain(count: int) -> list[Event]:
    events: list[Event] = []
    for seq in range(1, count + 1):
        prev = events[-1].hash if events else GENESIS
        events.append(link(KEY, prev, seq, seq * 10, "stop", f'{{"reason":"{seq}"}}'))
    return events


def test_a_chain_continues_from_its_beginning_and_from_any_event() -> None:
    events = chain(9)
    assert first_break(KEY, events) is None
    assert first_break(KEY, events[4:], 4, events[3].hash) is None
    assert first_break(KEY, []) is None


@pytest.mark.parametrize("changed", ["ts", "kind", "body", "prev", "hash"])
def test_a_change_of_any_field_is_found_at_its_event(changed: str) -> None:
    events = chain(9)
    value: Any = 1 if changed == "ts" else "0" * 63 + "1"
    events[5] = replace(events[5], **{changed: value})
    found = first_break(KEY, events)
    assert found is not None
    assert found[0] == 6


def test_a_gap_is_found_where_it_is() -> None:
    events = chain(9)
    del events[3]
    assert first_break(KEY, events) == (4, "missing: event 3 is followed by 5")


def test_a_chain_rewritten_without_the_key_is_found() -> None:
    events = chain(5)
    forged = link(bytes(32), events[2].hash, 4, 40, "stop", "{}")
    assert first_break(KEY, [*events[:3], forged]) == (4, "it was changed after it was written")


def test_parts_of_a_seal_are_told_apart() -> None:
    assert seal(KEY, "ab", "c") != seal(KEY, "a", "bc")
    assert seal(KEY, 1, 23) != seal(KEY, 12, 3)


@pytest.mark.parametrize(("text", "reason"), [("zz", "holds no key"), ("abcd", "too short")])
def test_a_key_that_is_none_is_refused_without_showing_it(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "secret.key").write_text(text)
    with pytest.raises(DataError, match=reason) as refused:
        read_key(tmp_path / "secret.key")
    assert text not in refused.value.message.replace(str(tmp_path), "")


def test_a_missing_key_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(DataError) as refused:
        read_key(tmp_path / "secret.key")
    assert "ictcli init" in refused.value.hint


@pytest.mark.parametrize("name", ["anchors.log", "ledger/ledger.db", "paper/ledger/ledger.db"])
def test_beside_a_ledger_a_missing_key_is_to_be_restored_and_not_made(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text("")
    with pytest.raises(DataError) as refused:
        read_key(tmp_path / "secret.key")
    assert "Put the copy of the key back" in refused.value.hint
    assert "init" not in refused.value.hint
