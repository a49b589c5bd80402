"""Mutated rules: the suite must notice when a comparison, a bound or a sign in a detector is changed.

A mutant is one change to one kernel of one detector. It is applied in a copy of the project and that
detector's tests are run there, first with the compiler off (fast to start), then the sweep compiled. A
mutant that survives both must be named in ``EQUIVALENT`` with the reason why it changes nothing.
"""

import ast
import copy
import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DETECTORS = ROOT / "ictcli" / "detectors"
PER_MODULE = 3
SEED = 7

SHARED = ("vectors", "rules", "reference")
"""Test files of no folder that know rules of many detectors."""
SWEEPS = ("test_causality.py", "test_properties.py")
"""Test files that go over all registered detectors."""

_NOBODY_OPEN = "without an open window there is nothing to widen: the question saves time"
EQUIVALENT: dict[str, str] = {
    "blocks/breaker.step: first_break < last_break -> first_break <= last_break": (
        "acting on a bar without records of others changes nothing: the question saves time"
    ),
    "bias/confluence.step: v0 < v1 -> v0 <= v1": "no records give nothing to hear: the question saves time",
    "blocks/flip_breaker.flip: direction > 0 -> direction >= 0": "order blocks have a direction",
    "liquidity/turtle_soup.look_back: state['at'][side] >= oldest -> state['at'][side] > oldest": (
        "looking again while the latest lowest bar is the oldest one finds the same bar"
    ),
    "structure/ote.watch: held['direction'] > 0 -> held['direction'] >= 0": "its breaks have a direction",
    "structure/displacement.confirm: bodies > 0 -> bodies >= 0": (
        "bars whose bodies cancel out are below every least share of their range"
    ),
    **{
        f"sessions/{name}.step: windows['active'] > 0 -> windows['active'] >= 0": _NOBODY_OPEN
        for name in ("asian_range", "cbdr", "flout", "kill_zone", "macro", "silver_bullet")
    },
}
"""Mutants that no test can kill, by description, with the argument."""

_SWAPPED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """One change: where, what it was, what it becomes, and the whole changed file."""

    module: str
    function: str
    before: str
    after: str
    source: str

    @property
    def title(self) -> str:
        return f"{self.module}.{self.function}: {self.before} -> {self.after}"


def modules() -> list[Path]:
    """Every file that holds one detector."""
    files = sorted(DETECTORS.glob("*/*.py"))
    return [path for path in files if "DETECTOR = Detector(" in path.read_text(encoding="utf-8")]


def mutants(path: Path) -> Iterator[Mutant]:
    """Every possible mutant of a file, in source order."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    module = path.relative_to(DETECTORS).with_suffix("").as_posix()
    for function in tree.body:
        if isinstance(function, ast.FunctionDef) and is_rule(function):
            for node in ast.walk(function):
                yield from changes_of(node, tree, module, function.name)


def is_rule(function: ast.FunctionDef) -> bool:
    """Kernels but the loop, whose bounds only say when the buffer is enlarged."""
    names = [one.id for one in function.decorator_list if isinstance(one, ast.Name)]
    return bool({"kernel", "hot_kernel"} & set(names)) and function.name != "run"


def changes_of(node: ast.AST, tree: ast.Module, module: str, function: str) -> Iterator[Mutant]:
    """The mutants made by changing one node."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _SWAPPED:
        kept = node.ops[0]
        changed: ast.AST = copy.copy(node)
        assert isinstance(changed, ast.Compare)
        changed.ops = [_SWAPPED[type(kept)]()]
        before, after = ast.unparse(node), ast.unparse(changed)
        node.ops = changed.ops
        yield Mutant(module, function, before, after, ast.unparse(tree))
        node.ops = [kept]
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        operator = node.op
        before = ast.unparse(node)
        node.op = ast.Sub() if isinstance(operator, ast.Add) else ast.Add()
        yield Mutant(module, function, before, ast.unparse(node), ast.unparse(tree))
        node.op = operator
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"min", "max"}:
        name, before = node.func.id, ast.unparse(node)
        node.func.id = "max" if name == "min" else "min"
        yield Mutant(module, function, before, ast.unparse(node), ast.unparse(tree))
        node.func.id = name


