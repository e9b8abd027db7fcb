"""Imports go down the house, and what is dangerous stays in the one module that may have it."""

import ast
import graphlib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in [*sorted(ROOT.glob("accel_core/**/*.py")), *sorted(ROOT.glob("pages/**/*.py")), ROOT / "app.py"]
}
TREES = {module: ast.parse(path.read_text(encoding="utf-8")) for module, path in SOURCES.items()}

# From the top of the house down; a module may import from rooms below its own, and within its room.
FLOORS = (
    ("app",),
    ("pages",),
    ("accel_core.__main__",),
    ("accel_core.cli",),
    ("accel_core.campaigns",),
    ("accel_core.offline",),
    ("accel_core.optimizers",),
    ("accel_core.surrogates",),
    ("accel_core.plots",),
    ("accel_core.store",),
    ("accel_core.evaluators",),
    ("accel_core.platforms",),
    ("accel_core.physical",),
    ("accel_core.rtl",),
    ("accel_core.workloads",),
    ("accel_core.space",),
    ("accel_core.records",),
    ("accel_core.tables",),
    ("accel_core",),  # the modules without a room: errors, metrics, ...
)
TABLES_ONLY = ("accel_core.offline", "accel_core.optimizers", "accel_core.surrogates")
NOT_FOR_TABLES = ("accel_core.store", "accel_core.evaluators")

# Imported where they are used, because they are heavy or missing on some systems.
LAZY = {
    "pages.components.offline_training": {"accel_core"},  # importing the offline room imports JAX
    "accel_core.physical.flow": {"accel_core"},  # designs with memories are few, and the tables are read with Arrow
    "accel_core.physical.placement": {"coloquinte"},
    "accel_core.physical.port_places": {"scipy"},
    "accel_core.physical.technology_files": {"accel_core"},
    "accel_core.physical.versions": {"importlib"},
    "accel_core.workloads.onnx_file": {"onnx"},
    # Each command and each worker would pay for these with a second: scikit-learn loads all of scipy.stats.
    "accel_core.space.sample": {"scipy"},
    "accel_core.space.samplers": {"scipy"},
    "accel_core.surrogates.ann": {"sklearn"},
    "accel_core.surrogates.forest": {"sklearn"},
    "accel_core.surrogates.gbdt": {"lightgbm"},
    "accel_core.surrogates.gp_math": {"scipy"},
    "accel_core.surrogates.roi": {"lightgbm"},
    "accel_core.surrogates.stack": {"scipy"},
    "accel_core.optimizers.model_trust": {"sklearn"},
}
YAML_HOMES = {
    "accel_core.space.documents",  # the careful reader
    "accel_core.platforms.eyeriss.timeloop.documents",  # writes with tags, reads nothing
}
SUBPROCESSES = {"subprocess", "multiprocessing", "pty"}
UNSAFE_MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "shelve", "marshal", "joblib"}
UNSAFE_CALLS = {"eval", "exec", "compile", "__import__", "read_pickle", "to_pickle", "unsafe_load", "full_load"}
PROCESS_CALLS = {"system", "popen", "fork", "forkpty", "posix_spawn", "posix_spawnp", "startfile"}


def within(module: str, room: str) -> bool:
    return module == room or module.startswith(f"{room}.")


def floor_of(module: str) -> int:
    return next(level for level, rooms in enumerate(FLOORS) if any(within(module, room) for room in rooms))


