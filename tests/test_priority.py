import os
import sys
import threading

import pytest

from ictcli.priority import in_the_background


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a policy for idle moments")
def test_others_go_first_for_the_block_only_whatever_thread_works() -> None:
    go, told = threading.Event(), threading.Event()
    seen: list[int] = []

    def work() -> None:
        go.wait()
        seen.append(os.sched_getscheduler(threading.get_native_id()))
        told.set()

    thread = threading.Thread(target=work)
    thread.start()
    before = os.sched_getscheduler(0)
    with in_the_background():
        go.set()
        told.wait()
        assert [os.sched_getscheduler(0), *seen] == [os.SCHED_IDLE] * 2
    thread.join()
    assert os.sched_getscheduler(0) == before


@pytest.mark.skipif(sys.platform in {"linux", "win32"}, reason="Linux has better, Windows nothing")
def test_others_go_first_by_steps_of_priority_elsewhere() -> None:
    before = os.getpriority(os.PRIO_PROCESS, 0)
    with in_the_background():
        assert os.getpriority(os.PRIO_PROCESS, 0) == min(19, before + 5)
    after = os.getpriority(os.PRIO_PROCESS, 0)
    assert after == before if os.geteuid() == 0 else after >= before
