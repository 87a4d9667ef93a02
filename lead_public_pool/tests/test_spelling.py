from pathlib import Path

from odoo.fields import Domain
from odoo.modules.module import load_script
from odoo.tests import BaseCase, tagged
from odoo.tools import SQL

from odoo.addons.lead_public_pool.hooks import SPELLING_JOB, fill_spellings
from odoo.addons.lead_public_pool.tools import numbers, spelling

from .common import PoolCase

SCRIPTS = Path(__file__).parents[1] / "migrations" / "19.0.0.2.1"
# What is the same name, spelled otherwise.
NAMES = (
    ("Northern Springs Ltd", "Northern-Springs", " northern  springs ",
     "ＮＯＲＴＨＥＲＮ Springs, Ltd."),
    ("Frutas del Turia S.L.", "frutas  del  turia", "FRUTAS DEL TURIA SL",
     "Frutas del Turia, S. L."),
    ("Château Lamothe", "Chateau Lamothe", "Cha\u0302teau\u00a0Lamothe",
     "Château\u200b Lamothe SAS"),
    ("Müller & Söhne GmbH & Co. KG", "Mu\u0308ller & So\u0308hne", "MÜLLER  SÖHNE GmbH"),
    ("宁波海通冷链有限公司", "宁波海通冷链", "宁波（海通）冷链", "宁波(海通)冷链 有限公司"),
    ("株式会社サクラ", "サクラ", "ｻｸﾗ", "サクラ株式会社"),
    ("ООО Ромашка", "ромашка", "«Ромашка»"),
)  # fmt: skip
OTHERS = ("Northern Spring", "Springs Northern", "Acm%", "Muller", "宁波", "GmbH", "Ltd")


@tagged("post_install", "-at_install")
class TestSpelling(BaseCase):
    def test_one_name_has_one_key(self):
        for names in NAMES:
            keys = {spelling.name_key(name) for name in names}
            self.assertEqual(len(keys), 1, (names, keys))
        known = {spelling.name_key(names[0]) for names in NAMES}
        self.assertEqual(len(known), len(NAMES))
        for name in OTHERS:
            self.assertNotIn(spelling.name_key(name), known | {None})
        for empty in (None, False, "", " \u200b "):
            self.assertIsNone(spelling.name_key(empty))
        self.assertTrue(spelling.name_key("***"))
        self.assertLessEqual(len(spelling.name_key("ab " * 5000)), spelling.KEY_LETTERS)
        self.assertNotEqual(spelling.name_key("राम"), spelling.name_key("रमा"))

    def test_addresses_and_numbers_of_a_field(self):
        self.assertEqual(
            spelling.emails("Ann <ann@x.example>, ＢＯＢ＠x.example"),
            ["ann@x.example", "bob@x.example"],
        )
        self.assertEqual(spelling.emails(None), [])
        self.assertEqual(spelling.digits("００ ٣٤-963"), "34963")
        self.assertEqual(numbers.written("030 123456/78"), ["3012345678"])
        self.assertEqual(numbers.written("030 1234567 / 0171 2345678"), ["301234567", "1712345678"])

    def test_numbers_are_one_with_and_without_their_country(self):
        for known, asked, alike in (
            ("+34963555014", "963 55 50 14", True),
            ("+34963555014", "0034 963-555-014", True),
            ("+34963555014", "+34 (963) 555014", True),
            ("+34963555014", "+33 963 555 014", False),
            ("+34963555014", "3555014", False),
            ("+8613955500143", "139 5550 0143", True),
            ("+493099887766", "030/99887766", True),
        ):
            self.assertEqual(numbers.same(known, asked), alike, asked)


