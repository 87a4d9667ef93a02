from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common_sealed import EMAIL, PHONE, SealedCase


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

    def test_page_costs_no_more_for_more_entries(self):
        entries = self.env["lead.pool.entry"].with_user(self.rep)
        tag = self.env["crm.tag"].create({"name": "Sealed test"})
        specification = {"name": {}, "tag_ids": {}, "pool_claim_message": {}}
        self._create_leads(30, pool=self.sealed, tag_ids=[(4, tag.id)])
        counts = []
        for limit in (5, 5, 30):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            page = entries.web_search_read([], specification, limit=limit)["records"]
            counts.append(self.env.cr.sql_log_count - before)
            self.assertEqual([entry["tag_ids"] for entry in page], [tag.ids] * limit)
        self.assertEqual(counts[1], counts[2])

    def test_pages_of_both_kinds_fit_together(self):
        customers = self._create_pool("Customers", kind="customer")
        self._create_leads(6, pool=self.sealed, pool_priority=5)
        partners = [{"name": f"Acme {n}", "pool_id": customers.id} for n in range(6)]
        self.env["res.partner"].create(partners).pool_priority = 5
        entries = self.env["lead.pool.entry"].with_user(self.rep)
        for order in (None, "id", "pool_priority desc, id desc"):
            whole = entries.search([], order=order)
            pages = [entries.search([], order=order, limit=2, offset=n) for n in range(0, 14, 2)]
            self.assertEqual(entries.union(*pages), whole)
            self.assertEqual(sum(map(len, pages)), len(whole))
        self.assertEqual(entries.search([], order="id").ids, sorted(whole.ids))

    def test_nobody_writes_entries(self):
        entry = self._entry(self.lead)
        for operation in (
            lambda: entry.write({"name": "x"}),
            lambda: entry.create({"name": "x"}),
            lambda: entry.unlink(),
        ):
            with self.assertRaises(AccessError):
                operation()
