import psycopg2

from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools import mute_logger


@tagged("post_install", "-at_install")
class TestCustomerChurnReason(TransactionCase):
    def test_archived_reason_frees_its_name(self):
        reason = self.env["customer.churn.reason"].create({"name": "Moved away"})
        with (
            self.assertRaises(psycopg2.errors.UniqueViolation),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            reason.copy()
        reason.action_archive()
        self.env.flush_all()
        self.assertTrue(reason.copy({"active": True}).active)

    def test_rep_reads_but_does_not_edit_the_dictionary(self):
        rep = new_test_user(self.env, "churn_rep", groups="sales_team.group_sale_salesman")
        reasons = self.env["customer.churn.reason"].with_user(rep)
        self.assertTrue(reasons.search([]))
        with self.assertRaises(AccessError):
            reasons.create({"name": "Mine"})
