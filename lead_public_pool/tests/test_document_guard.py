from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from .common_sealed import SealedCase


@tagged("post_install", "-at_install")
class TestDocumentGuard(SealedCase):
    """Documents do not lead to what is hidden, and forms of new records open and fill."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customers = cls._create_pool("Hidden customers", kind="customer", visibility="sealed")
        cls.hidden = cls.env["res.partner"].create(
            {"name": "Hidden Ltd", "phone": "+49 731 555 0133", "pool_id": cls.customers.id}
        )
        cls.open = cls.env["res.partner"].create({"name": "Open Ltd", "phone": "+49 731 555 0134"})

    def _typed(self, model, values, field):
        """What the web client asks while somebody types into a new form."""
        spec = {name: {} for name in {*values, field}}
        return self.env[model].with_user(self.rep).onchange(values, [field], spec)

    def test_a_new_lead_takes_email_phone_and_revenue_while_typing(self):
        empty = {"name": "New", "partner_id": False, "user_id": False, "tag_ids": []}
        for field, value in (
            ("email_from", "new@lead.example"),
            ("phone", "+49 731 555 0199"),
            ("expected_revenue", 100.0),
        ):
            with self.subTest(field):
                answer = self._typed("crm.lead", {**empty, field: value}, field)
                self.assertIn("value", answer)

    def test_a_new_meeting_and_a_new_contact_take_what_the_client_sends(self):
        rows = [[0, "virtual_1", {"name": "Contact person", "parent_id": False}]]
        self._typed("res.partner", {"name": "New", "parent_id": False, "child_ids": rows}, "name")
        people = [[4, self.open.id], [4, self.rep.partner_id.id]]
        self._typed("calendar.event", {"name": "Talk", "partner_ids": people}, "partner_ids")
        self._typed("crm.lead", {"partner_id": {"id": self.open.id}, "name": "New"}, "partner_id")

    def test_quick_create_form_of_the_pipeline(self):
        with Form(
            self.env["crm.lead"].with_user(self.rep), view="crm.quick_create_opportunity_form"
        ) as form:
            form.name = "Quick"
            form.email_from = "quick@lead.example"
            form.phone = "+49 731 555 0166"
        self.assertEqual(form.record.email_from, "quick@lead.example")

    def test_no_form_is_filled_from_a_hidden_customer_however_it_is_named(self):
        for value in (self.hidden.id, {"id": self.hidden.id}, [self.hidden.id, "any"]):
            with self.subTest(value=value), self.assertRaises(AccessError):
                self._typed("crm.lead", {"name": "New", "partner_id": value}, "partner_id")
        for command in ([4, self.hidden.id], [6, 0, [self.open.id, self.hidden.id]]):
            with self.subTest(command=command), self.assertRaises(AccessError):
                self._typed("calendar.event", {"partner_ids": [command]}, "partner_ids")
        leads = self.env["crm.lead"].with_user(self.rep)
        with self.assertRaises(AccessError):
            leads.with_context(default_partner_id=self.hidden.id).onchange({}, [], {"phone": {}})

    def test_no_document_of_any_model_points_to_a_hidden_customer(self):
        for model, values in (
            ("crm.lead", {"name": "Mine", "partner_id": self.hidden.id}),
            ("calendar.event", {"name": "Talk", "partner_ids": [(4, self.hidden.id)]}),
            ("res.partner", {"name": "Person", "parent_id": self.hidden.id}),
        ):
            records = self.env[model].with_user(self.rep)
            with self.subTest(model), self.assertRaises(AccessError):
                records.create(values)
        with self.assertRaises(AccessError):
            self.env["crm.lead"].with_user(self.rep).with_context(
                default_partner_id=self.hidden.id
            ).create({"name": "Mine"})

    def test_a_document_from_before_may_still_be_worked_on(self):
        lead = self.env["crm.lead"].create(
            {"name": "Mine", "user_id": self.rep.id, "partner_id": self.hidden.id}
        )
        lead.with_user(self.rep).write({"name": "Still mine", "partner_id": self.hidden.id})
        self.assertEqual(lead.name, "Still mine")

    def test_managers_and_owners_are_not_in_the_way(self):
        values = {"name": "Theirs", "partner_id": self.hidden.id}
        self.assertTrue(self.env["crm.lead"].with_user(self.lead_manager).create(values))
        self.hidden.with_user(self.rep).pool_claim()
        self.assertTrue(self.env["crm.lead"].with_user(self.rep).create(values))
