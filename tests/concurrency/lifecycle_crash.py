"""Lets time move customers and is killed in the middle of it. Started by `test_lifecycle_crash`.

Usage: python lifecycle_crash.py CONFIGURATION BATCHES: SIGKILL right after so many batches are
committed.
"""

import os
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "dev"))

from devkit.inside import environment


def main(configuration, batches):
    with environment(configuration) as env:
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
        env["customer.lifecycle.run"]._cron_run(batch_size=3)


if __name__ == "__main__":
    main(*sys.argv[1:])
