"""Entry point: `python -m devkit run|test|lint|bench [arguments]`."""

import importlib
import os
import signal
import sys

from .process import Problem, Stopped


def interrupt(_signal, _frame):
    """Let every kind of stop take the one path on which all that was started is stopped too."""
    raise Stopped


def main():
    for variable in ("ODOO_RC", "OPENERP_SERVER", "PYTHONDONTWRITEBYTECODE", "PYTHONPATH"):
        os.environ.pop(variable, None)  # nothing of the user's own Odoo may leak into ours
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's `&` would ignore it
    for stop in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(stop, interrupt)
    command = importlib.import_module(f".cmd_{sys.argv[1]}", __package__)
    try:
        return command.main(sys.argv[2:])
    except Problem as problem:
        print(f"\n✗ {problem}", file=sys.stderr, flush=True)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.", flush=True)
        return 130


sys.exit(main())
