"""`dev/test`: all tests, or those that pytest's arguments choose."""

import contextlib
import json
import os
import re
import subprocess
import threading
import time
from functools import partial
from pathlib import Path

from . import cache, chromium, project, workbench
from .log_rules import Watch
from .odoo_run import command, configuration, free_port
from .process import foreground, started
from .steps import say

HELP = """\
usage: dev/test [arguments of pytest]

Without arguments: all tests, with Odoo's own test runner and with pytest, in two rows side by side.
With arguments:    pytest only, for example  dev/test lead_public_pool -k claim -x
                   (with tests of some addons only, the other addons are not installed)

Sets up what is needed (Odoo, Python packages, PostgreSQL, Chromium, a template database that is
rebuilt when files of the addons change) and works on copies. A failed test, an ERROR or unexpected
WARNING in Odoo's log, and a run in which no test ran all end with an exit code that is not 0.

LEAD_ADDONS_CACHE  the cache folder            ODOO_SRC       a checkout of Odoo 19.0 to use
PGHOST, PGUSER, …  a PostgreSQL server to use  POOL_TEST_DATA folder of the real data sets
"""
# Folders of tests that run after Odoo's own runner, while the first pytest is still at work.
SECOND_ROW = ("concurrency", "packaging", "security")
SUMMARY = re.compile(r"(\d+) failed, (\d+) error\(s\) of (\d+) tests")


def main(arguments):
    if arguments and arguments[0] in ("-h", "--help"):
        say(HELP)
        return 0
    with workbench.ready() as databases:
        with cache.setup_lock():
            chromium.ensure()
        template = databases.addons(named_addons(arguments))
        if arguments:
            return run_pytest(databases, template, arguments)
        second = [f"tests/{name}" for name in SECOND_ROW]
        first = [*project.addons(), "tests", *(f"--ignore={path}" for path in second)]
        with native_beside(databases, template, second) as native:
            code = run_pytest(databases, template, first, native)
        for problem in native.problems:
            say(f"  beside pytest: {problem}")
    return code or int(bool(native.problems))


def named_addons(arguments):
    """The addons whose own tests are asked for, when nothing else is; else None, for all.

    The others are not installed then: it is faster, and shows that the addon stands alone.
    """
    paths = [text.split("::")[0] for text in arguments if Path(text.split("::")[0]).exists()]
    tops = {Path(path).resolve().relative_to(project.ROOT).parts[:1] for path in paths}
    names = [name for name in project.addons() if (name,) in tops]
    return names if names and len(names) == len(tops) else None


# --- Odoo's own runner ----------------------------------------------------------------------------


@contextlib.contextmanager
def native_beside(databases, template, second):
    """Update our addons with their tests, as Odoo does it, while the block goes on.

    Then pytest with the folders of the second row. Yields a `Native`. It has come to its verdict
    when the block is left.
    """
    name = databases.copy_for("native", template)
    addons = project.addons()
    config = configuration(databases, name, http_port=free_port())
    arguments = ["-c", config, "--stop-after-init", "-u", ",".join(addons)]
    arguments += ["--test-tags", ",".join(f"/{addon}" for addon in addons)]
    result = Native(cache.folder("logs") / "test-native.log")
    say(f"» Odoo's own test runner, beside pytest: {', '.join(addons)}")
    try:
        with started(
            command(databases, *arguments),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=workbench.environment(databases),
            cwd=project.ROOT,
        ) as process:
            more = partial(second_row, databases, template, second)
            reader = threading.Thread(target=result.follow, args=[process, more])
            reader.start()
            yield result
            # Nobody waits for the verdict any more where pytest ended before its summary.
            os.close(result.told)
            reader.join()
    finally:
        databases.drop(name)


