"""Everything a command needs before its own work starts."""

import contextlib
import json
import os
from pathlib import Path

from . import cache, odoo_source, postgres, project, python_env
from .databases import Databases
from .process import Problem

INHERITED = "LEAD_ADDONS_WORKBENCH"


@contextlib.contextmanager
def ready():
    """Odoo, Python and a running PostgreSQL, as a `Databases` to work with."""
    if not project.addons():
        raise Problem(f"None of {', '.join(project.ADDONS)} is in {project.ROOT}.")
    with cache.setup_lock():
        odoo = odoo_source.get()
        python = python_env.get()
    with postgres.running() as server:
        yield Databases(server, odoo, python)


def environment(databases, **more):
    """Variables for a program that imports Odoo, and that may want the same workbench again."""
    server = databases.server
    handed_on = {
        "python": str(databases.python),
        "package": str(databases.odoo.package),
        "label": databases.odoo.label,
        "fingerprint": databases.odoo.fingerprint,
        "server": [server.name, str(server.programs or ""), server.variables],
        **more,
    }
    variables = python_env.environment(databases.odoo, databases.server)
    variables[INHERITED] = json.dumps(handed_on)
    return variables


def inherited():
    """The workbench of the command that started this program, and what it said more; or None."""
    if INHERITED not in os.environ:
        return None
    told = json.loads(os.environ[INHERITED])
    name, programs, variables = told.pop("server")
    server = postgres.Server(name, Path(programs) if programs else None, variables)
    package = Path(told.pop("package"))
    odoo = odoo_source.Odoo(package, told.pop("label"), told.pop("fingerprint"))
    return Databases(server, odoo, Path(told.pop("python"))), told
