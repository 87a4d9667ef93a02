from odoo.tests import tagged

from .common_sealed import SealedCase


@tagged("post_install", "-at_install")
class TestInsiders(SealedCase):
    """Whoever no longer reads what is sealed hears nothing about it either."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.second = cls.env["lead.pool.member"].create(
            {"pool_id": cls.sealed.id, "user_id": cls.other.id, "role": "manager"}
            if not cls.sealed._member(cls.other)
            else {"pool_id": cls.sealed.id, "user_id": cls.stranger.id, "role": "manager"}
        )
        cls.manager = cls.second.user_id

    def _follow(self):
        self.lead.message_subscribe(self.manager.partner_id.ids)
        activity = self.lead.activity_schedule(
            "mail.mail_activity_data_call", user_id=self.manager.id
        )
        self.assertIn(self.manager.partner_id, self.lead.message_partner_ids)
        return activity

    def assertGone(self, activity):
        self.env.invalidate_all()
        self.assertFalse(activity.exists().user_id)
        self.assertNotIn(self.manager.partner_id, self.lead.message_partner_ids)
        message = self.lead.message_post(body="Secret", subtype_xmlid="mail.mt_comment")
        self.assertNotIn(self.manager.partner_id, message.sudo().notification_ids.res_partner_id)

    def test_a_manager_who_becomes_a_member_follows_nothing_sealed(self):
        activity = self._follow()
        self.second.role = "member"
        self.assertGone(activity)

    def test_a_manager_who_is_removed_follows_nothing_sealed(self):
        activity = self._follow()
        self.second.unlink()
        self.assertGone(activity)

    def test_a_manager_who_is_archived_or_turns_portal_follows_nothing_sealed(self):
        ways = {
            "archived": {"active": False},
            "portal": {"group_ids": [(6, 0, self.env.ref("base.group_portal").ids)]},
        }
        for name, values in ways.items():
            with self.subTest(name), self.cr.savepoint() as savepoint:
                activity = self._follow()
                self.manager.write(values)
                self.assertGone(activity)
                savepoint.rollback()

    def test_an_administrator_of_the_pools_who_is_none_any_more_follows_nothing_sealed(self):
        activity = self.lead.activity_schedule(
            "mail.mail_activity_data_call", user_id=self.admin.id
        )
        self.lead.message_subscribe(self.admin.partner_id.ids)
        self.admin.group_ids -= self.env.ref("lead_public_pool.group_pool_admin")
        self.manager = self.admin
        self.assertGone(activity)

    def test_who_is_told_of_an_offer_learns_no_name(self):
        self.sealed.claim_mode = "broadcast"
        [lead] = self._create_leads(1, pool=self.sealed, name="Zname 30", partner_name="Zcorp 30")
        lead._pool_offer()
        messages = self.env["mail.message"].search(
            [("partner_ids", "in", self.rep.partner_id.ids), ("subject", "ilike", self.sealed.name)]
        )
        self.assertTrue(messages)
        for message in messages:
            self.assertNotIn("Zname", f"{message.body} {message.subject}")
            self.assertNotIn("Zcorp", f"{message.body} {message.subject}")

    def test_the_analysis_shows_no_name_of_what_came_back_to_a_sealed_pool(self):
        self.sealed.mask_name = True
        [lead] = self._create_leads(1, pool=self.sealed, name="Zname 31")
        self._claim(lead)
        row = self.env["lead.pool.report"].search([("lead_id", "=", lead.id)])
        mine = row.with_user(self.rep)
        self.assertEqual(mine.record_name, "Zname 31")
        self.assertEqual(mine.search([("record_name", "ilike", "Zname 31")]), row)
        lead.with_user(self.rep).pool_release()
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertNotIn("Zname", str(mine.read()))
        self.assertFalse(mine.search([("record_name", "ilike", "Zname 31")]))
        self.assertEqual(row.with_user(self.lead_manager).record_name, "Zname 31")
