"""Nobody ties people to a customer that lies in a masked pool, or writes down its name."""

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import TransactionCase, new_test_user

from ..common import requires, top_level

ADDONS = {"lead_public_pool", "lead_scoring", "customer_lifecycle"}


@top_level
class TestMaskedPeople(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        requires(cls.env, *ADDONS)
        cls.rep = new_test_user(
            cls.env,
            "masked_people",
            groups="base.group_user,sales_team.group_sale_salesman,base.group_partner_manager",
        )
        cls.pool = cls.env["lead.pool"].create(
            {
                "name": "Masked",
                "kind": "customer",
                "visibility": "sealed",
                "mask_name": True,
                "member_ids": [Command.create({"user_id": cls.rep.id})],
            }
        )
        cls.hidden = cls.env["res.partner"].create(
            {"name": "Zsecret", "is_company": True, "pool_id": cls.pool.id}
        )
        cls.person = cls.env["res.partner"].create(
            {"name": "Zsecret Ann", "parent_id": cls.hidden.id}
        )
        cls.mine = cls.env["res.partner"].create({"name": "Mine", "is_company": True})
        cls.lead = cls.env["crm.lead"].create({"name": "Mine", "user_id": cls.rep.id})

    def _refused(self, model, **values):
        with self.assertRaises(AccessError), self.cr.savepoint():
            self.env[model].with_user(self.rep).create(values)

    def test_nobody_makes_a_stranger_the_contact_of_a_masked_customer(self):
        stranger = self.env["res.partner"].create({"name": "Me", "email": "me@private.example"})
        roles = "customer.contact.role"
        self._refused(roles, customer_id=self.hidden.id, partner_id=stranger.id)
        self._refused(roles, customer_id=self.mine.id, partner_id=self.person.id)
        role = (
            self.env[roles]
            .with_user(self.rep)
            .create({"customer_id": self.mine.id, "partner_id": stranger.id})
        )
        for values in ({"customer_id": self.hidden.id}, {"partner_id": self.person.id}):
            with self.assertRaises(AccessError), self.cr.savepoint():
                role.write(values)
        with self.assertRaises(AccessError), self.cr.savepoint():
            self.hidden.with_user(self.rep).write(
                {"contact_role_ids": [Command.create({"partner_id": stranger.id})]}
            )
        with self.assertRaises(AccessError), self.cr.savepoint():
            self.env[roles].with_user(self.rep).with_context(
                default_customer_id=self.hidden.id
            ).create({"partner_id": stranger.id})

    def test_no_influencer_of_my_lead_copies_a_masked_name(self):
        for partner in (self.hidden, self.person):
            self._refused("lead.score.influencer", lead_id=self.lead.id, partner_id=partner.id)
        influencer = (
            self.env["lead.score.influencer"]
            .with_user(self.rep)
            .create({"lead_id": self.lead.id, "partner_id": self.mine.id})
        )
        with self.assertRaises(AccessError), self.cr.savepoint():
            influencer.partner_id = self.person
        values = {"lead_id": self.lead.id, "partner_id": self.person.id}
        with self.assertRaises(AccessError), self.cr.savepoint():
            influencer.browse().onchange(values, ["partner_id"], {"name": {}, "partner_id": {}})
