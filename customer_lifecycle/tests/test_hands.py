from odoo.tests import tagged

from .common import LifecycleCase


@tagged("post_install", "-at_install")
class TestHands(LifecycleCase):
    """What somebody said about a customer survives whatever is made anew."""

    def said(self, partner, until_order=True):
        self.row(partner).action_set_state("dormant", "Moved abroad", lock_until_order=until_order)
        return partner

    def assertSaid(self, partner):
        row = self.row(partner)
        self.assertEqual(
            (row.state, row.manual_state, row.manual_reason), ("dormant", "dormant", "Moved abroad")
        )

    def test_a_state_by_hand_survives_a_rebuild(self):
        for until_order in (True, False):
            with self.subTest(until_order=until_order):
                partner = self.said(self.customer(80, 60, 40, 5), until_order)
                self.row(partner).action_rebuild()
                self.assertSaid(partner)

    def test_a_state_by_hand_survives_an_empty_contact_moving_in(self):
        partner = self.said(self.customer(80, 60, 40, 5))
        contact = self.env["res.partner"].create({"name": "Nobody"})
        contact.parent_id = partner
        self.assertSaid(partner)

    def test_a_state_by_hand_survives_a_merge(self):
        partner = self.said(self.customer(80, 5))
        source = self.customer(70, 30)
        self.env["base.partner.merge.automatic.wizard"]._merge((partner | source).ids, partner)
        self.assertSaid(partner)
        self.assertEqual(self.row(partner).order_count, 4)

    def test_a_purchase_on_a_later_day_still_ends_it(self):
        partner = self.said(self.customer(80, 5))
        self.row(partner).manual_date = "2026-06-20"
        self.order(partner, 1)
        self.row(partner).action_rebuild()
        self.assertFalse(self.row(partner).manual_state)

    def test_a_reason_of_a_loss_survives_them_all(self):
        reason = self.env["customer.churn.reason"].search([], limit=1)
        partner, contact = self.customer(400), self.env["res.partner"].create({"name": "Nobody"})
        self.row(partner).action_close(reason.id, "Closed down")
        self.row(partner).action_rebuild()
        contact.parent_id = partner
        source = self.customer(500)
        self.env["base.partner.merge.automatic.wizard"]._merge((partner | source).ids, partner)
        row = self.row(partner)
        self.assertEqual((row.state, row.churn_reason_id), ("churned", reason))

    def test_what_must_give_is_said_in_the_history(self):
        for join in ("merge", "move"):
            with self.subTest(join=join):
                partner, other = self.customer(5), self.said(self.customer(10), until_order=False)
                self.row(partner).action_set_state("loyal", "A friend")
                if join == "merge":
                    self.env["base.partner.merge.automatic.wizard"]._merge(
                        (partner | other).ids, partner
                    )
                else:
                    other.write({"is_company": False, "parent_id": partner.id})
                self.assertEqual(self.row(partner).manual_reason, "A friend")
                said = " ".join(str(message.body) for message in partner.message_ids)
                self.assertIn("Moved abroad", said)
