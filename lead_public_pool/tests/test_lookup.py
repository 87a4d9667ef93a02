from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common_sealed import EMAIL, PHONE, SealedCase


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
        wizard.name = "Nobody knows it"
        wizard.action_lookup()
        self.assertFalse(wizard.line_ids)

    def test_what_is_mine_is_said_to_be_mine(self):
        self._claim(self.lead)
        mine = {"partner_name": "Outside Works", "user_id": self.rep.id}
        self.env["crm.lead"].create({"name": "Mine", **mine})
        customer = {"name": "Own Works", "is_company": True, "user_id": self.rep.id}
        self.env["res.partner"].create(customer)
        for name in ("Acme", "Outside Works", "Own Works"):
            with self.subTest(name):
                [answer] = self._lookup(name=name)
                self.assertEqual((answer["state"], answer["owner"]), ("owned", self.rep.name))
                [answer] = self._lookup(self.seller_all, name=name)
                self.assertFalse(answer["owner"])

    def _dialog(self, user=None, **values):
        dialog = self.env["lead.pool.lookup"].with_user(user or self.rep).create(values)
        dialog.action_lookup()
        return dialog

    def test_dialog_opens_what_is_mine_and_offers_no_waiting_for_it(self):
        self._claim(self.lead)
        dialog = self._dialog(name="Acme")
        self.assertRecordValues(
            dialog.line_ids, [{"mine": True, "claimable": False, "owner": self.rep.name}]
        )
        self.assertFalse(dialog.can_wait)
        action = dialog.line_ids.action_open()
        self.assertEqual((action["res_model"], action["res_id"]), ("crm.lead", self.lead.id))
        dialog = self._dialog(self.seller_all, name="Acme")
        self.assertRecordValues(
            dialog.line_ids, [{"mine": False, "res_id": 0, "name": False, "owner": False}]
        )
        self.assertTrue(dialog.can_wait)

    def test_dialog_claims_what_may_be_claimed_and_else_says_why_not(self):
        line = self._dialog(name="Acme").line_ids
        self.assertEqual(line.name, "Call ••• or •••@•••")
        line.action_claim()
        self.assertOwned(self.lead, self.rep, self.sealed)
        self.lead.with_user(self.rep).pool_release()
        self.sealed.cooldown_days = 5
        [line] = self._dialog(name="Acme").line_ids
        self.assertFalse(line.claimable or line.res_id)
        self.assertTrue(line.reason)


@tagged("post_install", "-at_install")
class TestLookupLog(SealedCase):
    """Who asks what is recorded, limited, and told to the managers."""

    def setUp(self):
        super().setUp()
        self.company = self.env.company
        self.company.write({"pool_lookup_limit": 3, "pool_lookup_alert": 1})
        self.log = self.env["lead.pool.lookup.log"]

    def _lookup(self, user=None, **values):
        self.env.flush_all()
        return self.env["lead.pool"].with_user(user or self.rep).pool_lookup(**values)

    def test_each_question_is_recorded_without_its_plain_text(self):
        self._lookup(phone=PHONE)
        self._lookup(email="nobody@nowhere.example", name="Acme")
        rows = self.log.search([("user_id", "=", self.rep.id)], order="id")
        self.assertRecordValues(
            rows,
            [
                {"kind": "phone", "found": True, "number": 1},
                {"kind": "several", "found": True, "number": 2},
            ],
        )
        texts = " ".join(str(rows.read()))
        for secret in (PHONE, PHONE[-6:], "nowhere", "Acme"):
            self.assertNotIn(secret, texts)
        self._lookup(phone=PHONE.replace(" ", "\u2011"))
        again = self.log.search([("user_id", "=", self.rep.id)], limit=1, order="id desc")
        self.assertEqual(again.fingerprint, rows[0].fingerprint)
        self.assertNotEqual(rows[1].fingerprint, rows[0].fingerprint)

    def test_a_rep_is_told_his_quota_and_refused_beyond_it(self):
        wizard = self.env["lead.pool.lookup"].with_user(self.rep).create({"name": "Acme"})
        self.assertIn("3 of 3", wizard.quota)
        wizard.action_lookup()
        self.assertIn("2 of 3", wizard.quota)
        self._lookup(name="A")
        self._lookup(name="B")
        with self.assertRaisesRegex(UserError, "3 companies today"):
            self._lookup(name="C")
        self.assertEqual(self.log.search_count([("user_id", "=", self.rep.id)]), 3)
        self._lookup(self.other, name="C")

    def test_managers_and_companies_without_limit_ask_on(self):
        for _number in range(5):
            self._lookup(self.lead_manager, name="Acme")
        self.company.pool_lookup_limit = 0
        for _number in range(5):
            self._lookup(name="Acme")
        wizard = self.env["lead.pool.lookup"].with_user(self.rep).create({})
        self.assertEqual(wizard.quota, "Each lookup is recorded.")

    def test_a_second_company_is_no_second_quota(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere", "pool_lookup_limit": 0})
        self.rep.company_ids |= elsewhere
        both = [self.company.id, elsewhere.id]
        pools = self.env["lead.pool"].with_user(self.rep)
        for companies in ([self.company.id], [elsewhere.id], both):
            pools.with_context(allowed_company_ids=companies).pool_lookup(name="Acme")
        # Whose records are searched has a say, in whichever company one works at the moment.
        for companies in ([self.company.id], both, both[::-1]):
            with self.assertRaisesRegex(UserError, "3 companies today"):
                pools.with_context(allowed_company_ids=companies).pool_lookup(name="Acme")
        rows = self.log.search([("user_id", "=", self.rep.id)])
        self.assertEqual(sorted(rows.mapped("number")), [1, 2, 3])

    def test_the_quota_begins_anew_with_the_day_of_the_company(self):
        for _number in range(3):
            self._lookup(name="Acme")
        tomorrow = fields.Datetime.add(self.env.cr.now(), days=1)
        self.patch(self.env.cr, "now", lambda: tomorrow)
        self._lookup(name="Acme")

    def test_managers_are_alerted_once(self):
        def alerts():
            return self.env["mail.message"].search_count(
                [
                    ("subject", "ilike", "looks up many"),
                    ("notified_partner_ids", "in", self.lead_manager.partner_id.ids),
                ]
            )

        self._lookup(name="Acme")
        self.assertEqual(alerts(), 0)
        self._lookup(name="Acme")
        self._lookup(name="Acme")
        self.assertEqual(alerts(), 1)

    def test_managers_see_the_lookups_of_their_members_and_reps_none(self):
        self._lookup(name="Acme")
        self._lookup(self.stranger, name="Acme")
        mine = self.log.with_user(self.lead_manager).search([])
        self.assertIn(self.rep, mine.user_id)
        self.assertNotIn(self.stranger, mine.user_id)
        self.assertIn(self.stranger, self.log.with_user(self.admin).search([]).user_id)
        with self.assertRaises(AccessError):
            self.log.with_user(self.rep).search([])
        with self.assertRaises(AccessError):
            mine.unlink()
