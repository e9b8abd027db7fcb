"""Scripts and benchmarks run from any folder, as README shows them: by their path, with nothing installed or set."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROGRAMS = [
    path
    for path in sorted([*ROOT.glob("scripts/*.py"), *ROOT.glob("benchmarks/*.py")])
    if '__name__ == "__main__"' in path.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.name)
def test_it_finds_the_project_before_it_imports_it(path: Path) -> None:
    body = ast.parse(path.read_text(encoding="utf-8")).body
    texts = [ast.unparse(node) for node in body]
    imports = [at for at, text in enumerate(texts) if text.startswith(("import accel_core", "from accel_core"))]
    paths = [at for at, text in enumerate(texts) if text.startswith("sys.path.insert(0, ")]
    assert not imports or (paths and paths[0] < imports[0])


def test_there_are_programs() -> None:
    assert {"make_axiline_results.py", "flow.py"} <= {path.name for path in PROGRAMS}
