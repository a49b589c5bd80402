"""The shape of the house, read from its source: who imports whom, how long things are, who asks the time."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from ictcli.kernels import UNCOMPILED, kernel_sources

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "ictcli"

LAYERS = {
    21: ("cli", "cli_command", "options", "output", "progress", "session", "logs", "failures", "completion",
         "health", "health_trading", "health_operation", "overview", "workspace", "versions", "templates",
         "commands", "__main__"),
    20: ("stress",),
    19: ("operations",),
    18: ("reports",),
    17: ("reconcile",),
    16: ("trading",),
    15: ("ledger",),
    14: ("brokers",),
    13: ("learning",),
    12: ("research",),
    11: ("engine",),
    10: ("strategies",),
    9: ("models",),
    8: ("features",),
    7: ("detectors",),
    6: ("sources",),
    5: ("store",),
    4: ("terminals",),
    3: ("market",),
    2: ("stats",),
    1: ("config",),
    0: ("errors", "clock", "telemetry", "interrupts", "kernels", "kernel_linking", "folders",
        "priority", "plain_file", "__init__"),
}  # fmt: skip
LAYER_OF = {room: layer for layer, rooms in LAYERS.items() for room in rooms}

MAX_FILE, MAX_FUNCTION, MAX_METHODS = 500, 60, 20
GENERATED = {"fused.py"}
"""Lists that a script writes; as long as what they list."""
CLOCK_CALLS = {
    ("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"), ("time", "time"),
    ("time", "time_ns"), ("time", "monotonic"), ("time", "perf_counter"), ("time", "localtime"),
    ("time", "gmtime"),
}  # fmt: skip

Function = ast.FunctionDef | ast.AsyncFunctionDef


PATHS = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in sorted(PACKAGE.rglob("*.py"))
}
"""Every module of the package by its dotted name."""


@cache
def trees() -> dict[str, ast.Module]:
    """Syntax tree of every module, by its dotted name."""
    return {
        name: ast.parse(path.read_text(encoding="utf-8"), filename=str(path)) for name, path in PATHS.items()
    }


@cache
def nodes(tree: ast.Module) -> tuple[ast.AST, ...]:
    """All nodes of a module; every rule here looks through them."""
    return tuple(ast.walk(tree))


def runtime_nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes but those under ``if TYPE_CHECKING``."""
    pending = [tree]
    while pending:
        for node in ast.iter_child_nodes(pending.pop()):
            if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
                continue
            yield node
            pending.append(node)


