"""Help, version and usage errors of the real program: what is shown, how fast, importing what."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import click
import pytest

from ictcli import __version__
from ictcli.cli import COMMANDS, EXAMPLES, program
from ictcli.session import Session
from tests.contract.program import PROGRAM, Run, environment

NAMES = [name for section in COMMANDS.values() for name in section]
PATHS = [[], *([name] for name in NAMES), ["config", "show"], ["config", "check"], ["config", "schema"]]
ALLOWED = {"click", "ictcli", "_distutils_hack", "sitecustomize"}


@pytest.mark.parametrize("path", PATHS, ids=str)
def test_help_has_examples_and_fits_100_columns(path: list[str], ictcli: Run) -> None:
    result = ictcli(*path, "--help", env={"COLUMNS": "200"})
    assert (result.returncode, result.stderr) == (0, "")
    usage = " ".join(["Usage: ictcli", *path])
    assert result.stdout.startswith(usage)
    assert result.stdout.index("Examples:\n  ictcli") < result.stdout.index("Options:")
    assert max(len(line) for line in result.stdout.splitlines()) <= 100


@pytest.mark.parametrize("name", NAMES)
def test_the_command_list_says_what_the_command_itself_says(name: str) -> None:
    command = import_module(f"ictcli.commands.{name}").command
    assert isinstance(command, click.Command)
    assert command.name == name
    first_line = " ".join((command.help or "").partition("\n\n")[0].split())
    listed = next(section[name] for section in COMMANDS.values() if name in section)
    assert listed == first_line


@pytest.mark.parametrize("name", NAMES)
def test_every_option_of_a_command_has_help(name: str) -> None:
    with click.Context(program, **program.context_settings) as context:
        command = program.get_command(context, name)
    assert command is not None
    silent = [p.name for p in command.params if isinstance(p, click.Option) and not p.help]
    assert silent == []


def arguments(example: str) -> list[str]:
    """The words after ``ictcli`` up to a redirection or the next command."""
    words = shlex.split(example)
    assert words[0] == "ictcli"
    ends = [at for at, word in enumerate(words) if word in {">", ">>", "<", "|", "&&"}]
    return words[1 : min(ends, default=len(words))]


def parse(group: click.Group, args: list[str], parent: click.Context) -> list[str]:
    """Parse a command line down to its last subcommand without running it; returns the names."""
    name, command, rest = group.resolve_command(parent, args)
    assert name
    assert command
    context = command.make_context(name, list(rest), parent=parent)
    if isinstance(command, click.Group):
        return [name, *parse(command, rest, context)]
    return [name]


def examples() -> Iterator[tuple[str, str]]:
    """Every example with the command that shows it."""
    yield from (("", example) for example in EXAMPLES)
    with click.Context(program, **program.context_settings) as context:
        for name in NAMES:
            command = program.get_command(context, name)
            inner = list(command.commands.values()) if isinstance(command, click.Group) else []
            for shown in (command, *inner):
                found: tuple[str, ...] = getattr(shown, "examples", ())
                assert found, f"{name} has no examples"
                yield from ((name, example) for example in found)


@pytest.mark.parametrize(("name", "example"), list(examples()))
def test_every_example_is_a_valid_command_line_of_its_command(name: str, example: str) -> None:
    args = arguments(example)
    root = program.make_context("ictcli", list(args), obj=Session(args, {}))
    assert parse(program, root._protected_args + root.args, root)[0] == (name or args[0])


def test_short_and_long_help_are_the_same(ictcli: Run) -> None:
    assert ictcli("-h").stdout == ictcli("--help").stdout


def test_no_command_prints_the_help_and_is_a_usage_error(ictcli: Run) -> None:
    result = ictcli()
    assert result.returncode == 2
    assert result.stdout == ""
    assert "Usage: ictcli" in result.stderr


def test_version(ictcli: Run) -> None:
    assert ictcli("--version").stdout == f"ictcli {__version__}\n"
    verbose = ictcli("--version", "-v").stdout
    assert re.search(r"^polars \d", verbose, re.MULTILINE)


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (["--help"], 0),
        (["fetch", "--help"], 0),
        (["--version"], 0),
        (["fecth"], 2),
        (["backtest", "--no-such-option"], 2),
        (["completion", "bash"], 0),
    ],
    ids=str,
)
def test_light_commands_import_only_click_and_the_standard_library(
    args: list[str], code: int, tmp_path: Path
) -> None:
    script = (
        "import sys; from ictcli.__main__ import run; code = run(sys.argv[1:]); sys.stdout.flush();"
        "print('\\n'.join(['', *sorted({name.partition('.')[0] for name in sys.modules})])); sys.exit(code)"
    )
    result = subprocess.run(
        [sys.executable, "-c", script, *args],
        capture_output=True,
        encoding="utf-8",
        env=environment(tmp_path, measured=False),
        cwd=tmp_path,
        check=False,
    )
    assert result.returncode == code, result.stderr
    loaded = set(result.stdout.rpartition("\n\n")[2].split("\n"))
    foreign = {name for name in loaded if name and name not in sys.stdlib_module_names} - ALLOWED
    assert {name for name in foreign if not name.startswith("__")} == set()


def test_completion_request_imports_nothing_heavy(tmp_path: Path) -> None:
    asked = {"_ICTCLI_COMPLETE": "bash_complete", "COMP_WORDS": "ictcli fe", "COMP_CWORD": "1"}
    result = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "ictcli"],
        capture_output=True,
        encoding="utf-8",
        env=environment(tmp_path, asked),
        check=False,
    )
    assert result.stdout == "plain,fetch\n"
    assert not re.search(r"\b(polars|numpy|numba|duckdb|pyarrow|msgspec|ictcli\.commands)\b", result.stderr)


def test_looking_at_a_workspace_compiles_nothing_and_migrates_nothing(tmp_path: Path) -> None:
    """``status`` is what people and cron ask most often: no engine, no migrations behind it."""
    script = (
        "import sys; from ictcli.__main__ import run;"
        "codes = [run(['init', '.']), run(['status', '-q']), run(['query', 'SELECT 1'])];"
        "sys.stdout.flush();"
        "print('', *codes, *({name.partition('.')[0] for name in sys.modules} & {'numba', 'alembic'}))"
    )
    result = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        encoding="utf-8",
        env=environment(tmp_path, measured=False),
        cwd=tmp_path,
        check=False,
    )
    assert result.stdout.splitlines()[-1].split() == ["0", "0", "0"], result.stderr


def test_help_starts_within_one_and_a_half_times_importing_click(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    for _ in range(3):
        result = subprocess.run(
            [sys.executable, str(root / "benchmarks" / "startup.py"), "--runs", "8"],
            capture_output=True,
            encoding="utf-8",
            env=environment(tmp_path, measured=False),
            check=False,
        )
        if result.returncode == 0:
            return
    pytest.fail(result.stdout + result.stderr)


def test_the_module_and_the_script_are_the_same_program() -> None:
    assert PROGRAM[1:] == ("-m", "ictcli")
    script = Path(sys.executable).with_name("ictcli")
    if not script.exists():
        pytest.skip("the console script is not installed beside this interpreter")
    result = subprocess.run([str(script), "--version"], capture_output=True, encoding="utf-8", check=True)
    assert result.stdout == f"ictcli {__version__}\n"
