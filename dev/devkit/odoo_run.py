"""Running Odoo: its configuration file, its command line, and reading its log."""

import re
import socket
from pathlib import Path

from . import cache
from .log_rules import Watch
from .process import Problem, stream
from .project import ROOT
from .python_env import environment
from .steps import say


def configuration(databases, name, *, ours=True, **options):
    """Write the configuration file for one database, with or without our addons to be found."""
    variables = databases.server.variables
    settings = {
        "db_name": name,
        "db_host": variables.get("PGHOST", ""),
        "db_port": variables.get("PGPORT", ""),
        "db_user": variables.get("PGUSER", ""),
        "pg_path": databases.server.programs or "",
        "addons_path": ",".join(map(str, [*databases.odoo.addons, *([ROOT] if ours else [])])),
        "data_dir": databases.server.data_folder,
        "http_interface": "127.0.0.1",
        "list_db": False,
        "dbfilter": f"^{name}$",
        "max_cron_threads": 0,
        "limit_time_real": 0,
        "limit_time_cpu": 0,
        "screenshots": cache.folder("screenshots"),
        **options,
    }
    path = cache.folder("conf") / f"{name}.conf"
    lines = [f"{key} = {value}\n" for key, value in settings.items() if value != ""]
    path.write_text("[options]\n" + "".join(lines), encoding="utf-8")
    return path


def command(databases, *arguments):
    """Odoo's own command line under our Python."""
    return [databases.python, Path(__file__).with_name("odoo_cli.py"), *arguments]


def install(
    databases,
    name,
    progress,
    *,
    add=(),
    update=(),
    demo=False,
    languages=None,
    ours=True,
    strict=True,
):
    """Install and update addons in a database; fails on an error, and on a warning when strict."""
    log = cache.folder("logs") / f"install-{name}.log"
    log.unlink(missing_ok=True)
    arguments = ["-c", configuration(databases, name, ours=ours), "--stop-after-init", "--no-http"]
    arguments += ["-i", ",".join(add)] if add else []
    arguments += ["-u", ",".join(update)] if update else []
    arguments += ["--with-demo"] if demo else []
    arguments += [f"--load-language={languages}"] if languages else []
    watch = Watch()

    def read(line):
        watch.read(line)
        if match := re.search(r"Loading module (\S+) \((\d+)/(\d+)\)", line):
            progress(f"addon {match[2]} of {match[3]}: {match[1]}")

    env = environment(databases.odoo, databases.server)
    code = stream(command(databases, *arguments), read, log=log, env=env, cwd=ROOT)
    shown = "\n".join(watch.records[-5:])
    if code or watch.has_errors() or (strict and watch.records):
        shown = shown or log.read_text(encoding="utf-8")[-3000:]
        what = ", ".join([*add, *update])
        raise Problem(f"Odoo could not install {what}:\n{shown}\n\nThe whole log is {log}")
    if shown:
        say(shown)


def inside(databases, name, function, *arguments, variables=None):
    """Call a function of inside.py in a database, and show what it prints."""
    script = Path(__file__).with_name("inside.py")
    code = stream(
        [databases.python, script, configuration(databases, name), function, *arguments],
        lambda line: say(f"  {line}"),
        env=variables or environment(databases.odoo, databases.server),
        cwd=ROOT,
    )
    if code:
        raise Problem(f"{function} failed with what is shown above.")


def free_port(wanted=0, tries=1):
    """The first free port from `wanted` on, or any free one."""
    for port in range(wanted, wanted + tries):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return probe.getsockname()[1]
    if tries == 1:
        raise Problem(f"Port {wanted} is in use by another program; name another.")
    raise Problem(f"No free port from {wanted} to {wanted + tries - 1}.")
