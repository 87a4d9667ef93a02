"""`dev/lint`: style and packaging of the whole repository, with tools from requirements.txt."""

import argparse
import os
import subprocess
import xml.etree.ElementTree as ElementTree

from . import cache, project, python_env
from .steps import say

XML_HEADER = '<?xml version="1.0" encoding="UTF-8" ?>'
# Checks of oca-checks that we do without, and why.
OCA_DISABLED = {
    "prefer-readme-rst": "our texts are the Markdown fragments in readme/",
    "missing-readme": "the same; a README.rst generated from them would only repeat them",
    "weblate-component-too-long": "we do not translate on that service",
}
PO_DISABLED = {
    "po-pretty-format": "our files are as Odoo itself writes them, see dev/i18n",
}


def ruff_check(bin_folder, fix):
    return [bin_folder / "ruff", "check", *(["--fix"] if fix else []), "."]


def ruff_format(bin_folder, fix):
    return [bin_folder / "ruff", "format", *([] if fix else ["--check", "--diff"]), "."]


def pylint_odoo(bin_folder, fix):
    return [bin_folder / "pylint", "--rcfile=.pylintrc-mandatory", *project.addons(glue=True)]


def oca_module(bin_folder, fix):
    disabled = ",".join(OCA_DISABLED)
    return [
        bin_folder / "oca-checks-odoo-module",
        f"--disable={disabled}",
        *project.addons(glue=True),
    ]


def oca_po(bin_folder, fix):
    files = [
        path
        for addon in project.addons(glue=True)
        for path in (project.ROOT / addon).glob("i18n/*.po*")
    ]
    disabled = ",".join(PO_DISABLED)
    return [bin_folder / "oca-checks-po", f"--disable={disabled}", *files] if files else None


def xml(bin_folder, fix):
    """Every XML file is well-formed and begins with the one header; returns what is not."""
    problems = []
    for addon in project.addons(glue=True):
        for path in sorted((project.ROOT / addon).rglob("*.xml")):
            name = path.relative_to(project.ROOT)
            text = path.read_text(encoding="utf-8")
            if text.split("\n", 1)[0] != XML_HEADER:
                problems.append(f"{name}: the first line is not {XML_HEADER}")
            try:
                ElementTree.fromstring(text.encode())
            except ElementTree.ParseError as error:
                problems.append(f"{name}: {error}")
    return problems


CHECKS = {
    "ruff": ruff_check,
    "ruff-format": ruff_format,
    "pylint-odoo": pylint_odoo,
    "oca-checks-odoo-module": oca_module,
    "oca-checks-po": oca_po,
    "xml": xml,
}


def main(arguments):
    parser = argparse.ArgumentParser(
        prog="dev/lint",
        description="Check the whole repository: " + ", ".join(CHECKS) + ".",
    )
    parser.add_argument("--fix", action="store_true", help="let ruff mend what it can")
    parser.add_argument("--only", choices=CHECKS, help="run one check only")
    options = parser.parse_args(arguments)
    with cache.setup_lock():
        python = python_env.get()
    names = [options.only] if options.only else list(CHECKS)
    failed = [name for name in names if not passes(name, python.parent, options.fix)]
    say(f"✗ failed: {', '.join(failed)}" if failed else f"✓ passed: {', '.join(names)}")
    return int(bool(failed))


def passes(name, bin_folder, fix):
    say(f"» {name}")
    todo = CHECKS[name](bin_folder, fix)
    if name == "xml":
        for problem in todo:
            say(f"  {problem}")
        return not todo
    if todo is None:
        return True
    env = {
        **os.environ,
        "PATH": f"{bin_folder}:{os.environ['PATH']}",
        "PYTHONPYCACHEPREFIX": str(cache.folder("pycache")),
        "RUFF_CACHE_DIR": str(cache.folder("ruff")),
    }
    command = [str(part) for part in todo]
    return (
        subprocess.run(command, cwd=project.ROOT, env=env, stdin=subprocess.DEVNULL).returncode == 0
    )
