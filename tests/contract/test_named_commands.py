"""Every call of ictcli that the documentation names: its command exists, and so do its options."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from ictcli.cli import program
from tests.contract.pages import DOCS, ROOT

PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS.rglob("*.md")])
GLOBAL = {"-w", "--workspace", "-c", "--config"}
CALL = re.compile(r"(?:^|[\s`(&|;])ictcli ([a-z-][^`\n|&;<>]*)")


def calls(text: str) -> Iterator[list[str]]:
    """The words of each call in code: between backticks, or a line of a block that begins with one."""
    blocks = re.findall(r"^```(?:sh|console|cron)?\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    lines = [line.replace("\\\n", " ") for block in blocks for line in block.splitlines()]
    lines = [line for line in lines if re.match(r"(?:\$ )?(?:ictcli |[\d*/-]+ [\d*]|.*&& ictcli )", line)]
    inline = re.findall(r"`(ictcli [^`\n]+)`", text)
    indented = re.findall(r"^    (ictcli .+)$", text, re.MULTILINE)
    for line in (*lines, *inline, *indented):
        for call in CALL.findall(re.sub(r"\s+#.*$", "", line)):
            try:
                yield shlex.split(call)
            except ValueError:
                yield call.split()


def fault(words: list[str]) -> str:
    """What is wrong with a call; empty when nothing is."""
    while words and words[0].startswith("-"):
        words = words[2:] if words[0] in GLOBAL else words[1:]
    if not words or not re.fullmatch(r"[a-z]+", words[0]):
        return ""
    with click.Context(program) as context:
        command = program.get_command(context, words[0])
        if command is None:
            return f"no command {words[0]}"
        rest = words[1:]
        if isinstance(command, click.Group):
            if not rest or not re.fullmatch(r"[a-z]+", rest[0]):
                return ""
            name, *rest = rest
            inner = command.get_command(context, name)
            if inner is None:
                return f"no command {words[0]} {name}"
            command = inner
    known = {option for one in command.params for option in (*one.opts, *one.secondary_opts)}
    known |= {option for one in program.params for option in one.opts} | {"-h", "--help"}
    given = {word.partition("=")[0].rstrip(",.;:)]") for word in rest if re.match(r"--?[a-z]", word)}
    unknown = sorted(given - known)
    return f"{words[0]} has no {', '.join(unknown)}" if unknown else ""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_the_calls_of_a_page_exist(page: Path) -> None:
    found = [(words, fault(words)) for words in calls(page.read_text(encoding="utf-8"))]
    assert [(" ".join(words), why) for words, why in found if why] == []


def test_most_calls_are_seen_and_a_wrong_one_is_named() -> None:
    assert sum(len(list(calls(page.read_text(encoding="utf-8")))) for page in PAGES) > 300
    assert fault(["ledger", "rekey"]) == "no command ledger rekey"
    assert fault(["halt", "--flat"]) == "halt has no --flat"
    assert fault(["-w", "desk", "stop"]) == "no command stop"
