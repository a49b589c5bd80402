import os
import sys

import pytest

from ictcli.priority import in_the_background


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such steps")
def test_others_go_first_for_the_block_only() -> None:
    before = os.getpriority(os.PRIO_PROCESS, 0)
    with in_the_background():
        assert os.getpriority(os.PRIO_PROCESS, 0) == min(19, before + 5)
    after = os.getpriority(os.PRIO_PROCESS, 0)
    assert after == before if os.geteuid() == 0 else after >= before
