from time import process_time

from odoo.exceptions import AccessError
from odoo.tests import BaseCase, tagged
from odoo.tools import SQL

from odoo.addons.lead_public_pool.tools import mask

from .common_sealed import EMAIL, PHONE, SealedCase

# One number and one address, as people write them down where they should not.
NUMBERS = (
    "13800138000",
    "１３８００１３８０００",
    "138-0013-8000",
    "138‑0013‑8000",
    "138‒0013–8000",
    "138·0013·8000",
    "138_0013_8000",
    "138,0013,8000",
    "138 0013 8000",
    "1.3.8.0.0.1.3.8.0.0.0",
    "1 * 3 * 8 * 0 * 0 * 1 * 3 * 8 * 0 * 0 * 0",
    "138\u200b0013\u200d8000",
    "138\u2060\u00ad0013\ufeff8000",
    "138\u31640013\u31648000",
    "١٣٨٠٠١٣٨٠٠٠",
    "१३८००१३८०००",
    "①③⑧⓪⓪①③⑧⓪⓪⓪",
    "❶❸❽❶❶❸❽",
    "1\ufe0f\u20e33\ufe0f\u20e38\ufe0f\u20e30\ufe0f\u20e30\ufe0f\u20e31\ufe0f\u20e33\ufe0f\u20e38",
    "𝟏𝟑𝟖𝟎𝟎𝟏𝟑𝟖𝟎𝟎𝟎",
    "一三八〇〇一三八〇〇〇",
    "〡〣〨〇〇〡〣〨",
    "138OO138oo0",
    "+1 (38) oo-1380",
)
ADDRESSES = (
    "bob@secret.example",
    "bob＠secret.example",
    "bob﹫secret.example",
    "bob @ secret.example",
    "bob@\u200bsecret.example",
    "bob (at) secret.example",
    "bob [at] secret [dot] example",
    "bob at secret.example",
    "bob at secret dot example",
    "bob_at_secret.example",
    "bob *at* secret.example",
    "bob(a)secret.example",
    "bob@@secret.example",
    '"bob"@secret.example',
    "bob@secret,example",
    "ｂｏｂ＠ｓｅｃｒｅｔ．ｅｘａｍｐｌｅ",
    "https://secret.example/bob",
    "www.secret.example",
    "https：//secret.example",
    "WeChat: secret_bob",
    "微信号：secret_bob",
    "QQ secret2020",
)
HARMLESS = (
    "Acme 24/7",
    "Order 123456",
    "no mail @ all",
    "Meeting at 10.30",
    "Lunch at Acme. Next week",
    "2 o 3 personas",
    "三一重工 (2024)",
    "WeChat campaign",
    "宁波（海通）冷链",
    "Müller & Söhne",
    "Line 1\nLine 2",
    "•",
)


@tagged("post_install", "-at_install")
class TestMask(BaseCase):
    def test_numbers_and_addresses_are_hidden_in_any_spelling(self):
        for text in (*NUMBERS, *ADDRESSES):
            with self.subTest(text):
                shown = mask.scrub(f"Call {text} today")
                self.assertIn(mask.DOTS, shown)
                self.assertNotIn("secret", mask.plain(shown))
                self.assertLess(sum(map(str.isdigit, mask.plain(shown))), 3)

    def test_harmless_texts_stay_letter_by_letter(self):
        for text in HARMLESS:
            with self.subTest(text):
                self.assertEqual(mask.scrub(text), text)

    def test_masks_of_one_value(self):
        for value, shown in (
            (EMAIL, "h•••@h•••.example"),
            ("ａ＠ｂ.ｃｏ", "a•••@b•••.co"),
            ("Hans <hans@x. +49 30 99887766", "•••"),
            ("hans@x.99887766", "•••"),
            ("no mail", "•••"),
            ("", None),
        ):
            self.assertEqual(mask.email(value), shown)
        for value, shown in (
            (PHONE, "+49 •••• ••66"),
            ("＋４９ ３０ ９９８８７７６６", "+49 •••• ••66"),
            ("030 1234567", "•••• ••67"),
            ("12", "•••"),
            (None, None),
        ):
            self.assertEqual(mask.phone(value), shown)

    def test_a_long_text_takes_no_longer_than_its_length(self):
        def seconds(size):
            began = process_time()
            for pattern in ("1(", "a", "a@", "11111x", " at a", "x.", "１-", "(at) a ."):
                for function in (mask.scrub, mask.email, mask.phone):
                    function((pattern * size)[:size])
            return process_time() - began

        seconds(100)
        self.assertLess(seconds(80000), 20 * seconds(8000) + 0.05)
        self.assertLess(seconds(2000000), 500 * max(seconds(8000), 0.005))


