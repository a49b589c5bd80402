"""Lines of the log: what they hold, and that any file of them can be read as a table."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictcli.operations.log_lines import UNREADABLE, line_of
from ictcli.operations.log_table import log_table

FIELDS = {"ts": "2026-03-17T12:00:00.5Z", "level": "INFO", "message": "sent", "intent": "abc", "ticket": 7}


def table(tmp_path: Path, *lines: bytes) -> list[dict[str, object]]:
    """Rows of a file of these lines."""
    (tmp_path / "log-2026-03-17-0001.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    rows: list[dict[str, object]] = log_table(tmp_path, full=True).to_pylist()
    return rows


def test_a_line_is_one_json_object_without_what_is_not_known() -> None:
    line = line_of({**FIELDS, "symbol": "", "code": None, "price": "1.1"})
    assert json.loads(line) == {**FIELDS, "more": {"price": "1.1"}}
    assert b"\n" not in line_of({**FIELDS, "message": "two\nlines"})


def test_values_that_do_not_fit_their_field_are_kept_beside_it() -> None:
    line = json.loads(line_of({**FIELDS, "ticket": "seven", "code": 5, "deal": 2**70}))
    assert "ticket" not in line
    assert line["more"] == {"ticket": "seven", "code": 5, "deal": 2**70}


def test_lines_come_back_as_a_table(tmp_path: Path) -> None:
    (row,) = table(tmp_path, line_of({**FIELDS, "price": 1.5}))
    assert (row["intent"], row["ticket"], row["more"]) == ("abc", 7, '{"price":1.5}')
    assert str(row["ts"]) == "2026-03-17 12:00:00.500000+00:00"
    assert row["symbol"] is None
    assert row["file"] == "log-2026-03-17-0001.jsonl"


@pytest.mark.parametrize(
    "raw", [b'{"ts":"2026', b"[1]", b"\xff\xfe", b'{"level":"INFO"}', b'{"ts":1,"level":2}']
)
def test_a_line_that_is_none_is_shown_and_hides_no_other(raw: bytes, tmp_path: Path) -> None:
    rows = table(tmp_path, line_of(FIELDS), raw, b"", line_of(FIELDS))
    assert [row["level"] for row in rows] == ["INFO", UNREADABLE, "INFO"]
    assert rows[1]["ts"] is None


def test_a_line_with_fields_of_a_later_version_is_read(tmp_path: Path) -> None:
    (row,) = table(tmp_path, b'{"ts":"2026-03-17","level":"INFO","new":[1]}')
    assert row["level"] == "INFO"


def test_without_rows_and_without_files_there_are_the_columns(tmp_path: Path) -> None:
    table(tmp_path, line_of(FIELDS))
    assert log_table(tmp_path, full=False).num_rows == 0
    assert "intent" in log_table(tmp_path / "nowhere", full=True).schema.names


@given(st.binary(max_size=300))
def test_any_bytes_can_be_read(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    folder = tmp_path_factory.mktemp("any")
    (folder / "log-2026-03-17-0001.jsonl").write_bytes(raw)
    rows = log_table(folder, full=True)
    assert rows.num_rows == len([line for line in raw.splitlines() if line])