def chosen(path: Path) -> list[Mutant]:
    """``PER_MODULE`` mutants of a file, drawn with a fixed seed, in source order."""
    every = list(mutants(path))
    drawn = random.Random(SEED).sample(range(len(every)), min(PER_MODULE, len(every)))
    return [every[at] for at in sorted(drawn)]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the package and of the detectors' tests."""
    ignored = shutil.ignore_patterns("__pycache__", ".hypothesis")
    shutil.copytree(ROOT / "ictcli", tmp_path / "ictcli", ignore=ignored)
    shutil.copytree(ROOT / "tests" / "detectors", tmp_path / "tests" / "detectors", ignore=ignored)
    for name in ("pyproject.toml", "tests/conftest.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def survives(project: Path, mutant: Mutant) -> bool:
    """Whether the detector's tests pass on a mutant."""
    target = project / "ictcli" / "detectors" / f"{mutant.module}.py"
    whole = target.read_text(encoding="utf-8")
    target.write_text(mutant.source, encoding="utf-8")
    try:
        return all(passes(project, *arguments) for arguments in suites(project, mutant.module))
    finally:
        target.write_text(whole, encoding="utf-8")


def suites(project: Path, module: str) -> Iterator[tuple[str, ...]]:
    """Test runs in the order in which they are likely to notice: the cheapest that name the detector first.

    All of them run with the compiler off: a changed kernel would have to be compiled again together with
    everything that listens to it, which takes longer than the few bars of a test take without.
    """
    folder, name = module.split("/")
    tests = project / "tests" / "detectors"
    files = [*sorted((tests / folder).glob("test_*.py")), *(tests / f"test_{one}.py" for one in SHARED)]
    own = [path for path in files if is_about(name, path)]
    rest = [path for path in files if path not in own]
    if own:
        yield tuple(str(path.relative_to(project)) for path in own)
    yield tuple(str(path.relative_to(project)) for path in rest)
    swept = [f"tests/detectors/{one}" for one in SWEEPS if (project / "tests" / "detectors" / one).is_file()]
    yield (*swept, "-k", f"[{name}] or {name}-")


def is_about(name: str, path: Path) -> bool:
    """Whether a test file says a detector's name, in its own name or as a text."""
    text = path.read_text(encoding="utf-8")
    return path.stem == f"test_{name}" or re.search(rf"[\"'./]{name}[\"'.]", text) is not None


def passes(project: Path, *arguments: str) -> bool:
    """Whether tests pass in a copy of the project, with the compiler off."""
    environment = {
        **os.environ, "PYTHONPATH": str(project), "NUMBA_DISABLE_JIT": "1",
        "ICTCLI_CACHE_DIR": str(project / ".cache"), "PYTHONDONTWRITEBYTECODE": "1",
        "ICTCLI_TEST_PROFILE": "test",
    }  # fmt: skip
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-m", "not proof"]
    done = subprocess.run(
        [*command, *arguments],
        cwd=project, env=environment, capture_output=True, text=True, check=False, timeout=900,
    )  # fmt: skip
    if done.returncode not in (0, 1, 5):
        pytest.fail(f"the tests did not run: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.returncode != 1


@pytest.mark.proof
def test_a_planted_fault_does_not_survive(project: Path) -> None:
    path = DETECTORS / "imbalance" / "fvg.py"
    every = {mutant.title: mutant for mutant in mutants(path)}
    assert not survives(project, every["imbalance/fvg.is_gap: height <= 0 -> height < 0"])


@pytest.mark.no_cover
def test_every_equivalent_mutant_named_here_exists() -> None:
    every = {mutant.title for path in modules() for mutant in mutants(path)}
    assert sorted(set(EQUIVALENT) - every) == []


@pytest.mark.proof
@pytest.mark.parametrize("path", modules(), ids=lambda path: path.stem)
def test_mutants_of_every_detector_are_killed(
    path: Path, project: Path, proof_facts: dict[str, object]
) -> None:
    module = path.relative_to(DETECTORS).with_suffix("").as_posix()
    assert survives(project, Mutant(module, "", "", "", path.read_text(encoding="utf-8"))), "fails unchanged"
    tried = chosen(path)
    left = [mutant.title for mutant in tried if survives(project, mutant)]
    proof_facts |= {"mutants": [mutant.title for mutant in tried], "survivors": left}
    assert [title for title in left if title not in EQUIVALENT] == []
