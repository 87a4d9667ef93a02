import signal
import subprocess
import sys

from odoo.tests import TransactionCase
from odoo.tools import SQL, config, mute_logger

from ..common import ROOT, committed, in_parallel, requires, top_level

CUSTOMERS = 6


@top_level
class TestPlaybookCrash(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        requires(cls.env, "customer_lifecycle")

    def setUp(self):
        super().setUp()
        self.addCleanup(self._drop)
        with committed(self.registry, tracking_disable=True) as env:
            self.customers = (
                env["res.partner"]
                .create(
                    [
                        {"name": f"Crash {number}", "email": f"crash{number}@example.com"}
                        for number in range(CUSTOMERS)
                    ]
                )
                .ids
            )
            template = env["mail.template"].create(
                {
                    "name": "Crash",
                    "model_id": env["ir.model"]._get_id("res.partner"),
                    "subject": "Crash test",
                    "body_html": "<p>Hello</p>",
                    "email_from": "sales@example.com",
                }
            )
            playbook = env["customer.playbook"].create(
                {
                    "name": "Crash test",
                    "domain": f"[('id', 'in', {self.customers})]",
                    "control_percent": 0,
                    "quiet_from": 0,
                    "quiet_to": 0,
                    "step_ids": [(0, 0, {"kind": "email", "template_id": template.id})],
                }
            )
            playbook.action_start()
            playbook._let_in()
            self.template, self.playbook = template.id, playbook.id

    def _drop(self):
        with committed(self.registry) as env:
            env.cr.execute(
                SQL("DELETE FROM customer_playbook_enrolment WHERE playbook_id = %s", self.playbook)
            )
            env["mail.mail"].search([("subject", "=", "Crash test")]).unlink()
            env["mail.message"].search([("subject", "=", "Crash test")]).unlink()
            env["customer.playbook"].browse(self.playbook).unlink()
            env["mail.template"].browse(self.template).unlink()
            env["res.partner"].browse(self.customers).unlink()

    def _mails(self):
        with committed(self.registry) as env:
            mails = env["mail.mail"].search([("subject", "=", "Crash test")])
            return sorted(mails.recipient_ids.ids), len(mails)

    def _states(self):
        with committed(self.registry) as env:
            rows = env["customer.playbook.enrolment"].search(
                [("playbook_id", "=", self.playbook)], order="id"
            )
            return rows.mapped("state")

    def test_a_killed_run_goes_on_where_it_was_and_mails_nobody_twice(self):
        done = subprocess.run(
            [sys.executable, ROOT / "tests/concurrency/playbook_crash.py", config["config"], "3"],
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
        self.assertEqual(done.returncode, -signal.SIGKILL, done.stderr)
        self.assertEqual(self._states(), ["done"] * 2 + ["running"] * (CUSTOMERS - 2))
        self.assertEqual(self._mails()[1], 2, "the mail of the killed step went out")
        with committed(self.registry) as env:
            env["customer.playbook.enrolment"]._cron_run()
        self.assertEqual(self._states(), ["done"] * CUSTOMERS)
        self.assertEqual(self._mails(), (sorted(self.customers), CUSTOMERS))

    def test_two_runs_at_once_mail_nobody_twice(self):
        with mute_logger("odoo.sql_db", "odoo.service.model"):
            in_parallel(
                self.registry,
                [(1, lambda env: env["customer.playbook.enrolment"]._cron_run())] * 3,
            )
        with committed(self.registry) as env:
            env["customer.playbook.enrolment"]._cron_run()
        self.assertEqual(self._states(), ["done"] * CUSTOMERS)
        self.assertEqual(self._mails(), (sorted(self.customers), CUSTOMERS))