def is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def imported(tree: ast.AST) -> Iterator[tuple[str, bool]]:
    """Yield each imported name with whether it is needed at run time; ``from a import b`` as ``a.b``."""
    stack = [(node, True) for node in ast.iter_child_nodes(tree)]
    while stack:
        node, at_run_time = stack.pop()
        if isinstance(node, ast.Import):
            yield from ((alias.name, at_run_time) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"a relative import: {ast.unparse(node)}"
            yield from ((f"{node.module}.{alias.name}", at_run_time) for alias in node.names)
        at_run_time = at_run_time and not is_type_checking(node)
        stack += [(child, at_run_time) for child in ast.iter_child_nodes(node)]


def own(name: str) -> str | None:
    """Return the module of this project that an imported name lies in, None for one of somebody else's."""
    while name and name not in SOURCES:
        name = name.rpartition(".")[0]
    return name or None


def top_names(module: str) -> set[str]:
    return {name.partition(".")[0] for name, _ in imported(TREES[module])}


every_module = pytest.mark.parametrize("module", SOURCES)


def test_the_whole_house_is_seen():
    assert {"app", "accel_core.errors", "accel_core.space.design_space", "pages.components.style"} <= set(SOURCES)
    rooms = {path.parent.name for path in ROOT.glob("accel_core/*/__init__.py")}
    assert rooms == {room.rpartition(".")[2] for floor in FLOORS for room in floor if room.count(".")} - {"__main__"}


@every_module
def test_imports_go_down(module):
    for name, _ in imported(TREES[module]):
        target = own(name)
        if target is not None:
            assert floor_of(target) >= floor_of(module), f"{module} imports {target}, which lies above it"
            if any(within(module, room) for room in TABLES_ONLY):
                assert not any(within(target, room) for room in NOT_FOR_TABLES), f"{module} sees more than tables"


def test_there_are_no_cycles():
    graph = {
        module: {own(name) for name, at_run_time in imported(tree) if at_run_time} - {None, module}
        for module, tree in TREES.items()
    }
    assert len(list(graphlib.TopologicalSorter(graph).static_order())) >= len(SOURCES)


@every_module
def test_heavy_and_dangerous_packages_have_one_home(module):
    names = top_names(module)
    if within(module, "accel_core"):
        assert "streamlit" not in names
    if not within(module, "accel_core.store"):
        assert "duckdb" not in names
    if not within(module, "accel_core.offline"):
        assert not names & {"jax", "optax", "equinox"}
    if module != "accel_core.process":
        assert not names & SUBPROCESSES
        assert "ProcessPoolExecutor" not in SOURCES[module].read_text(encoding="utf-8")
    assert not names & UNSAFE_MODULES
    if module not in YAML_HOMES:
        assert "yaml" not in names, f"{module} reads YAML itself; allowed: accel_core.space.documents"


@every_module
def test_nothing_runs_text_or_programs(module):
    for node in ast.walk(TREES[module]):
        if isinstance(node, ast.Call):
            function = node.func
            if isinstance(function, ast.Name):
                assert function.id not in UNSAFE_CALLS, f"{module}:{node.lineno} calls {function.id}"
            elif isinstance(function, ast.Attribute):
                owner = ast.unparse(function.value)
                assert function.attr not in UNSAFE_CALLS - {"compile", "eval"}, f"{module}:{node.lineno}"
                assert not (owner in ("builtins", "pd", "frame") and function.attr == "eval")
                is_process = function.attr in PROCESS_CALLS or function.attr.startswith(("exec", "spawn"))
                assert not (owner == "os" and is_process), f"{module}:{node.lineno} starts a program"


@every_module
def test_imports_stand_at_the_top(module):
    for function in ast.walk(TREES[module]):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            inside = {name.partition(".")[0] for name, _ in imported(function)}
            assert inside <= LAZY.get(module, set()), f"{module}:{function.lineno} imports {inside}"


def test_lazy_imports_are_still_there():
    for module, names in LAZY.items():
        assert names <= top_names(module), f"{module} no longer imports {names}; shorten LAZY"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import a.b", [("a.b", True)]),
        ("from a import b, c", [("a.b", True), ("a.c", True)]),
        ("if TYPE_CHECKING:\n    import a", [("a", False)]),
        ("def f():\n    from a import b", [("a.b", True)]),
    ],
)
def test_imports_are_found(source, expected):
    assert sorted(imported(ast.parse(source))) == expected


def test_the_order_of_floors_is_told_by_prefix():
    assert floor_of("accel_core.space.sample") > floor_of("accel_core.platforms.axiline") > floor_of("app")
    assert floor_of("accel_core.errors") == len(FLOORS) - 1
