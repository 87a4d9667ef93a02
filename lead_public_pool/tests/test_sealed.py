from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import SQL, mute_logger

from odoo.addons.lead_public_pool.tools import mask
from odoo.addons.mail.tools.discuss import Store

from .common import PoolCase

EMAIL = "hans.secret@hidden-company.example"
PHONE = "+49 30 99887766"
SECRETS = ("hans.secret", "hidden-company.example", "99887766", "9988 7766")


class SealedCase(PoolCase):
    """A sealed pool with one lead, seen by an own-documents and an all-documents salesperson."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller_all = new_test_user(
            cls.env,
            "pool_all_docs",
            groups="base.group_user,sales_team.group_sale_salesman_all_leads",
            name="Alla All",
        )
        cls.sealed = cls._create_pool("Sealed", visibility="sealed")
        cls.env["lead.pool.member"].create({"pool_id": cls.sealed.id, "user_id": cls.seller_all.id})
        cls.lead = cls._create_leads(
            1,
            pool=cls.sealed,
            name=f"Call {PHONE} or {EMAIL}",
            partner_name="Acme",
            contact_name="Hans",
            email_from=f"Hans <{EMAIL}>",
            phone=PHONE,
            city="Berlin",
        )
        cls.members = (cls.rep, cls.seller_all)

    def _entry(self, record, user=None):
        kind = 0 if record._name == "crm.lead" else 1
        return self.env["lead.pool.entry"].with_user(user or self.rep).browse(record.id * 2 + kind)

    def _answer(self, function):
        """What a call gives away: its answer, or the text of its error."""
        self.env.invalidate_all()
        try:
            with self.cr.savepoint():
                return str(function())
        except (AccessError, UserError) as error:
            return str(error)

    def assertNothingGivenAway(self, function):
        answer = self._answer(function)
        for secret in SECRETS:
            self.assertNotIn(secret, answer)


@tagged("post_install", "-at_install")
class TestSealedWindow(SealedCase):
    def test_window_shows_masked_entries(self):
        for user in self.members:
            (entry,) = (
                self.env["lead.pool.entry"]
                .with_user(user)
                .search_read([("pool_id", "=", self.sealed.id)], [])
            )
            self.assertEqual(entry["email_masked"], "h•••@h•••.example")
            self.assertEqual(entry["phone_masked"], "+49 •••• ••66")
            self.assertEqual(entry["name"], "Call ••• or •••@•••")
            self.assertEqual((entry["partner_name"], entry["city"]), ("Acme", "Berlin"))
            self.assertNothingGivenAway(lambda entry=entry: entry)

    def test_masks_are_the_pools_choice(self):
        entry = self._entry(self.lead)
        self.sealed.write({"mask_name": True, "mask_company": True, "mask_city": True})
        self.env.flush_all()
        entry.invalidate_recordset()
        self.assertEqual((entry.name, entry.partner_name, entry.city), ("C•••", "A•••", "B•••"))
        self.sealed.write(
            {"mask_contact": False, "mask_name": False, "mask_company": False, "mask_city": False}
        )
        self.env.flush_all()
        entry.invalidate_recordset()
        self.assertEqual(entry.email_masked, EMAIL)
        self.assertEqual(entry.name, self.lead.name)

    def test_masks_are_the_same_in_python_and_in_the_database(self):
        values = [
            EMAIL, "a@b.co", "x", "no mail @ all", PHONE, "030 1234567", "12", "+1", "Acme 24/7",
            "Müller & Söhne", "Ring +49 (0)30 / 123 45-67 or mail a.b@c.de, at 10", "ab@c",
            "•", "Line 1\nb@d.org",
        ]  # fmt: skip

        for python, sql in (
            (mask.email, mask.sql_email),
            (mask.phone, mask.sql_phone),
            (mask.text, mask.sql_text),
            (mask.scrub, mask.sql_scrub),
        ):
            for value in values:
                with self.subTest(mask=python.__name__, value=value):
                    ((answer,),) = self.env.execute_query(
                        SQL("SELECT %s", sql(SQL("%s::varchar", value)))
                    )
                    self.assertEqual(answer, python(value))
                    self.assertIsNone(python(""))

    def test_open_pool_shows_its_entries_in_full(self):
        lead = self._create_leads(1, email_from=EMAIL, phone=PHONE)
        entry = self._entry(lead)
        self.assertEqual((entry.email_masked, entry.name), (EMAIL, "Lead 0"))
        self.assertTrue(lead.with_user(self.rep).name)

    def test_hidden_pool_shows_nothing_to_its_members(self):
        self.sealed.visibility = "hidden"
        for user in self.members:
            entries = self.env["lead.pool.entry"].with_user(user)
            self.assertFalse(entries.search([("pool_id", "=", self.sealed.id)]))
            self.assertEqual(self._codes(self.lead.with_user(user).pool_claim()), ["not_pooled"])
            self.assertEqual(self._codes(self._entry(self.lead, user).pool_claim()), ["not_pooled"])
            with self.assertRaises(UserError), self.cr.savepoint():
                self.lead.with_user(user).write({"user_id": user.id})
        self.assertPooled(self.lead, self.sealed)
        boss = self.lead.with_user(self.lead_manager)
        self.assertEqual(boss.phone, PHONE)
        self.assertEqual(self._codes(boss.pool_assign(self.rep.id)), ["ok"])

    def test_managers_read_the_full_record(self):
        for user in (self.lead_manager, self.admin):
            self.assertEqual(self.lead.with_user(user).email_normalized, EMAIL)
            self.assertTrue(self._entry(self.lead, user).exists())

    def test_strangers_and_other_companies_see_no_entry(self):
        entries = self.env["lead.pool.entry"]
        self.assertFalse(entries.with_user(self.stranger).search([]))
        self.assertFalse(self._entry(self.lead, self.stranger).search([]))
        with self.assertRaises(AccessError):
            self._entry(self.lead, self.stranger).read(["name"])
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self.rep.company_ids |= company
        elsewhere = entries.with_user(self.rep).with_context(allowed_company_ids=company.ids)
        self.assertFalse(elsewhere.search([]))

    def test_only_what_waits_is_an_entry(self):
        owned = self._claim(self._create_leads(1, pool=self.sealed))
        lost = self._create_leads(1, pool=self.sealed)
        lost.action_set_lost()
        self.env.flush_all()
        self.assertFalse((self._entry(owned) | self._entry(lost)).exists())
        self.assertNotIn(self._entry(owned), self._entry(owned).sudo().search([]))
        self.assertEqual(self._entry(lost).read(["name"]), [])

    def test_entries_of_both_kinds_have_ids_of_their_own(self):
        customers = self._create_pool("Customers", kind="customer", visibility="sealed")
        partner = self.env["res.partner"].create(
            {"name": "Acme", "is_company": True, "email": EMAIL, "pool_id": customers.id}
        )
        entry = self._entry(partner)
        self.assertEqual(
            (entry.kind, entry.res_model, entry.res_id), ("customer", "res.partner", partner.id)
        )
        self.assertEqual(entry.email_masked, "h•••@h•••.example")
        found = entry.search([("kind", "=", "customer")])
        self.assertEqual(found, entry)
        self.assertNotIn(entry, entry.search([("kind", "!=", "customer")]))
        self.assertEqual(self._codes(entry.pool_claim()), ["ok"])
        self.assertOwned(partner, self.rep, customers)

    def test_browse_group_and_search_by_tag(self):
        tag = self.env["crm.tag"].create({"name": "Sealed test"})
        self.lead.tag_ids = tag
        entries = self.env["lead.pool.entry"].with_user(self.rep)
        entry = entries.search([("tag_ids", "in", tag.ids)])
        self.assertEqual(entry, self._entry(self.lead))
        self.assertEqual(entry.tag_ids, tag)
        groups = entries.formatted_read_group(
            [("pool_id", "=", self.sealed.id)], ["city"], ["__count"]
        )
        self.assertEqual([(g["city"], g["__count"]) for g in groups], [("Berlin", 1)])
        self.assertFalse(entries.search([("phone_masked", "ilike", "99887766")]))
        self.assertFalse(entries.search([("email_masked", "ilike", "hans")]))

    def test_nobody_writes_entries(self):
        entry = self._entry(self.lead)
        for operation in (
            lambda: entry.write({"name": "x"}),
            lambda: entry.create({"name": "x"}),
            lambda: entry.unlink(),
        ):
            with self.assertRaises(AccessError):
                operation()


@tagged("post_install", "-at_install")
class TestSealedClaim(SealedCase):
    def test_claim_from_the_window_opens_the_record(self):
        entry = self._entry(self.lead)
        self.assertTrue(entry.pool_can_claim)
        action = entry.action_pool_claim()["params"]["next"]
        self.assertEqual((action["res_model"], action["res_id"]), ("crm.lead", self.lead.id))
        self.assertOwned(self.lead, self.rep, self.sealed)
        self.env.invalidate_all()
        self.assertEqual(self.lead.with_user(self.rep).phone, PHONE)

    def test_record_itself_can_be_claimed_unread(self):
        for user in self.members:
            lead = self._create_leads(1, pool=self.sealed).with_user(user)
            with self.assertRaises(AccessError):
                lead.read(["name"])
            self.assertEqual(self._codes(lead.pool_claim_check()), ["ok"])
            self.assertEqual(self._codes(lead.pool_claim()), ["ok"])

    def test_what_is_not_visible_answers_not_pooled(self):
        foreign = self._create_pool("Foreign", visibility="sealed", member_ids=[])
        lost = self._create_leads(1, pool=self.sealed)
        lost.action_set_lost()
        leads = self._create_leads(1, pool=foreign) | lost | self.lead.browse(10**8)
        self.assertEqual(self._codes(leads.with_user(self.rep).pool_claim()), ["not_pooled"] * 3)
        self.assertEqual(
            self._codes(self.lead.with_user(self.stranger).pool_claim()), ["not_pooled"]
        )
        self.assertEqual(
            self._codes(self.lead.with_user(self.rep).pool_transfer(self.pool.id)), ["not_pooled"]
        )

    def test_second_claimer_gets_taken(self):
        mine, his = self._entry(self.lead), self._entry(self.lead, self.other)
        self.assertEqual(self._codes(mine.pool_claim()), ["ok"])
        self.assertEqual(self._codes(his.pool_claim()), ["taken"])

    def test_same_key_counts_once(self):
        self.sealed.daily_limit = 1
        entry = self._entry(self.lead)
        for _time in range(2):
            self.assertEqual(self._codes(entry.pool_claim(key="k1")), ["ok"])

    def test_window_says_why_not(self):
        self.sealed.daily_limit = 1
        self._claim(self._create_leads(1, pool=self.sealed))
        entry = self._entry(self.lead)
        self.assertFalse(entry.pool_can_claim)
        self.assertIn("1 of 1", entry.pool_claim_message)
        action = entry.action_pool_claim()
        sheet = self.env[action["res_model"]].with_user(self.rep).browse(action["res_id"])
        self.assertEqual(sheet.line_ids.record_name, "Call ••• or •••@•••")

    def test_next_best_comes_from_a_sealed_pool_and_not_from_a_hidden_one(self):
        pool = self.sealed.with_user(self.rep)
        [answer] = pool.pool_claim_next()
        self.assertEqual((answer["id"], answer["code"]), (self.lead.id, "ok"))
        self._create_leads(1, pool=self.sealed)
        self.sealed.visibility = "hidden"
        [answer] = pool.pool_claim_next()
        self.assertFalse(answer["ok"])

    def test_form_may_save_a_record_out_of_its_own_sight(self):
        leads = self.env["crm.lead"].with_user(self.rep)
        [saved] = leads.web_save(
            {"name": "New", "phone": PHONE, "pool_id": self.sealed.id},
            {"name": {}, "phone": {}, "tag_ids": {}},
        )
        lead = leads.browse(saved["id"]).sudo()
        self.assertPooled(lead, self.sealed)
        self.assertEqual((saved["phone"], saved["tag_ids"]), (False, []))
        held = self._claim(lead).with_user(self.rep)
        [saved] = held.web_save({"city": "Bonn"}, {"city": {}})
        self.assertEqual(saved["city"], "Bonn")
        [saved] = held.web_save({"user_id": False}, {"city": {}})
        self.assertFalse(saved["city"])

    def test_refused_request_does_not_name_the_record(self):
        self.sealed.claim_mode = "approval"
        self.assertEqual(self._codes(self._entry(self.lead).pool_claim()), ["approval"])
        request = self.env["lead.pool.request"].search([("lead_id", "=", self.lead.id)])
        self.assertNothingGivenAway(
            lambda: request.with_user(self.rep).read(["record_name", "display_name", "lead_id"])
        )
        request.with_user(self.lead_manager).action_refuse()
        message = self.env["mail.message"].search([("subject", "ilike", "Refused:")], limit=1)
        self.assertNothingGivenAway(lambda: message.read(["subject", "body"]))

    def test_released_record_is_out_of_sight_again(self):
        lead = self._claim(self.lead).with_user(self.rep)
        wizard = (
            self.env["lead.pool.release"]
            .with_user(self.rep)
            .with_context(active_model="crm.lead", active_ids=lead.ids)
            .create({})
        )
        action = wizard.action_release()
        self.assertEqual(action["params"]["next"]["res_model"], "crm.lead")
        self.assertNothingGivenAway(lambda: lead.read(["phone"]))


@tagged("post_install", "-at_install")
class TestNothingGivenAway(SealedCase):
    """No way in gives a contact detail away before the claim."""

    def _everybody(self):
        for user in self.members:
            with self.subTest(user=user.login):
                self.env.invalidate_all()
                yield user

    def test_read_search_group_export_and_names(self):
        for user in self._everybody():
            lead = self.lead.with_user(user)
            leads = lead.browse()
            self.assertFalse(leads.search([("phone", "ilike", "99887766")]))
            self.assertFalse(leads.search([("email_from", "ilike", "hans")]))
            self.assertEqual(leads.search_count([("id", "=", lead.id)]), 0)
            self.assertFalse(leads.name_search("99887766"))
            self.assertFalse(
                leads.formatted_read_group([("id", "=", lead.id)], ["email_from"], ["__count"])
            )
            for function in (
                lambda lead=lead: lead.read(),
                lambda lead=lead: lead.web_read({"phone": {}, "email_from": {}}),
                lambda lead=lead: lead.export_data(["name", "phone", "email_from"]),
                lambda lead=lead: lead.read(["display_name"]),
                lambda lead=lead: lead.copy().read(),
                lambda lead=lead: lead.get_formview_action(),
                lambda lead=lead: (
                    lead.message_get_suggested_recipients()
                    if hasattr(lead, "message_get_suggested_recipients")
                    else None
                ),
            ):
                self.assertNothingGivenAway(function)

    def test_errors_of_moves_and_of_debug_mode(self):
        self.sealed.daily_limit = 1
        for user in self._everybody():
            self._claim(self._create_leads(1, pool=self.sealed), user)
            user.group_ids |= self.env.ref("base.group_no_one")
            lead = self.lead.with_user(user)
            for function in (
                lambda lead=lead, user=user: lead.write({"user_id": user.id}),
                lambda lead=lead: lead.write({"name": "x"}),
                lambda lead=lead: lead.unlink(),
                lambda lead=lead: lead.merge_opportunity(),
                lambda lead=lead: lead.action_pool_claim(),
                lambda lead=lead: lead.pool_assign(self.other.id),
                lambda lead=lead: lead.check_access("write"),
            ):
                self.assertNothingGivenAway(function)

    def test_chatter_followers_attachments(self):
        held = self._claim(self.lead)
        for user in self.members:
            held.message_subscribe(user.partner_id.ids)
        held.with_user(self.rep).message_post(
            body=f"Wrote to {EMAIL}, rang {PHONE}", partner_ids=self.seller_all.partner_id.ids
        )
        self.env["ir.attachment"].with_user(self.rep).create(
            {"name": f"{EMAIL}.txt", "raw": b"x", "res_model": "crm.lead", "res_id": held.id}
        )
        held.with_user(self.rep).pool_release()
        self.env.flush_all()
        document = [("model", "=", "crm.lead"), ("res_id", "=", self.lead.id)]
        of_record = [("res_model", "=", "crm.lead"), ("res_id", "=", self.lead.id)]
        for user in self._everybody():
            self.assertFalse(self.env["mail.message"].with_user(user).search(document))
            self.assertFalse(self.env["ir.attachment"].with_user(user).search(of_record))
            self.assertFalse(self.env["mail.followers"].with_user(user).search(of_record))
            messages = self.env["mail.message"].sudo().search(document).with_user(user)
            self.assertNothingGivenAway(lambda messages=messages: messages.read(["body"]))
        self.assertFalse(self.lead.message_partner_ids & (self.rep | self.seller_all).partner_id)
        self._claim(self.lead, self.other)
        messages = self.env["mail.message"].with_user(self.other).search(document)
        self.assertIn(EMAIL, str(messages.mapped("body")))

    def test_activities_of_the_former_owner(self):
        for policy in ("cancel", "keep"):
            self.sealed.activity_policy = policy
            held = self._claim(self.lead)
            activity = held.with_user(self.rep).activity_schedule(
                "mail.mail_activity_data_call", summary=f"Ring {PHONE}", user_id=self.rep.id
            )
            foreign = held.activity_schedule(
                "mail.mail_activity_data_call", summary=EMAIL, user_id=self.seller_all.id
            )
            held.with_user(self.rep).pool_release()
            for user in self._everybody():
                found = self.env["mail.activity"].with_user(user)
                self.assertFalse(
                    found.search([("res_model", "=", "crm.lead"), ("res_id", "=", held.id)])
                )
                self.assertNothingGivenAway(
                    lambda user=user, activity=activity: activity.with_user(user).read(["summary"])
                )
            self.assertEqual(bool((activity | foreign).exists()), policy == "keep", policy)
            self._claim(self.lead, self.other)
            if policy == "keep":
                self.assertEqual((activity | foreign).user_id, self.other)
            self.lead.with_user(self.other).pool_release()

    def test_calendar_and_activity_report(self):
        held = self._claim(self.lead)
        event = self.env["calendar.event"].create(
            {
                "name": f"Ring {PHONE}",
                "user_id": self.other.id,
                "start": "2030-01-01 10:00:00",
                "stop": "2030-01-01 11:00:00",
                "opportunity_id": held.id,
            }
        )
        held.with_user(self.rep).activity_schedule(
            "mail.mail_activity_data_call", user_id=self.rep.id
        ).action_feedback(feedback=f"Reached {EMAIL}")
        held.with_user(self.rep).pool_release()
        self.env.flush_all()
        for user in self._everybody():
            self.assertFalse(
                self.env["calendar.event"].with_user(user).search([("id", "=", event.id)])
            )
            report = self.env["crm.activity.report"].with_user(user)
            self.assertFalse(report.search([("lead_id", "=", held.id)]))
        own = event.with_user(self.other)
        self.assertTrue(own.search([("id", "=", event.id)]))
        self.assertNothingGivenAway(lambda: own.read(["opportunity_id"]))

    def test_links_of_other_records_show_masked_names(self):
        self.sealed.mask_name = True
        event = self.env["calendar.event"].create(
            {
                "name": "Mine",
                "start": "2030-01-01 10:00:00",
                "stop": "2030-01-01 11:00:00",
                "user_id": self.rep.id,
                "opportunity_id": self.lead.id,
            }
        )
        (values,) = event.with_user(self.rep).read(["opportunity_id"])
        self.assertEqual(values["opportunity_id"][1], "C•••")
        (values,) = event.with_user(self.lead_manager).read(["opportunity_id"])
        self.assertEqual(values["opportunity_id"][1], self.lead.name)

    def test_duplicates_and_own_leads(self):
        for user in self._everybody():
            mine = (
                self.env["crm.lead"]
                .with_user(user)
                .create({"name": "Mine", "email_from": EMAIL.replace("hans.secret", "other")})
            )
            self.assertNothingGivenAway(
                lambda mine=mine: mine.web_read(
                    {"duplicate_lead_ids": {"fields": {"display_name": {}, "email_from": {}}}}
                )
            )

    def test_ledger_and_paths_through_links(self):
        self._claim(self.lead).with_user(self.rep).pool_release(note=f"Rang {PHONE}")
        for user in self._everybody():
            moves = self.env["lead.pool.move"].with_user(user)
            self.assertFalse(moves.search([("lead_id", "=", self.lead.id)]))
            self.assertFalse(moves.search([("lead_id.phone", "ilike", "99887766")]))
            self.assertNothingGivenAway(
                lambda moves=moves: moves.formatted_read_group([], ["record_name"], ["__count"])
            )
        self._claim(self.lead, self.other)
        mine = (
            self.env["lead.pool.move"]
            .with_user(self.other)
            .search([("lead_id", "=", self.lead.id)])
        )
        self.assertIn(self.lead.name, mine.mapped("record_name"))

    def test_pool_that_becomes_sealed_loses_its_traces(self):
        pool = self._create_pool("Opened")
        lead = self._create_leads(1, pool=pool)
        lead.message_subscribe(self.rep.partner_id.ids)
        lead.activity_schedule("mail.mail_activity_data_call", user_id=self.rep.id)
        pool.visibility = "sealed"
        self.assertNotIn(self.rep.partner_id, lead.message_partner_ids)
        self.assertFalse(lead.activity_ids)
        self.assertFalse(lead.with_user(self.rep).search([("id", "=", lead.id)]))


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


@tagged("post_install", "-at_install")
class TestLookup(SealedCase):
    def _lookup(self, user=None, **values):
        self.env.flush_all()
        return self.env["lead.pool"].with_user(user or self.rep).pool_lookup(**values)

    def test_exact_values_are_known_without_being_shown(self):
        known = [
            {"kind": "lead", "state": "pooled", "pool": "Sealed", "claimable": True, "owner": False}
        ]
        self.assertEqual(self._lookup(email=EMAIL.upper()), known)
        self.assertEqual(self._lookup(email=f"Hans <{EMAIL}>"), known)
        self.assertEqual(self._lookup(phone=PHONE), known)
        self.assertEqual(self._lookup(name="ACME"), known)
        for partial in ({"email": "hans@x.example"}, {"phone": "99887"}, {"name": "Acm%"}):
            self.assertEqual(self._lookup(**partial), [])

    def test_phone_is_found_in_any_notation(self):
        try:
            import phonenumbers  # noqa: F401
        except ImportError:
            self.skipTest("phonenumbers is not installed")
        self.assertEqual(len(self._lookup(phone="+493099887766")), 1)
        self.assertEqual(len(self._lookup(phone="0049 30/99 88 77 66")), 1)

    def test_owner_is_named_to_managers_only(self):
        self._claim(self.lead, self.other)
        (answer,) = self._lookup(phone=PHONE)
        self.assertEqual((answer["state"], answer["claimable"]), ("owned", False))
        self.assertFalse(answer["owner"])
        (answer,) = self._lookup(self.lead_manager, phone=PHONE)
        self.assertEqual(answer["owner"], "Otto Other")

    def test_hidden_pool_is_not_named(self):
        self.sealed.visibility = "hidden"
        (answer,) = self._lookup(phone=PHONE)
        self.assertEqual((answer["state"], answer["pool"]), ("pooled", False))
        self.assertFalse(answer["claimable"])

    def test_contact_stands_for_its_customer(self):
        self.env["res.partner"].create(
            {"name": "Parent Co", "child_ids": [(0, 0, {"name": "Kid", "email": "kid@p.example"})]}
        )
        (answer,) = self._lookup(email="kid@p.example")
        self.assertEqual((answer["kind"], answer["state"]), ("customer", "outside"))

    def test_bad_questions_are_refused_in_plain_words(self):
        for values in ({}, {"phone": "  "}, {"phone": 5}, {"name": ["x"]}, {"email": "nonsense"}):
            with self.subTest(values=values), self.assertRaises(UserError):
                self._lookup(**values)

    def test_only_salespeople_ask(self):
        clerk = new_test_user(self.env, "lookup_clerk", groups="base.group_user")
        with self.assertRaises(AccessError):
            self._lookup(clerk, name="Acme")

    def test_at_most_twenty_answers_and_not_of_other_companies(self):
        self._create_leads(25, pool=self.sealed, email_from="many@x.example")
        self.assertEqual(len(self._lookup(email="many@x.example")), 20)
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self.env["crm.lead"].create(
            {
                "name": "E",
                "email_from": "else@x.example",
                "company_id": company.id,
                "user_id": False,
            }
        )
        self.assertEqual(self._lookup(email="else@x.example"), [])

    def test_dialog_answers(self):
        wizard = self.env["lead.pool.lookup"].with_user(self.rep).create({"name": "acme"})
        wizard.action_lookup()
        self.assertEqual(wizard.line_ids.mapped("pool_name"), ["Sealed"])


@tagged("post_install", "-at_install")
class TestSealedViews(SealedCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.leads = cls.lead | cls._create_leads(4, pool=cls.sealed)

    def _open(self, lead, user=None):
        self.env.flush_all()
        return self._entry(lead, user).web_read({"name": {}})

    def test_each_entry_counts_once_a_day(self):
        for lead in self.leads[:2] | self.leads[:1]:
            self._open(lead)
        self._open(self.leads[0])
        views = self.env["lead.pool.view"].search([("user_id", "=", self.rep.id)], order="id")
        self.assertEqual(views.mapped("res_id"), self.leads[:2].ids)
        self.assertEqual(views.mapped("number"), [1, 2])
        self.assertFalse(self.env["lead.pool.view"].with_user(self.admin).search([]) - views)

    def test_beyond_the_limit_the_form_refuses_and_the_list_works(self):
        self.sealed.daily_view_limit = 2
        for lead in self.leads[:2]:
            self._open(lead)
        with self.assertRaisesRegex(UserError, "2 of 2"):
            self._open(self.leads[2])
        with self.assertRaisesRegex(UserError, "2 of 2"):
            self._entry(self.leads[2]).read(["name"])
        self._open(self.leads[0])
        listed = self._entry(self.lead).web_search_read(
            [("pool_id", "=", self.sealed.id)], {"name": {}, "pool_can_claim": {}}, limit=80
        )
        self.assertEqual(listed["length"], 5)
        self.assertEqual(self._codes(self._entry(self.leads[2]).pool_claim()), ["ok"])

    def test_list_and_open_pools_and_managers_are_not_counted(self):
        entries = self.env["lead.pool.entry"].with_user(self.rep)
        entries.web_search_read([], {"name": {}})
        entries.search_read([], ["name"])
        entries.web_read_group([], ["pool_id"], ["__count"])
        self._open(self._create_leads(1))
        self._open(self.lead, self.lead_manager)
        self.assertFalse(self.env["lead.pool.view"].search([]))

    def test_context_of_a_caller_does_not_switch_the_count_off(self):
        self.env.flush_all()
        self._entry(self.lead).with_context(pool_window_list=True).web_read({"name": {}})
        self.assertEqual(self.env["lead.pool.view"].search_count([]), 1)

    def test_managers_are_alerted_once(self):
        self.sealed.view_alert = 2
        domain = [("subject", "ilike", "opens many entries")]
        for lead in self.leads:
            self._open(lead)
        message = self.env["mail.message"].search(domain)
        self.assertEqual(len(message), 1)
        self.assertIn(self.lead_manager.partner_id, message.notified_partner_ids)

    def test_limits_are_not_negative(self):
        for name in ("daily_view_limit", "view_alert"):
            with (
                self.assertRaises(IntegrityError),
                mute_logger("odoo.sql_db"),
                self.cr.savepoint(),
            ):
                self.sealed.write({name: -1})
                self.env.flush_all()

    def test_reps_do_not_read_who_looked(self):
        self._open(self.lead)
        with self.assertRaises(AccessError):
            self.env["lead.pool.view"].with_user(self.rep).search([])
        self.assertTrue(self.env["lead.pool.view"].with_user(self.lead_manager).search([]))

    def test_form_is_not_opened_on_a_read_only_cursor(self):
        model = type(self.env["lead.pool.entry"])
        for method in ("web_read", "read"):
            flags = [
                vars(cls)[method]._readonly
                for cls in model.mro()
                if method in vars(cls) and hasattr(vars(cls)[method], "_readonly")
            ]
            self.assertIs(flags[0], False, method)
