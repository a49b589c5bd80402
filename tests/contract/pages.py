"""Pages of the documentation, followed to the letter: their files, patches and commands."""

import ast
import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
_SAVED = re.compile(r"^Save as `(?P<name>[\w./-]+)`:\n\n```\w+\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)
_COPIED = ("ictcli", "tests", "scripts", "docs", "config", "pyproject.toml")


def read(name: str) -> str:
    """The text of a page."""
    return (DOCS / name).read_text(encoding="utf-8")


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of one language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def section(text: str, title: str) -> str:
    """What stands below a heading, up to the next one of the same depth."""
    found = re.search(rf"^(#+) {re.escape(title)}\n(.*?)(?=^\1 |\Z)", text, re.DOTALL | re.MULTILINE)
    assert found is not None, f"no section {title!r}"
    return found[2]


def commands(text: str) -> list[str]:
    """The lines of all shell blocks, continued lines joined, comments left out."""
    joined = "".join(blocks(text, "sh")).replace("\\\n", " ")
    lines = (re.sub(r"\s+#.*$", "", line).strip() for line in joined.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def save_files(text: str, folder: Path) -> list[Path]:
    """Write every file that a page asks to save; gives their paths."""
    made = []
    for found in _SAVED.finditer(text):
        path = folder / found["name"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(found["text"], encoding="utf-8")
        made.append(path)
    return made


def put_programs(folder: Path) -> Path:
    """A folder for ``PATH`` with ``ictcli`` and ``python`` as those of this process."""
    programs = folder / "bin"
    programs.mkdir()
    for name, words in (("ictcli", " -m ictcli"), ("python", "")):
        (programs / name).write_text(f'#!/bin/sh\nexec "{sys.executable}"{words} "$@"\n')
        (programs / name).chmod(0o755)
    return programs


@cache
def trees() -> tuple[ast.Module, ...]:
    """Every module of the package."""
    return tuple(ast.parse(path.read_text(encoding="utf-8")) for path in (ROOT / "ictcli").rglob("*.py"))


@cache
def said() -> str:
    """Every text of the program in small letters: neighbours joined, ``…`` for what is filled in."""
    texts = []
    for tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.append(node.value)
            elif isinstance(node, ast.JoinedStr):
                parts = (one.value if isinstance(one, ast.Constant) else "…" for one in node.values)
                texts.append("".join(map(str, parts)))
    return "\n".join(texts).lower()


class Checkout:
    """A copy of this checkout in which a page is followed.

    Args:
        folder: where it is made.
        compiled: whether kernels are compiled; a copy compiles all of them anew.
    """

    def __init__(self, folder: Path, *, compiled: bool) -> None:
        self.folder = folder / "checkout"
        self.folder.mkdir()
        left_out = shutil.ignore_patterns("proofs", "*.png")
        for name in _COPIED:
            source, target = ROOT / name, self.folder / name
            if source.is_dir():
                shutil.copytree(source, target, ignore=left_out)
            else:
                shutil.copy2(source, target)
        programs = put_programs(folder)
        here = str(Path(sys.executable).parent)
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("ICTCLI_", "COV"))}
        self.environ = clean | {
            "PATH": f"{programs}:{here}:{os.environ['PATH']}",
            "PYTHONPATH": str(self.folder),
            "ICTCLI_CACHE_DIR": str(folder / "cache"),
            "PYTEST_ADDOPTS": "-p no:cacheprovider",
        }
        if not compiled:
            self.environ["NUMBA_DISABLE_JIT"] = "1"

    def follow(self, text: str) -> None:
        """Save the files of a page and apply its patches."""
        assert save_files(text, self.folder)
        for patch in blocks(text, "diff"):
            self.run("patch -p1 --fuzz=0", given=patch)

    def run(self, command: str, given: str = "") -> str:
        """What a command of the page prints; it must succeed."""
        done = subprocess.run(
            ["/bin/sh", "-ec", command],
            cwd=self.folder,
            env=self.environ,
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr
