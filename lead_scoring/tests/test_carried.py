from odoo.tests import tagged

from .common import ScoreCase


@tagged("post_install", "-at_install")
class TestCarried(ScoreCase):
    """What Odoo carries over from other records changes the score as well."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contact = cls.env["res.partner"].create({"name": "Carried", "phone": "+49 1"})
        cls.card = cls._create_card(
            [
                {"points": 10, "domain": "[('phone', '=', '+49 2')]"},
                {"points": 30, "domain": "[('city', '=', 'Ulm')]"},
            ]
        )
        cls.lead = cls._create_leads(partner_id=cls.contact.id)

    def test_a_change_of_the_contact_counts(self):
        self.env.cr.flush()
        self.contact.phone = "+49 2"
        self.env.cr.flush()
        self.assertEqual((self.lead.phone, self.lead.score), ("+49 2", 10))
        self.assertEqual(self.lead.score_history_ids[0].reason, "edit")
        self.assertEqual([line["kind"] for line in self.lead.score_explain()], ["attribute"])

    def test_by_whom_of_the_leads_of_others_does_not_matter(self):
        self.env["crm.lead"].browse(self.lead.id).user_id = self.other
        self.env.cr.flush()
        self.contact.with_user(self.rep).with_context(tracking_disable=True).phone = "+49 2"
        self.env.cr.flush()
        self.assertEqual(self.lead.score, 10)

    def test_what_an_edit_computes_is_judged_once(self):
        judged = []
        leads = type(self.env["crm.lead"])
        original = leads._score_run

        def count(records, reason, ids=None):
            judged.append((reason, ids))
            return original(records, reason, ids)

        self.patch(leads, "_score_run", count)
        new = self._create_leads(partner_id=self.contact.id)
        self.env.cr.flush()
        self.assertEqual(judged, [("create", new.ids)])
        other = self.env["res.partner"].create({"name": "Other", "phone": "+49 2"})
        new.partner_id = other
        self.env.cr.flush()
        self.assertEqual(judged[1:], [("edit", new.ids)])
        new.partner_id = False
        self.env.cr.flush()
        self.assertLessEqual(len(judged), 3)

    def test_a_contact_that_changed_before_an_edit_in_the_same_transaction_counts(self):
        self.env.cr.flush()
        self.contact.phone = "+49 2"
        self.lead.city = "Berlin"
        self.env.cr.flush()
        self.assertEqual(self.lead.score, 10)
        self.contact.phone = "+49 3"
        self.lead.city = "Ulm"
        self.env.cr.flush()
        self.assertEqual(self.lead.score, 30)

    def test_many_leads_of_one_contact(self):
        many = self._create_leads(250, partner_id=self.contact.id)
        self.env.cr.flush()
        self.contact.phone = "+49 2"
        self.env.cr.flush()
        self.assertEqual(set(many.mapped("score")), {10})

    def test_a_deleted_lead_is_no_trouble(self):
        self.env.cr.flush()
        self.contact.phone = "+49 2"
        self.assertEqual(self.lead.phone, "+49 2")
        self.lead.unlink()
        self.env.cr.flush()
        self.assertFalse(self.lead.exists())