@tagged("post_install", "-at_install")
class TestLookupSpelling(PoolCase):
    """A record is found however somebody spells what it is looked up by."""

    def _lookup(self, user=None, **values):
        self.env.flush_all()
        return self.env["lead.pool"].with_user(user or self.rep).pool_lookup(**values)

    def _lead(self, **values):
        return self._create_leads(**values)

    def _need_phonenumbers(self):
        if not numbers.phonenumbers:
            self.skipTest("phonenumbers is not installed")

    def test_names_in_any_spelling(self):
        for name, *spellings in NAMES:
            lead = self._lead(partner_name=name)
            for asked in (name, *spellings):
                with self.subTest(name, asked=asked):
                    self.assertEqual(len(self._lookup(name=asked)), 1)
            lead.unlink()
        self._lead(partner_name=NAMES[0][1])
        customers = self.env["res.partner"]
        customers.create({"name": NAMES[1][1], "is_company": True})
        self.assertEqual(len(self._lookup(name=NAMES[0][0])), 1)
        self.assertEqual(len(self._lookup(name=NAMES[1][0])), 1)
        for asked in OTHERS:
            self.assertFalse(self._lookup(name=asked), asked)

    def test_broken_letters_are_left_out(self):
        self._lead(partner_name="Acme", email_from="a@b.example", phone="+49 30 99887766")
        self.assertEqual(len(self._lookup(name="\ud800Ac\udfffme")), 1)
        self.assertEqual(len(self._lookup(email="a@b.ex\ud800ample")), 1)
        self.assertEqual(len(self._lookup(phone="+49 30 \ud80099887766")), 1)

    def test_addresses_in_any_spelling_and_the_second_of_two(self):
        self._lead(email_from="Ann <ann@two.example>, bob@two.example; cy@two.example")
        self._lead(email_from="dan＠odd.example")
        self.env["res.partner"].create({"name": "P", "email": "eve@p.example,fay@p.example"})
        for asked in (
            "ann@two.example",
            "BOB@two.example",
            "cy@two.example",
            "bob＠two.example",
            "bob@\u200btwo.example",
            "dan@odd.example",
            "eve@p.example",
            "Fay <fay@p.example>",
        ):
            with self.subTest(asked):
                self.assertEqual(len(self._lookup(email=asked)), 1)
        self.assertFalse(self._lookup(email="x@two.example"))
        # A question about many addresses would be many questions.
        self.assertFalse(self._lookup(email="nobody@x.example, fay@p.example"))

    def test_numbers_in_any_spelling(self):
        self._need_phonenumbers()
        self._lead(phone="＋４９ ３０ ９９８８７７６６")
        self._lead(phone="+49\u200b30\u201088\u201077\u20106655")
        for asked in ("+49 30 99887766", "+49‑30‑99887766", "٠٠٤٩٣٠٩٩٨٨٧٧٦٦", "+49 30 8877 66 55"):
            with self.subTest(asked):
                self.assertEqual(len(self._lookup(phone=asked)), 1)

    def test_national_numbers_of_other_countries(self):
        self._need_phonenumbers()
        spain, china = self.env.ref("base.es"), self.env.ref("base.cn")
        self._lead(phone="963 555 014", country_id=spain.id)
        self._lead(phone="+86 139 5550 0143", country_id=china.id)
        for asked in ("963555014", "963 55 50 14", "+34 963 555 014", "0034963555014",
                      "13955500143", "139-5550-0143", "+8613955500143"):  # fmt: skip
            with self.subTest(asked):
                self.assertEqual(len(self._lookup(phone=asked)), 1)
        for asked in ("3555014", "+33 963 555 014", "963 555 015"):
            self.assertFalse(self._lookup(phone=asked), asked)

    def test_numbers_whose_country_nobody_knows(self):
        self.env.company.country_id = self.env.ref("base.us")
        self._lead(phone="963 555 014")
        self._lead(phone="0171 2345678 / 0172 3456789")
        # A number for films, which no country has given to anybody.
        self._lead(phone="+1 731 555 0142")
        for asked in ("963555014", "963-55-50-14", "+34 963 555 014", "0172/3456789",
                      "731-555-0142", "(731) 555 0142", "+1 731 5550142",
                      "001 731 5550142"):  # fmt: skip
            with self.subTest(asked):
                self.assertEqual(len(self._lookup(phone=asked)), 1)

    def test_duplicates_are_found_in_any_spelling(self):
        for mine, theirs in (
            ({"partner_name": "Frutas  del Turia"}, {"partner_name": "FRUTAS DEL TURIA S.L."}),
            ({"email_from": "a＠sign.example"}, {"email_from": "b@\u200bsign.example"}),
            ({"phone": "＋３２ ２ ２９０ ３４ ９０"}, {"phone": "+32‑2‑290‑34‑90"}),
        ):
            with self.subTest(mine):
                lead = self._lead(**mine)
                self._claim(self._lead(**theirs), self.other)
                self.env.flush_all()
                [answer] = lead.with_user(self.rep).pool_claim_check()
                self.assertIn("duplicate", answer["message"])


