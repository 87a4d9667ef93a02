from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common_action import ActionCase


@tagged("post_install", "-at_install")
class TestReferral(ActionCase):
    def test_counts_and_revenue_of_those_brought_in(self):
        friends = self.env["res.partner"].create(
            [
                {"name": f"Friend {number}", "referred_by_id": self.ann.id, "user_id": self.rep.id}
                for number in range(2)
            ]
        )
        self._confirm_order(friends[0], price=250)
        self._confirm_order(friends[1], price=50)
        self.env.flush_all()
        ann = self.ann.with_user(self.rep)
        self.assertEqual((ann.referral_count, ann.referral_revenue), (2, 300.0))
        self.assertEqual(self.env["res.partner"].search(ann.action_referrals()["domain"]), friends)
        self.assertEqual(self.bob.with_user(self.rep).referral_count, 0)

    def test_nobody_brings_in_himself_or_his_own_company(self):
        for source in (self.customer, self.ann):
            with self.assertRaises(ValidationError), self.env.cr.savepoint():
                self.customer.referred_by_id = source

    def test_segment_for_invitations(self):
        loyal = self.env["res.partner"].create(
            [{"name": f"Loyal {number}", "email": f"l{number}@example.com"} for number in range(2)]
        )
        rows = self.env["customer.lifecycle"].sudo()
        rows.create(
            [
                {"partner_id": one.id, "company_id": self.env.company.id, "state": "loyal"}
                for one in loyal
            ]
        )
        self.env["mail.blacklist"]._add(loyal[1].email)
        segment = [
            ("lifecycle_state", "=", "loyal"),
            ("parent_id", "=", False),
            ("email", "!=", False),
            ("is_blacklisted", "=", False),
            ("id", "in", loyal.ids),
        ]
        self.assertEqual(self.env["res.partner"].search(segment), loyal[0])
