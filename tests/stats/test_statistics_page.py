"""The examples of docs/statistics.md are run as they stand."""

import doctest
import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "statistics.md"


def test_every_example_of_the_page_shows_what_it_prints() -> None:
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    test = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, PAGE.name, str(PAGE), 0)
    said: list[str] = []
    outcome = doctest.DocTestRunner(verbose=False).run(test, out=said.append)
    assert outcome.attempted >= 20
    assert outcome.failed == 0, "".join(said)


def test_every_module_of_the_room_is_on_the_page() -> None:
    room = Path(__file__).parents[2] / "ictcli" / "stats"
    page = PAGE.read_text(encoding="utf-8")
    modules = {path.stem for path in room.glob("*.py")} - {"__init__"}
    assert {name for name in modules if f"`{name}" not in page} == set()