@tagged("post_install", "-at_install")
class TestMaskedNames(SealedCase):
    def _shown(self, record, user=None):
        self.env.flush_all()
        self.env.invalidate_all()
        entry = self._entry(record, user)
        record = record.with_user(user or self.rep)
        return entry.read(["name", "partner_name", "city", "email_masked", "phone_masked"])[0] | {
            "display_name": record.sudo().display_name
        }

    def test_window_and_links_hide_a_number_in_any_spelling(self):
        for text in (*NUMBERS, *ADDRESSES):
            with self.subTest(text):
                name = f"Call {text}"
                self.lead.write({"name": name, "partner_name": name, "city": name})
                shown = self._shown(self.lead)
                for key in ("name", "partner_name", "city", "display_name"):
                    self.assertEqual(shown[key], mask.scrub(name), key)
                    self.assertIn("•••", shown[key])
                found = self.env["lead.pool.entry"].with_user(self.rep)
                self.assertFalse(found.search([("name", "ilike", text[-6:])]))

    def test_odd_addresses_and_numbers_of_their_own_fields_are_hidden(self):
        self.lead.write({"email_from": "hans＠secret.example", "phone": "９９８８７７６６ x"})
        shown = self._shown(self.lead)
        self.assertEqual(shown["email_masked"], "h•••@s•••.example")
        self.assertNotIn("8877", mask.plain(shown["phone_masked"]))

    def test_what_nobody_has_masked_yet_is_not_shown(self):
        self.env.flush_all()
        self.env.cr.execute(
            SQL("UPDATE crm_lead SET pool_masked = NULL WHERE id = %s", self.lead.id)
        )
        shown = self._shown(self.lead)
        for key in ("name", "partner_name", "city"):
            self.assertEqual(shown[key], "•••")
        self.assertFalse(shown["email_masked"] or shown["phone_masked"])

    def test_masks_follow_the_record_and_go_with_the_claim(self):
        self.assertEqual(self.lead.pool_masked["phone"], "+49 •••• ••66")
        self.lead.phone = "+49 30 11223344"
        self.assertEqual(self._shown(self.lead)["phone_masked"], "+49 •••• ••44")
        self._claim(self.lead)
        self.assertFalse(self.lead.pool_masked)
        self.lead.with_user(self.rep).pool_release()
        self.assertEqual(self._shown(self.lead)["phone_masked"], "+49 •••• ••44")

    def test_customers_are_masked_as_well(self):
        pool = self._create_pool("Customers", kind="customer", visibility="sealed")
        customer = self.env["res.partner"].create(
            {
                "name": "Acme ٩٩٨٨٧٧٦٦",
                "city": "Ulm ９９８８７７６６",
                "is_company": True,
                "pool_id": pool.id,
            }
        )
        shown = self._shown(customer)
        self.assertEqual((shown["name"], shown["city"]), ("Acme •••", "Ulm •••"))
        self.assertEqual(shown["partner_name"], "Acme •••")

    def test_result_sheets_show_no_more_than_the_window(self):
        self.sealed.holding_limit = 1
        leads = self.lead | self._create_leads(2, pool=self.sealed, name="Ring ٩٩٨٨٧٧٦٦")
        self.env.flush_all()
        entries = self._entry(leads[0]).browse(self._entry(lead).id for lead in leads)
        for action in (entries.action_pool_claim(), leads.with_user(self.rep).action_pool_claim()):
            self.assertEqual(action["res_model"], "lead.pool.result")
            sheet = self.env["lead.pool.result"].with_user(self.rep).browse(action["res_id"])
            names = sheet.line_ids.mapped("record_name")
            self.assertEqual(len(names), 3)
            # What he has claimed he may read.
            for name in set(names) - {self.lead.name}:
                self.assertNotIn("8877", mask.plain(name))
            with self.assertRaises(AccessError):
                sheet.with_user(self.seller_all).line_ids.mapped("record_name")
            with self.assertRaises(AccessError):
                sheet.line_ids.with_user(self.seller_all).read(["record_name"])
