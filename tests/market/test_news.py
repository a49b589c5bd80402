"""The news calendar: what a file says, and errors that name file and line."""

from pathlib import Path

import pytest

from ictcli.clock import NS_PER_MINUTE, iso
from ictcli.errors import ConfigError
from ictcli.market.news import read_news


def write(folder: Path, text: str) -> Path:
    path = folder / "news.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_events_come_sorted_with_their_quiet_time(tmp_path: Path) -> None:
    events = read_news(
        write(
            tmp_path,
            "# releases\ntime,currency,before,after\n2024-06-12T18:00:00Z,all,60,60\n\n"
            "2024-05-03T12:30:00Z, usd ,30,15\n2024-05-03T14:30:00+02:00,EUR,0,5\n",
        )
    )
    assert [(iso(one.ts), one.currency) for one in events] == [
        ("2024-05-03T12:30:00Z", "EUR"),
        ("2024-05-03T12:30:00Z", "USD"),
        ("2024-06-12T18:00:00Z", "ALL"),
    ]
    assert events[1].start == events[1].ts - 30 * NS_PER_MINUTE
    assert events[1].end == events[1].ts + 15 * NS_PER_MINUTE


def test_a_spreadsheets_byte_order_mark_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "news.csv"
    path.write_bytes(b"\xef\xbb\xbfTime,Currency,Before,After\r\n2024-05-03T12:30,USD,30,15\r\n")
    assert len(read_news(path)) == 1


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("soon,USD,30,15", "time 'soon' is not an instant"),
        ("7d,USD,30,15", "time '7d' is not an instant"),
        ("2024-13-03T12:30:00Z,USD,30,15", "2024-13-03T12:30:00Z"),
        ("2024-05-03T12:30:00Z,U.S.,30,15", "currency 'U.S.' is not a code"),
        ("2024-05-03T12:30:00Z,USD,-5,15", "before must be minutes from 0 to 10080, not '-5'"),
        ("2024-05-03T12:30:00Z,USD,30,1e3", "after must be minutes"),
        ("2024-05-03T12:30:00Z,USD,30,10081", "after must be minutes"),
        ("2024-05-03T12:30:00Z,USD,30", "4 columns are needed, not 3"),
    ],
)
def test_a_bad_line_is_named_with_file_and_number(tmp_path: Path, line: str, reason: str) -> None:
    path = write(tmp_path, f"time,currency,before,after\n\n{line}\n")
    with pytest.raises(ConfigError) as caught:
        read_news(path)
    assert f"{path}, line 3: " in caught.value.message
    assert reason in caught.value.message


def test_a_file_without_its_header_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="line 1: the first line must be time,currency,before,after"):
        read_news(write(tmp_path, "2024-05-03T12:30:00Z,USD,30,15\n"))


def test_an_empty_calendar_has_no_events(tmp_path: Path) -> None:
    assert read_news(write(tmp_path, "time,currency,before,after\n")) == ()


def test_a_calendar_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="the news calendar cannot be read: No such file") as caught:
        read_news(tmp_path / "none.csv")
    assert "risk.news" in caught.value.hint
    path = tmp_path / "binary.csv"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="it is not UTF-8 text"):
        read_news(path)
