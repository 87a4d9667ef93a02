"""`dev/run`: a running Odoo with our addons and demo data."""

import argparse
import contextlib
import os
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

from . import cache, project, workbench
from .log_rules import Watch
from .odoo_run import command, configuration, free_port, inside
from .process import Problem, started
from .python_env import environment
from .steps import say, step

LOGINS = (
    ("pool_manager", "manager of the pools"),
    ("rep_anna", "sales representative"),
    ("rep_ben", "sales representative"),
    ("admin", "administrator"),
)


def parse(arguments):
    parser = argparse.ArgumentParser(
        prog="dev/run",
        description="Start Odoo 19 with our addons and demo data, and set up what that needs. "
        "Ctrl-C stops everything it started.",
        epilog="Everything is kept in a cache folder outside the clone (LEAD_ADDONS_CACHE). "
        "ODOO_SRC names a checkout of Odoo 19.0 to use; PGHOST, PGPORT, PGUSER and PGPASSWORD "
        "a PostgreSQL server, PGDATABASE the demo database. What follows `--` goes to Odoo.",
    )
    parser.add_argument("--fresh", action="store_true", help="rebuild the demo database first")
    parser.add_argument(
        "--leads",
        metavar="FILE.csv",
        type=Path,
        help="load leads from a CSV file through Odoo's import before starting",
    )
    parser.add_argument("--port", type=int, help="port (default: 8069, or the next free one)")
    parser.add_argument(
        "--interface",
        default="127.0.0.1",
        metavar="ADDRESS",
        help="address to listen on (default: this machine only; "
        "0.0.0.0 opens it, with its well-known passwords, to the network)",
    )
    parser.add_argument(
        "--prepare",
        action="store_true",
        help="prepare everything, then stop instead of starting Odoo",
    )
    parser.add_argument("odoo", nargs="*", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def main(arguments):
    options = parse(arguments)
    if options.leads and not options.leads.is_file():
        raise Problem(f"There is no file {options.leads}.")
    began = time.monotonic()
    with workbench.ready() as databases:
        name = os.environ.get("PGDATABASE") or f"lead_demo_{project.short_hash(project.ROOT)}"
        with cache.setup_lock():
            databases.demo(name, fresh=options.fresh)
        if options.leads:
            load_leads(databases, name, options.leads.resolve())
        if options.prepare:
            say(f"Ready after {time.monotonic() - began:.0f} s; dev/run starts it.")
            return 0
        port = free_port(options.port) if options.port else free_port(8069, tries=100)
        return serve(databases, name, port, options, began)


def load_leads(databases, name, file):
    with step(f"Leads: loading {file.name}"):
        inside(databases, name, "load_leads", file)


def serve(databases, name, port, options, began):
    """Run Odoo until it ends or Ctrl-C; its warnings and errors are shown, all goes to a log."""
    log = cache.folder("logs") / f"{name}.log"
    config = configuration(
        databases,
        name,
        http_port=port,
        gevent_port=port + 1,
        http_interface=options.interface,
        max_cron_threads=1,
        # What Odoo ships with: whoever tries us out shall see what a server of theirs does.
        limit_time_real=120,
        limit_time_cpu=60,
    )
    with open(log, "w", encoding="utf-8") as file, contextlib.ExitStack() as stack:
        say("» Odoo: starting")
        odoo = stack.enter_context(
            started(
                command(databases, "-c", config, "--workers=0", *options.odoo),
                stdout=-1,
                stderr=-2,
                text=True,
                errors="replace",
                env=environment(databases.odoo, databases.server),
                cwd=project.ROOT,
            )
        )
        reader = threading.Thread(target=follow, args=(odoo.stdout, file), daemon=True)
        reader.start()
        address = f"http://localhost:{port}"
        if answers(odoo, f"{address}/web/login"):
            welcome(address, log, time.monotonic() - began)
        code = odoo.wait()
        reader.join(5)
    raise Problem(f"Odoo ended with code {code}; its log is {log}") if code else SystemExit(0)


def follow(lines, file):
    """Copy Odoo's log to a file and show what is worth a look, with its traceback."""
    watch = Watch()
    for line in lines:
        file.write(line)
        file.flush()
        if watch.read(line.rstrip("\n")):
            say(line.rstrip("\n"))


def answers(odoo, url):
    """Wait until the login page comes, with its style sheets built; False when Odoo gave up."""
    while odoo.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=120) as answer:
                return answer.status == 200
        except urllib.error.HTTPError as error:
            say(f"  the login page answers {error.code} {error.reason}")
            return True
        except OSError:
            with contextlib.suppress(Exception):
                odoo.wait(0.2)
    return False


def welcome(address, log, seconds):
    width = max(len(login) for login, _ in LOGINS)
    say(f"\nOdoo answers at  {address}   (after {seconds:.0f} s; Ctrl-C stops it)\n")
    say(f"  {'login':{width}}  password")
    for login, who in LOGINS:
        say(f"  {login:{width}}  {login:{width}}  {who}")
    say(f"\nWarnings and errors show up below; the whole log is {log}")
