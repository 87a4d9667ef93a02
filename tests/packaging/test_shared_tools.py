"""Addons may not import each other; what more than one of them needs is the same in each."""

import ast
import re

import pytest

from ..common import ROOT

ADDONS = ("lead_public_pool", "lead_scoring", "customer_lifecycle")
# What may differ from addon to addon, and why.
OWN = {"arguments.py": r"(?m)^MOST_RECORDS = \d+$"}  # a claim costs more than a score
FUNCTIONS = {"jobs.py": ("each_or_set_aside", "CONFLICTS")}


def copies(name):
    """Text of a tool by addon, where it is there."""
    files = {addon: ROOT / addon / "tools" / name for addon in ADDONS}
    return {
        addon: file.read_text(encoding="utf-8") for addon, file in files.items() if file.exists()
    }


@pytest.mark.parametrize("name", ["arguments.py", "automatic.py", "guarded.py"])
def test_a_shared_tool_is_the_same_file_everywhere(name):
    found = {re.sub(OWN.get(name, "$^"), "", text) for text in copies(name).values()}
    assert len(copies(name)) > 1, f"only one addon has {name}: it is not shared any more"
    assert len(found) == 1, f"{name} differs between addons"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_shared_function_is_the_same_everywhere(name):
    for wanted in FUNCTIONS[name]:
        found = [part(text, wanted) for text in copies(name).values()]
        assert len(found) > 1, f"only one addon has {wanted}"
        assert len(set(found)) == 1, f"{wanted} of {name} differs between addons"


def part(text, wanted):
    """Source of a function or constant in a module, None if it has none."""
    for node in ast.parse(text).body:
        names = [target.id for target in getattr(node, "targets", [])] or [
            getattr(node, "name", "")
        ]
        if wanted in names:
            return ast.get_source_segment(text, node)
    return None
