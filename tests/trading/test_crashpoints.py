"""Named places at which a process ends, in real processes and counted."""

import os
import signal
import subprocess
import sys

import pytest

from ictcli.trading.crashpoints import POINTS, CrashPoints


@pytest.mark.parametrize("name", POINTS)
def test_the_process_ends_at_the_pass_that_was_named(name: str) -> None:
    ended: list[str] = []
    crash = CrashPoints({"ICTCLI_CRASH": f"{name}:2"}, lambda: ended.append("now"))
    for point in POINTS:
        crash(point)
    assert not ended
    crash(name)
    assert ended == ["now"]
    crash(name)
    assert ended == ["now"]


def test_without_the_variable_nothing_happens() -> None:
    ended: list[str] = []
    crash = CrashPoints({}, lambda: ended.append("now"))
    for point in POINTS:
        crash(point)
    assert not ended


@pytest.mark.parametrize("text", ["nowhere:1", "after_sent", "after_sent:0", "after_sent:x"])
def test_a_wrong_name_or_count_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="ICTCLI_CRASH"):
        CrashPoints({"ICTCLI_CRASH": text})


def test_a_real_process_is_killed_without_any_clean_up() -> None:
    code = (
        "from ictcli.trading.crashpoints import CrashPoints\n"
        "crash = CrashPoints()\n"
        "try:\n    crash('after_sent'); print('first', flush=True); crash('after_sent')\n"
        "finally:\n    print('cleaned up')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "ICTCLI_CRASH": "after_sent:2"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout == "first\n"
    assert done.returncode == -signal.SIGKILL
