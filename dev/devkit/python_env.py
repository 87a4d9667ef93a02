"""The virtual environment with everything in requirements.txt."""

import os
import re
import sys
from pathlib import Path

from . import cache
from .process import Problem, run, stream_or_fail
from .project import ROOT, short_hash
from .steps import say, step


def get():
    """Path of the environment's Python; builds it when this Python or the requirements are new."""
    requirements = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    key = short_hash(requirements, sys.base_prefix)
    path = cache.folder() / f"venv-{version}-{key}"
    python = path / "bin" / "python"
    if cache.is_complete(path) and works(python):
        say(f"» Python {version}: packages are there")
        return python
    with step(f"Python {version}: installing the packages of requirements.txt") as progress:
        cache.remove(path)  # environments cannot be moved, so this one is built in place
        run([sys.executable, "-m", "venv", path], why="Making a virtual environment")
        pip = [python, "-m", "pip", "--disable-pip-version-check", "--no-input"]
        stream_or_fail(
            [*pip, "install", "--prefer-binary", "-r", ROOT / "requirements.txt"],
            pip_progress(progress),
            why="Installing the packages of requirements.txt",
        )
        if not works(python):
            raise Problem(f"The packages in {path} are installed but cannot be imported.")
        cache.mark_complete(path)
        prune(keep=path)
    return python


def works(python):
    try:
        run([python, "-c", "import lxml.etree, psycopg2, werkzeug, gevent, pytest"])
    except Problem:
        return False
    return True


def pip_progress(progress):
    seen = set()

    def read(line):
        if match := re.match(r"\s*Collecting ([\w.-]+)", line):
            seen.add(match[1])
            progress(f"{len(seen)} packages found, now {match[1]}")
        elif line.startswith("Installing collected packages"):
            progress(f"unpacking {len(seen)} packages")

    return read


def prune(keep):
    """Forget environments of older requirements, but leave one in case someone switches back."""
    others = [path for path in Path(keep.parent).glob("venv-*") if path != keep]
    for path in sorted(others, key=lambda path: path.stat().st_mtime)[:-1]:
        cache.remove(path)


def environment(odoo, server):
    """Environment variables for a program that imports Odoo and talks to our PostgreSQL."""
    variables = {**os.environ, **server.variables}
    variables.pop("PGDATABASE", None)  # Odoo would take it for the database to work on
    variables["PYTHONPATH"] = os.pathsep.join([str(odoo.python_path), str(ROOT / "dev")])
    variables["PYTHONPYCACHEPREFIX"] = str(cache.folder("pycache"))  # keeps the clone clean
    variables["PYTHONUNBUFFERED"] = "1"
    return variables
