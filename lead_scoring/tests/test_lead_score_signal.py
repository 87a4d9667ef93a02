import psycopg2

from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools import mute_logger


@tagged("post_install", "-at_install")
class TestLeadScoreSignal(TransactionCase):
    def test_code_is_unique_even_against_archived_signals(self):
        signal = self.env["lead.score.signal"].create({"name": "Called us", "code": "call"})
        signal.action_archive()
        with self.assertRaises(psycopg2.errors.UniqueViolation), mute_logger("odoo.sql_db"):
            self.env["lead.score.signal"].create({"name": "Called again", "code": "call"})

    def test_rep_reads_but_does_not_edit_the_catalogue(self):
        rep = new_test_user(self.env, "signal_rep", groups="sales_team.group_sale_salesman")
        signals = self.env["lead.score.signal"].with_user(rep)
        self.assertTrue(signals.search([("code", "=", "mail_reply")]))
        with self.assertRaises(AccessError):
            signals.create({"name": "Mine", "code": "mine"})
