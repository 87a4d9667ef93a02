from lxml import etree

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import PoolCase


@tagged("post_install", "-at_install")
class TestLock(PoolCase):
    """A form that cannot be saved shows itself as read-only, and says why."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.held, cls.waiting = cls._create_leads(2)
        cls.held.with_user(cls.rep).pool_claim()

    def _form(self, model, xml_id, user):
        views = self.env[model].with_user(user).get_views([(self.env.ref(xml_id).id, "form")])
        return etree.fromstring(views["views"]["form"]["arch"])

    def test_locked_is_what_the_model_refuses_to_write(self):
        for lead, user, locked in (
            (self.held, self.rep, False),
            (self.held, self.lead_manager, True),
            (self.held, self.admin, False),
            (self.waiting, self.rep, True),
            (self.waiting, self.lead_manager, False),
        ):
            lead = lead.with_user(user)
            with self.subTest(lead=lead.name, user=user.name):
                self.assertEqual(lead.pool_locked, locked)
                self.assertEqual(lead.has_access("write"), not locked)
        with self.assertRaises(AccessError):
            self.held.with_user(self.lead_manager).name = "Mine"

    def test_what_does_not_circulate_is_never_locked(self):
        lead = self.env["crm.lead"].create({"name": "Outside", "user_id": self.rep.id})
        self.assertFalse(lead.with_user(self.rep).pool_locked)
        self.assertFalse(self.env["crm.lead"].with_user(self.rep).new({"name": "New"}).pool_locked)

    def test_every_field_of_the_form_obeys(self):
        for model, xml_id in (
            ("crm.lead", "crm.crm_lead_view_form"),
            ("res.partner", "base.view_partner_form"),
        ):
            form = self._form(model, xml_id, self.lead_manager)
            self.assertTrue(form.xpath("//field[@name='pool_locked']"))
            for node in form.xpath("//field[not(ancestor::field)]"):
                field = self.env[model]._fields[node.get("name")]
                readonly = node.get("readonly", "True" if field.readonly else "")
                with self.subTest(model=model, field=field.name):
                    self.assertTrue(readonly in ("1", "True") or "pool_locked" in readonly)

    def test_odoo_buttons_that_would_be_refused_disappear_and_ours_stay(self):
        form = self._form("crm.lead", "crm.crm_lead_view_form", self.lead_manager)
        for node in form.xpath("//header/button"):
            ours = node.get("name").startswith("action_pool_")
            with self.subTest(button=node.get("name")):
                self.assertEqual("pool_locked" not in node.get("invisible", ""), ours)

    def test_other_views_are_left_alone(self):
        view = self.env.ref("crm.crm_lead_view_list_activities", raise_if_not_found=False)
        views = self.env["crm.lead"].get_views([(view.id if view else False, "list")])
        self.assertNotIn("pool_locked", views["views"]["list"]["arch"])