@cache
def imports(tree: ast.Module) -> set[str]:
    """Modules of the package that this one imports, anywhere in it."""
    names: set[str] = set()
    for node in runtime_nodes(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return {module for name in names if (module := as_module(name))}


def as_module(name: str) -> str:
    """The package's module called ``name``; empty for anything else."""
    if name in PATHS:
        return name
    return f"{name}.__init__" if f"{name}.__init__" in PATHS else ""


def room(module: str) -> str:
    """First level below the package: the room a module stands in."""
    return module.split(".")[1]


def upward(importer: str, imported: str) -> bool:
    """Whether the import climbs the ladder."""
    return LAYER_OF[room(imported)] > LAYER_OF[room(importer)]


def cycles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Every cycle found by one depth-first walk."""
    found: list[list[str]] = []
    done: set[str] = set()

    def walk(node: str, path: list[str]) -> None:
        if node in path:
            found.append([*path[path.index(node) :], node])
        elif node not in done:
            for successor in sorted(graph[node]):
                walk(successor, [*path, node])
            done.add(node)

    for node in graph:
        walk(node, [])
    return found


def functions() -> Iterator[tuple[str, Function]]:
    for module, tree in trees().items():
        for node in nodes(tree):
            if isinstance(node, Function):
                yield f"{module}:{node.lineno} {node.name}", node


def clock_calls(tree: ast.Module) -> list[int]:
    """Lines that ask what time it is."""
    lines = []
    for node in nodes(tree):
        if isinstance(node, ast.Attribute):
            owner = node.value
            name = owner.id if isinstance(owner, ast.Name) else getattr(owner, "attr", "")
            if (name, node.attr) in CLOCK_CALLS:
                lines.append(node.lineno)
        elif isinstance(node, ast.ImportFrom) and node.module == "time":
            lines += [node.lineno for alias in node.names if ("time", alias.name) in CLOCK_CALLS]
    return sorted(lines)


@pytest.mark.no_cover
def test_every_room_has_its_place_on_the_ladder() -> None:
    assert {room(module) for module in PATHS} <= set(LAYER_OF)


@pytest.mark.no_cover
def test_imports_point_downward_only() -> None:
    offenders = [
        f"{module} -> {target}"
        for module, tree in trees().items()
        for target in sorted(imports(tree))
        if upward(module, target)
    ]
    assert offenders == []


@pytest.mark.no_cover
def test_the_ladder_in_the_architecture_page_is_this_one() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    written = {
        name.strip("/").removesuffix(".py"): int(layer)
        for layer, rooms in re.findall(r"^\| (\d+) \| (.+?) \|", page, re.MULTILINE)
        for name in re.findall(r"`([a-z_]+(?:/|\.py))`", rooms)
    }
    assert len(written) > 10
    assert written == {name: LAYER_OF[name] for name in written}
    assert set(LAYERS) == set(written.values())


@pytest.mark.no_cover
def test_no_import_cycles() -> None:
    assert cycles({module: imports(tree) - {module} for module, tree in trees().items()}) == []


@pytest.mark.no_cover
def test_a_cycle_and_an_upward_import_would_be_found() -> None:
    assert cycles({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == [["b", "c", "b"]]
    assert upward("ictcli.market.bars", "ictcli.store.store")
    assert not upward("ictcli.store.store", "ictcli.market.bars")
    assert clock_calls(ast.parse("import datetime\nx = datetime.datetime.now()\nfrom time import time")) == [
        2,
        3,
    ]


@pytest.mark.no_cover
def test_files_stay_short() -> None:
    written = (path for path in PACKAGE.rglob("*.py") if path.name not in GENERATED)
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in written}
    assert {str(path.relative_to(ROOT)): n for path, n in lengths.items() if n > MAX_FILE} == {}


@pytest.mark.no_cover
def test_functions_stay_short() -> None:
    long = {
        name: node.end_lineno - node.lineno + 1
        for name, node in functions()
        if node.end_lineno and node.end_lineno - node.lineno + 1 > MAX_FUNCTION
    }
    assert long == {}


@pytest.mark.no_cover
def test_classes_stay_small() -> None:
    large = {
        f"{module} {node.name}": count
        for module, tree in trees().items()
        for node in nodes(tree)
        if isinstance(node, ast.ClassDef)
        and (count := sum(isinstance(item, Function) for item in node.body)) > MAX_METHODS
    }
    assert large == {}


@pytest.mark.no_cover
def test_only_the_clock_asks_what_time_it_is() -> None:
    asked = {module: lines for module, tree in trees().items() if (lines := clock_calls(tree))}
    assert set(asked) == {"ictcli.clock"}


@pytest.mark.no_cover
def test_nothing_prints_past_the_output_module() -> None:
    offenders = [
        f"{module}:{node.lineno}"
        for module, tree in trees().items()
        for node in nodes(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert offenders == []


@pytest.mark.no_cover
@pytest.mark.parametrize("module", [name for name in PATHS if name.endswith(".__init__")])
def test_package_files_hold_one_docstring_and_nothing_else(module: str) -> None:
    body = trees()[module].body
    assert ast.get_docstring(trees()[module])
    extra = [node for node in body[1:] if not (module == "ictcli.__init__" and isinstance(node, ast.Assign))]
    assert extra == []


@pytest.mark.no_cover
def test_every_public_function_and_class_has_a_docstring() -> None:
    bare = [
        f"{module} {node.name}"
        for module, tree in trees().items()
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert bare == []


COMPILED_BY = {"kernel", "hot_kernel", "array_kernel"}


def names_of_uncompiled(tree: ast.Module) -> set[str]:
    """Names that a module takes from what the kernel cache does not look at."""
    return {
        alias.asname or alias.name
        for node in nodes(tree)
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
        if (node.module.startswith("ictcli.") and node.module.split(".")[1] in UNCOMPILED)
        or (node.module == "ictcli" and alias.name in UNCOMPILED)
    }  # fmt: skip


def baked_in(tree: ast.Module) -> set[str]:
    """Those of them that stand inside a kernel, or in a constant that a kernel could take."""
    kernels = [
        node
        for node in nodes(tree)
        if isinstance(node, ast.FunctionDef)
        and any(isinstance(one, ast.Name) and one.id in COMPILED_BY for one in node.decorator_list)
    ]
    constants = [
        node.value for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign) and node.value
    ]
    used = {
        node.id for root in (*kernels, *constants) for node in ast.walk(root) if isinstance(node, ast.Name)
    }
    return used & names_of_uncompiled(tree)


@pytest.mark.no_cover
def test_no_kernel_holds_anything_that_the_kernel_cache_does_not_look_at() -> None:
    sources = {
        path
        for module, tree in trees().items()
        if "ictcli.kernels" in imports(tree)
        for path in kernel_sources(PACKAGE, ROOT.joinpath(*module.split(".")).with_suffix(".py"))
    }
    names = {".".join(path.relative_to(ROOT).with_suffix("").parts) for path in sources}
    assert {name: found for name in sorted(names & set(trees())) if (found := baked_in(trees()[name]))} == {}


@pytest.mark.no_cover
def test_a_constant_of_the_configuration_in_a_kernel_would_be_found() -> None:
    text = "from ictcli.config.records import Risk\nfrom ictcli.kernels import kernel\n"
    assert baked_in(ast.parse(f"{text}@kernel\ndef step(x):\n    return x * Risk.part\n")) == {"Risk"}
    assert baked_in(ast.parse(f"{text}PART = Risk.part\n")) == {"Risk"}
    assert baked_in(ast.parse(f"{text}def plain(x):\n    return x * Risk.part\n")) == set()
