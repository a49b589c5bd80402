"""The bench judges the reconciler and must not learn from it."""

import ast
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
ALLOWED = {"story", "exact", "findings", "tolerances"}
MODULES = sorted(path for path in FOLDER.glob("*.py") if not path.name.startswith("test_"))


def imported(path: Path) -> set[str]:
    """Modules that a file imports anywhere in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.module is not None
            names.add(node.module)
            if node.module == "ictcli.reconcile":
                names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names - {"ictcli.reconcile"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_the_bench_knows_the_tables_and_the_kinds_and_nothing_else_of_the_package(path: Path) -> None:
    ours = {name for name in imported(path) if name.split(".")[0] == "ictcli"}
    assert ours <= {f"ictcli.reconcile.{name}" for name in ALLOWED}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_the_bench_loads_nothing_by_name(path: Path) -> None:
    assert not {name for name in imported(path) if name.split(".")[0] in {"importlib", "pkgutil", "runpy"}}
    calls = [
        node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)
    ]
    assert "__import__" not in {node.func.id for node in calls if isinstance(node.func, ast.Name)}
