"""What a trader says about a stop, and to whom it counts."""

from pathlib import Path

from ictcli.trading.acknowledgement import Acknowledgement, acknowledge, acknowledgement


def test_what_was_said_about_this_stop_by_this_account_is_heard_and_nothing_else(tmp_path: Path) -> None:
    heard = Acknowledgement(epoch=5, account=7, ts=1, stage="heard", resting=2)
    acknowledge(tmp_path, heard)
    assert acknowledgement(tmp_path, 7, 5) == heard
    assert acknowledgement(tmp_path, 7, 6) is None
    assert acknowledgement(tmp_path, 8, 5) is None
    done = Acknowledgement(epoch=5, account=7, ts=2, stage="done", cancelled=2)
    acknowledge(tmp_path, done)
    assert acknowledgement(tmp_path, 7, 5) == done


def test_a_torn_word_is_no_word(tmp_path: Path) -> None:
    (tmp_path / "ACK.7").write_text("{")
    assert acknowledgement(tmp_path, 7, 5) is None
