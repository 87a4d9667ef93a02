"""What a customer is to us concerns who sells to them, not themselves or other employees."""

from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, new_test_user

from ..common import requires, top_level

ADDONS = {"lead_public_pool", "lead_scoring", "customer_lifecycle"}


@top_level
class TestFieldGroups(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        requires(cls.env, *ADDONS)

    def test_nobody_but_salespeople_reads_our_fields_of_a_contact_or_a_user(self):
        tried = 0
        for group in ("base.group_user", "base.group_portal"):
            user = new_test_user(self.env, f"fields_{group[11:]}", groups=group)
            for record in (user.partner_id.with_user(user), user.with_user(user)):
                for name, field in record._fields.items():
                    if not set(field._modules) & ADDONS:
                        continue
                    tried += 1
                    with (
                        self.subTest(model=record._name, field=name, group=group),
                        self.assertRaises(AccessError),
                    ):
                        record.read([name])
        self.assertGreater(tried, 100)

    def test_others_make_and_change_contacts_all_the_same(self):
        clerk = new_test_user(
            self.env, "fields_clerk", groups="base.group_user,base.group_partner_manager"
        )
        contacts = self.env["res.partner"].with_user(clerk)
        company = contacts.create({"name": "Company", "is_company": True})
        person = contacts.create({"name": "Person", "parent_id": company.id})
        person.write({"phone": "+49 731 555 0101", "parent_id": False})
        person.message_post(body="Called")
        person.copy()
        person.action_archive()
        person.action_unarchive()
        self.assertTrue(contacts.web_search_read([("id", "=", person.id)], {"display_name": {}}))
        self.assertTrue(contacts.get_views([(False, "form"), (False, "list"), (False, "kanban")]))
        person.unlink()
        self.assertFalse(person.exists())
