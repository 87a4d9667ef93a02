"""Runs a job and is killed in the middle of it. Started by `killed_after`.

Usage: python crash.py CONFIGURATION BATCHES MODEL JOB [USER ID …]: SIGKILL right after the job, a
method of the model, has committed so many batches of three records. A job without batches commits
as it likes. With a user and ids it is a button of these records, killed before its only commit.
"""

import inspect
import os
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
BATCH_SIZE = 3


def killed_after(configuration, batches, model, job, user=None, ids=()):
    """Run a job in a process of its own, which is killed after so many batches.

    :param str configuration: path of Odoo's configuration file
    :param int batches: how many batches of three records are committed before
    :param str model: name of the model
    :param str job: method of the model
    :param int user: who presses a button of records, none for a job
    :param list ids: the records
    :raise AssertionError: when the process ended in another way, with what it said
    """
    pressed = [str(number) for number in (user, *ids)] if user else []
    done = subprocess.run(
        [sys.executable, __file__, configuration, str(batches), model, job, *pressed],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr


def main(configuration, batches, model, job, user=None, *ids):
    sys.path.insert(0, str(ROOT / "dev"))
    from devkit.inside import environment

    with environment(configuration) as env:
        if user:
            records = env[model].with_user(int(user)).browse(map(int, ids))
            getattr(records, job)()
            env.flush_all()
            os.kill(os.getpid(), signal.SIGKILL)
        cron = type(env["ir.cron"])
        commit = cron._commit_progress
        left = int(batches)

        def commit_then_die(self, processed=0, **options):
            nonlocal left
            answer = commit(self, processed, **options)
            left -= bool(processed)
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)
            return answer

        cron._commit_progress = commit_then_die
        work = getattr(env[model], job)
        sized = "batch_size" in inspect.signature(work).parameters
        work(**({"batch_size": BATCH_SIZE} if sized else {}))


if __name__ == "__main__":
    main(*sys.argv[1:])
