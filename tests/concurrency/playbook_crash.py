"""Takes due steps of playbooks and is killed in the middle. Started by `test_playbook_crash`.

Usage: python playbook_crash.py CONFIGURATION STEPS: SIGKILL in the middle of the step after so
many, with its e-mail written but not committed; two steps are one transaction.
"""

import os
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "dev"))

from devkit.inside import environment


def main(configuration, steps):
    with environment(configuration) as env:
        rows = type(env["customer.playbook.enrolment"])
        go_on = rows._go_on
        left = int(steps)

        def go_on_then_die(self):
            nonlocal left
            answer = go_on(self)
            self.env.flush_all()
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)
            left -= 1
            return answer

        rows._go_on = go_on_then_die
        env["customer.playbook.enrolment"]._cron_run(batch_size=2)


if __name__ == "__main__":
    main(*sys.argv[1:])
