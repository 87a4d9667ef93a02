"""What a worker loads when it starts."""

import ast

from devkit import project

# Each takes as much memory as Odoo itself or delays its start, and only jobs need it.
HEAVY = {"sklearn", "pandas", "matplotlib"}
# Loads its parts when they are used, unless somebody imports one.
LAZY = {"scipy"}


def modules():
    for addon in project.addons(glue=True):
        for path in sorted((project.ROOT / addon).rglob("*.py")):
            if "tests" not in path.relative_to(project.ROOT).parts:
                yield path


def imported(tree):
    """Names of what a module imports while it is loaded, functions left out."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            yield from imported(node)


def test_imports_are_found():
    tree = ast.parse("if 1:\n import a.b\nfrom c import d\nfrom . import e\ndef f():\n import g")
    assert list(imported(tree)) == ["a.b", "c.d"]


def test_heavy_libraries_are_loaded_when_they_are_used():
    found, looked_at = [], 0
    for path in modules():
        looked_at += 1
        for name in imported(ast.parse(path.read_text(encoding="utf-8"))):
            top = name.split(".")[0]
            if top in HEAVY or (top in LAZY and "." in name):
                found.append(f"{path.relative_to(project.ROOT)}: {name}")
    assert looked_at > 100
    assert not found
