"""The page on troubleshooting: every code and every error has its place, and quotes what the program says."""

import ast
import re
from pathlib import Path

import pytest

from ictcli import errors
from ictcli.errors import ExitCode, IctError
from tests.contract.pages import ROOT, read, said, section, trees

PAGE = read("troubleshooting.md")
CODES = {code: f"Exit {code.value}: {code.name}" for code in ExitCode}


def _families() -> dict[str, str]:
    """Every error class of the package by name, with the class of ``errors.py`` that it is one of."""
    found = {name: name for name, one in vars(errors).items() if _is_error(one)}
    classes = [node for tree in trees() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    grown = True
    while grown:
        grown = False
        for node in classes:
            bases = [base.id for base in node.bases if isinstance(base, ast.Name) and base.id in found]
            if bases and node.name not in found:
                found[node.name] = found[bases[0]]
                grown = True
    return found


def _is_error(one: object) -> bool:
    return isinstance(one, type) and issubclass(one, IctError)


@pytest.mark.parametrize("code", list(ExitCode), ids=lambda code: code.name)
def test_every_exit_code_has_a_section(code: ExitCode) -> None:
    assert len(section(PAGE, CODES[code])) > 20


@pytest.mark.no_cover
def test_every_error_of_the_program_stands_in_the_section_of_its_code() -> None:
    families = _families()
    assert {"Vanished", "Unfit", "CardFailed", "LedgerFenced"} <= set(families)
    for name, family in families.items():
        assert f"`{name}`" in section(PAGE, CODES[vars(errors)[family].code]), name


def test_messages_that_the_page_quotes_are_those_of_the_program() -> None:
    words = said()
    quoted = [
        text
        for row in re.findall(r"^\| (.*?) \| .* \|$", PAGE[PAGE.index("## Exit 0") :], re.MULTILINE)
        for text in re.findall(r"`([^`]+)`", row)
        if not row.startswith("exit ")
    ]
    assert len(quoted) > 30
    of_the_system = {
        "no space left on device",
        "input/output error",
        "permission denied: …",
        "not a directory: …",
    }
    missing = [
        text
        for text in quoted
        if text not in of_the_system
        and not all(part.strip(" :,") in words for part in text.lower().split("…") if part.strip(" :,"))
    ]
    assert missing == []


def test_a_section_without_its_error_would_be_noticed() -> None:
    with pytest.raises(AssertionError, match="no section"):
        section(PAGE.replace("## Exit 9:", "## Exit nine:"), CODES[ExitCode.DISCREPANCY])


def test_runbooks_that_the_page_sends_to_exist() -> None:
    targets = set(re.findall(r"\]\((runbooks/[\w-]+\.md)\)", PAGE))
    assert len(targets) >= 6
    assert all((Path(ROOT) / "docs" / target).is_file() for target in targets)
