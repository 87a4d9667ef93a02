"""`dev/bench`: runs the measurements in tests/bench on a database of their own."""

import argparse

from . import project, workbench
from .odoo_run import inside
from .process import Problem
from .steps import say, step


def benches():
    folder = project.ROOT / "tests" / "bench"
    return {path.stem: path for path in sorted(folder.glob("[!_]*.py"))}


def main(arguments):
    known = benches()
    parser = argparse.ArgumentParser(
        prog="dev/bench",
        description="Run the measurements in tests/bench, each on a fresh copy of the database. "
        "A measurement is a file with a function run(env, out).",
        epilog="There are: " + (", ".join(known) or "none yet"),
    )
    parser.add_argument("names", nargs="*", help="which ones (default: all)")
    names = parser.parse_args(arguments).names or list(known)
    if unknown := [name for name in names if name not in known]:
        raise Problem(f"No measurement is called {', '.join(unknown)}; see dev/bench --help.")
    if not names:
        say("There are no measurements in tests/bench yet.")
        return 0
    with workbench.ready() as databases:
        template = databases.addons()
        for name in names:
            run(databases, template, name, known[name])
    return 0


def run(databases, template, name, path):
    copy = databases.copy_for("bench", template)
    try:
        with step(f"Measuring {name}"):
            # A measurement may want another database, or a server.
            variables = workbench.environment(databases)
            inside(databases, copy, "run_bench", path, variables=variables)
    finally:
        databases.drop(copy)