@tagged("post_install", "-at_install")
class TestOlderRecords(PoolCase):
    """Records from before the addon, or from an earlier version of it."""

    def _forget(self, records):
        self.env.flush_all()
        names = ["pool_name_key", "pool_contact_keys", "pool_masked", "email_normalized"]
        self.env.cr.execute(
            SQL(
                "UPDATE %s SET %s WHERE id IN %s",
                SQL.identifier(records._table),
                SQL(", ").join(SQL("%s = NULL", SQL.identifier(name)) for name in names),
                tuple(records.ids),
            )
        )
        self.env.invalidate_all(flush=False)

    def setUp(self):
        super().setUp()
        self.lead = self._create_leads(
            name="Call ９９８８７７６６",
            partner_name="Frutas del Turia S.L.",
            email_from="ann＠two.example, bob@two.example",
        )
        self.customer = self.env["res.partner"].create({"name": "Château Lamothe"})
        self._forget(self.lead)
        self._forget(self.customer)

    def _known(self, **values):
        self.env.flush_all()
        return bool(self.env["lead.pool"].with_user(self.rep).pool_lookup(**values))

    def _run_job(self, seconds=60):
        """Run the job with so much time left; it may ask to rest from now on."""

        def commit(crons, processed=0, remaining=None, deactivate=False):
            if deactivate:
                crons.env.ref(SPELLING_JOB).active = False
            return seconds

        self.patch(self.env.registry["ir.cron"], "_commit_progress", commit)
        self.env["lead.pool"]._cron_spelling()

    def test_after_installation_they_are_found_at_once_and_in_any_spelling_after_the_job(self):
        fill_spellings(self.env)
        self.assertTrue(self._known(email="ann@two.example"))
        self.assertTrue(self._known(email="bob@two.example"))
        self.assertTrue(self._known(name="Frutas del Turia S.L."))
        self.assertFalse(self._known(name="frutas del turia"))
        self._run_job()
        self.assertTrue(self._known(name="frutas  del  turia"))
        self.assertTrue(self._known(name="chateau lamothe"))
        self.assertFalse(self.env.ref(SPELLING_JOB).active)

    def test_the_job_goes_on_where_its_time_was_up(self):
        fill_spellings(self.env)
        self._run_job(seconds=0)
        self.assertTrue(self.env.ref(SPELLING_JOB).active)
        self._run_job()
        self.assertTrue(self._known(name="chateau lamothe"))

    def test_an_update_masks_what_waits(self):
        for name in ("pre-spelling.py", "post-spelling.py"):
            load_script(str(SCRIPTS / name), name[:-3].replace("-", "_")).migrate(
                self.env.cr, "19.0.0.1.0"
            )
        self.env.invalidate_all()
        self.assertEqual(self.lead.pool_masked["name"], "Call •••")
        self.assertEqual(self.lead.pool_masked["email"], "a•••@t•••.example")
        self.assertFalse(self.customer.pool_masked)
        index = SQL("SELECT 1 FROM pg_indexes WHERE indexname = 'lead_pool_lookup_log_numbered'")
        self.assertFalse(self.env.execute_query(index), "The update makes it anew")

    def test_an_update_numbers_the_lookups_of_a_day_over_all_companies(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.env.cr.execute("DROP INDEX lead_pool_lookup_log_numbered")
        log = self.env["lead.pool.lookup.log"]
        rows = log.create(
            [
                {"date": "2026-01-02", "day": "2026-01-02", "user_id": self.rep.id,
                 "company_id": company.id, "kind": "name", "number": number}
                for company in (self.env.company, elsewhere) for number in (1, 2)
            ]
        )  # fmt: skip
        self.env.flush_all()
        script = load_script(str(SCRIPTS / "pre-spelling.py"), "pre_spelling")
        script.migrate(self.env.cr, "19.0.0.1.0")
        self.env.invalidate_all()
        self.assertEqual(rows.mapped("number"), [1, 2, 3, 4])


@tagged("post_install", "-at_install")
class TestLookupSpeed(PoolCase):
    def test_no_lookup_reads_all_records(self):
        self.env.ref(SPELLING_JOB).active = False
        lookup = self.env["lead.pool"]
        self.env.flush_all()
        # What PostgreSQL can do counts here, not what it prefers with a handful of records.
        self.env.cr.execute("SET LOCAL enable_seqscan = off")
        for model in ("crm.lead", "res.partner"):
            records = self.env[model].sudo().with_context(active_test=False)
            for key, value, index in (
                ("name", "Acme Ltd", "pool_name_key_index"),
                ("email", "a@b.example", "pool_contact_keys_index"),
                ("email", "a@b.example", "email"),
                ("phone", "+49 30 1234567", "pool_contact_keys_index"),
                ("phone", "+49 30 1234567", "phone_sanitized"),
            ):
                domain = getattr(lookup, f"_lookup_{key}")(records, Domain.TRUE, value)
                query = records._search(domain)
                rows = self.env.execute_query(SQL("EXPLAIN %s", query.select()))
                plan = "\n".join(row[0] for row in rows)
                self.assertIn(index, plan)
                self.assertNotIn("Seq Scan", plan)

    def test_numbers_that_end_alike_are_found_by_an_index(self):
        self.env.cr.execute(
            "INSERT INTO crm_lead (name, type, active, phone_sanitized)"
            " SELECT 'N', 'lead', true, '+4930' || i FROM generate_series(1000000, 1005000) i"
        )
        self.env.cr.execute("ANALYZE crm_lead")
        ending = self.env["lead.pool"]._lookup_ending("1001234")
        query = self.env["crm.lead"].sudo()._search(ending)
        rows = self.env.execute_query(SQL("EXPLAIN %s", query.select()))
        self.assertIn("pool_phone_tail_index", "\n".join(row[0] for row in rows))
