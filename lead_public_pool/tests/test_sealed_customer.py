from odoo.tests import new_test_user, tagged

from odoo.addons.mail.tools.discuss import Store

from .common_sealed import EMAIL, PHONE, SealedCase


@tagged("post_install", "-at_install")
class TestSealedCustomers(SealedCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customers = cls._create_pool("Customers", kind="customer", visibility="sealed")
        cls.env["lead.pool.member"].create(
            {"pool_id": cls.customers.id, "user_id": cls.seller_all.id}
        )
        cls.customer = cls.env["res.partner"].create(
            {
                "name": "Acme",
                "is_company": True,
                "email": EMAIL,
                "phone": PHONE,
                "pool_id": cls.customers.id,
                "child_ids": [(0, 0, {"name": "Hans", "email": EMAIL, "phone": PHONE})],
            }
        )
        cls.contact = cls.customer.child_ids

    def test_sealed_customer_and_contacts_are_out_of_sight(self):
        both = self.customer | self.contact
        for user in self.members:
            partners = both.with_user(user)
            self.assertFalse(partners.search([("id", "in", both.ids)]))
            self.assertFalse(partners.search([("phone", "ilike", "99887766")]))
            self.assertFalse(partners.name_search(EMAIL))
            for partner in partners:
                self.assertNothingGivenAway(lambda partner=partner: partner.read())
        self.assertTrue(both.with_user(self.lead_manager).search([("id", "in", both.ids)]))
        self._claim(self.customer)
        self.assertEqual(both.with_user(self.rep).mapped("phone"), [PHONE, PHONE])

    def test_contact_follows_its_company_in_and_out(self):
        self.assertEqual(self.contact.pool_cover_id, self.customers)
        grandchild = self.env["res.partner"].create({"name": "Jo", "parent_id": self.contact.id})
        self.assertEqual(grandchild.pool_cover_id, self.customers)
        self._claim(self.customer)
        self.assertFalse((self.contact | grandchild).pool_cover_id)

    def test_open_pool_leaves_customers_readable(self):
        pool = self._create_pool("Open customers", kind="customer")
        partner = self.env["res.partner"].create(
            {"name": "Free", "email": EMAIL, "pool_id": pool.id}
        )
        self.assertEqual(partner.with_user(self.stranger).email, EMAIL)

    def test_people_who_do_not_sell_keep_their_contacts(self):
        clerk = new_test_user(self.env, "sealed_clerk", groups="base.group_user")
        self.assertEqual(self.customer.with_user(clerk).phone, PHONE)
        portal = new_test_user(self.env, "sealed_portal", groups="base.group_portal")
        portal.partner_id.parent_id = self.customer
        self.assertEqual(portal.partner_id.with_user(portal).commercial_partner_id, self.customer)
        self.assertEqual(self.customer.with_user(portal).name, "Acme")

    def test_links_do_not_show_address_or_email(self):
        mine = self.env["crm.lead"].create(
            {"name": "Mine", "user_id": self.rep.id, "partner_id": self.contact.id}
        )
        mine.write({"email_from": False, "phone": False})
        for context in ({"show_email": True}, {"show_address": True}, {}):
            lead = mine.with_user(self.rep).with_context(**context)
            self.assertNothingGivenAway(lambda lead=lead: lead.read(["partner_id"]))
            self.assertNothingGivenAway(
                lambda lead=lead: lead.web_read({"partner_id": {"fields": {"display_name": {}}}})
            )

    def test_discuss_does_not_introduce_a_sealed_customer(self):
        channel = self.env["discuss.channel"].with_user(self.rep)
        chat = channel._create_group(self.customer.ids + self.contact.ids)
        chat.add_members(partner_ids=self.contact.ids)
        for records in (
            chat,
            chat.channel_member_ids,
            self.customer.sudo().with_user(self.rep).sudo(),
        ):
            self.assertNothingGivenAway(lambda records=records: Store().add(records).get_result())
        boss = self.customer.with_user(self.lead_manager)
        self.assertIn(EMAIL, str(Store(bus_channel=self.rep).add(boss).get_result()))

    def test_details_cannot_be_copied_through_documents(self):
        for user in self.members:
            lead = self.env["crm.lead"].with_user(user)
            attendee = self.env["calendar.attendee"].with_user(user)
            own = lead.create({"name": "Own"})
            event = (
                self.env["calendar.event"]
                .with_user(user)
                .create(
                    {"name": "E", "start": "2030-01-01 10:00:00", "stop": "2030-01-01 11:00:00"}
                )
            )
            for partner in self.customer | self.contact:
                for function in (
                    lambda p=partner, lead=lead: lead.create(
                        {"name": "x", "partner_id": p.id}
                    ).read(["email_from", "phone"]),
                    lambda p=partner, own=own: (
                        own.write({"partner_id": p.id}) and own.read(["email_from", "phone"])
                    ),
                    lambda p=partner, lead=lead: (
                        lead.with_context(default_partner_id=p.id)
                        .create({"name": "x"})
                        .read(["email_from", "phone"])
                    ),
                    lambda p=partner, lead=lead: lead.onchange(
                        {"partner_id": p.id}, ["partner_id"], {"email_from": {}, "phone": {}}
                    ),
                    lambda p=partner, lead=lead: lead.with_context(
                        default_partner_id=p.id
                    ).onchange({}, [], {"email_from": {}, "phone": {}, "partner_id": {}}),
                    lambda p=partner, attendee=attendee: attendee.onchange(
                        {"partner_id": p.id}, ["partner_id"], {"email": {}, "phone": {}}
                    ),
                    lambda p=partner, event=event: (
                        event.write({"partner_ids": [(4, p.id)]})
                        and event.attendee_ids.read(["email", "phone", "common_name"])
                    ),
                ):
                    self.assertNothingGivenAway(function)