class Native:
    """Reads the log of Odoo's test runner, and tells pytest the verdict through a pipe."""

    def __init__(self, log):
        self.watch = Watch()
        self.started = dict.fromkeys(project.addons(), 0)
        self.skipped, self.problems = [], []
        self.failed = self.total = 0
        self.log = log
        self.told, self._telling = os.pipe()

    def follow(self, process, more):
        """Read the log to its end, do more, and tell the verdict."""
        began = time.monotonic()
        with open(self.log, "w", encoding="utf-8") as copy:
            for line in process.stdout:
                copy.write(line)
                copy.flush()
                self.read(line.rstrip("\n"))
        lines = self.verdict(process.wait(), time.monotonic() - began)
        lines += self.add(more)
        with (
            contextlib.suppress(BrokenPipeError),
            open(self._telling, "w", encoding="utf-8") as pipe,
        ):
            json.dump(lines, pipe)

    def add(self, more):
        """Lines that tell how the second row fared; its problems are added to ours."""
        code, output = more()
        if code:
            self.problems.append(f"the second row of pytest ended with code {code}")
            return ["", *output]
        return ["", *(line for line in output if line.startswith(("SKIPPED", "=")))][-20:]

    def read(self, line):
        self.watch.read(line)
        if match := re.search(r" odoo\.addons\.(\w+)\.tests\.\S*: Starting (\S+) \.\.\.", line):
            self.started[match[1]] = self.started.get(match[1], 0) + 1
        elif match := re.search(r": skipped (\S+) .*? : (.*)", line):
            self.skipped.append(f"{match[1]}: {match[2]}")
        elif match := SUMMARY.search(line):
            self.failed += int(match[1]) + int(match[2])
            self.total += int(match[3])

    def verdict(self, code, seconds):
        """Find the problems; returns lines that tell how it went, problems included."""
        problems = self.problems
        problems += self.watch.records
        if self.failed:
            problems.append(f"{self.failed} tests failed")
        if not sum(self.started.values()):
            problems.append("no test ran")
        if code and not problems:
            problems.append(f"Odoo ended with code {code}")
        if problems:
            problems.append(f"the whole log is {self.log}")
        return [
            f"{self.total} tests, {self.failed} failed, {len(self.skipped)} skipped"
            f" in {seconds:.0f} s",
            *(f"{addon} has no tests yet" for addon, n in self.started.items() if not n),
            *(f"skipped {text}" for text in self.skipped),
            *problems,
        ]


# --- pytest ---------------------------------------------------------------------------------------


def run_pytest(databases, template, arguments, native=None):
    """Run pytest with Odoo and HTTP on a copy of the template; its summary is the last line."""
    with pytest_ready(databases, template, "pytest", arguments) as (command_line, env):
        pipes = []
        if native:
            pipes.append(native.told)
            env["LEAD_ADDONS_NATIVE"] = str(native.told)
        say(f"» pytest {' '.join(arguments)}")
        return foreground(command_line, env=env, cwd=os.environ.get("PWD"), pass_fds=pipes)


def second_row(databases, template, paths):
    """Run pytest on some folders; returns its code and the lines that it wrote."""
    with (
        pytest_ready(databases, template, "second", paths) as (command_line, env),
        started(
            command_line,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=env,
            cwd=project.ROOT,
        ) as process,
    ):
        lines = process.stdout.read().splitlines()
        return process.wait(), lines


@contextlib.contextmanager
def pytest_ready(databases, template, name, arguments):
    """Yield a command line of pytest, and its environment, on a database of its own."""
    base = databases.base()
    name = databases.copy_for(name, template)
    config = configuration(databases, name)
    env = workbench.environment(databases, base=base, config=str(config))
    env["POOL_TEST_DATA"] = str(project.data_folder())
    pytest = [
        databases.python,
        "-m",
        "pytest",
        f"--odoo-config={config}",
        "--odoo-http",
        "--odoo-log-level=warn",
    ]
    try:
        yield [*pytest, *arguments], env
    finally:
        databases.drop(name)
