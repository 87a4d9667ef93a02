"""Guards of the whole test session: Odoo's log, and whether any test ran at all."""

import json
import logging
import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "dev"))

from devkit.log_rules import is_unexpected


class LogGuard(logging.Handler):
    """Keeps every warning and error that no test asked for.

    It sits on the root logger: what `mute_logger` and `assertLogs` catch never gets here.
    """

    def __init__(self):
        super().__init__(logging.WARNING)
        self.test = "set-up"
        self.found = []

    def emit(self, record):
        text = record.getMessage()
        if is_unexpected(record.levelname, record.name, text):
            if record.exc_info:
                text += "\n" + logging.Formatter().formatException(record.exc_info)
            self.found.append((self.test, f"{record.levelname} {record.name}: {text}"))


guard = LogGuard()
# Where `dev/test` tells how Odoo's own runner fared; not for the pytest that a test may start.
native = os.environ.pop("LEAD_ADDONS_NATIVE", None)


def pytest_configure(config):
    logging.getLogger().addHandler(guard)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logstart(nodeid):
    guard.test = nodeid


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session, exitstatus):
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    ran = sum(len(reporter.stats.get(outcome, ())) for outcome in ("passed", "failed", "error"))
    collecting = session.config.getoption("collectonly")
    if exitstatus == pytest.ExitCode.OK and (guard.found or not (ran or collecting)):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter):
    if guard.found:
        terminalreporter.section("warnings and errors in Odoo's log, which fail this run")
        for test, text in guard.found:
            terminalreporter.write_line(f"{test}\n    {text}")
    if native:
        terminalreporter.section("Odoo's own test runner")
        # It runs beside us; this waits until it has ended.
        with open(int(native), encoding="utf-8") as verdict:
            for line in json.loads(verdict.read() or '["It was stopped."]'):
                terminalreporter.write_line(line)
