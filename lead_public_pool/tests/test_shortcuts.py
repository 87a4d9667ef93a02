from odoo.tests import new_test_user, tagged

from .common import PoolCase

LOG = (
    "model",
    "res_id",
    "body",
    "author_id",
    "email_from",
    "reply_to",
    "message_type",
    "subtype_id",
    "is_internal",
    "email_add_signature",
    "subject",
    "create_uid",
    "write_uid",
    "record_company_id",
    "record_alias_domain_id",
)


@tagged("post_install", "-at_install")
class TestShortcuts(PoolCase):
    """What a claim writes past the ORM is what the ORM would have written."""

    def test_note_in_the_chatter_is_the_one_of_odoo(self):
        text = "Given back: <b>no</b> & “never”\nagain"
        ours, odoos = self._create_leads(2)
        for lead, method in ((ours, "_pool_insert_log"), (odoos, "_message_log_batch")):
            lead = lead.with_user(self.rep).sudo()
            self.assertIsNotNone(lead.message_ids)
            getattr(lead, method)(bodies={lead.id: text})
        one, other = ours.message_ids[0], odoos.message_ids[0]
        self.assertIn("&lt;b&gt;no", one.body)
        for name in LOG:
            value = odoos.id if name == "res_id" else other[name]
            self.assertEqual(one[name] if name != "res_id" else odoos.id, value, name)
        self.assertTrue(one.message_id and one.date and one.create_date)

    def test_a_new_owner_follows_as_odoo_would_have_it(self):
        ours, odoos, known = self._create_leads(3)
        partner = self.rep.partner_id
        known._message_subscribe(partner.ids)
        known.message_follower_ids.subtype_ids = False
        (ours | known)._pool_follow(self.rep)
        odoos._message_subscribe(partner.ids, customer_ids=[])
        self.assertEqual(ours.message_partner_ids, odoos.message_partner_ids)
        self.assertEqual(
            ours.message_follower_ids.subtype_ids, odoos.message_follower_ids.subtype_ids
        )
        self.assertTrue(ours.message_follower_ids.subtype_ids)
        # Who followed before keeps what he had chosen.
        self.assertFalse(known.message_follower_ids.subtype_ids)

    def test_a_claim_costs_few_queries(self):
        leads = self._create_leads(3)
        counts = []
        for lead in leads:
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._claim(lead)
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        # 29 alone, 31 beside the other addons.
        self.assertLessEqual(min(counts), 34, counts)

    def test_team_of_a_new_owner_is_seen_after_each_change_of_teams(self):
        teams = self.env["crm.team"]
        here, there = teams.create([{"name": "Here"}, {"name": "There"}])
        leads = self._create_leads(4, team_id=here.id)
        members = self.env["crm.team.member"]
        members.create({"crm_team_id": here.id, "user_id": self.rep.id})
        self.assertEqual(self._claim(leads[0]).team_id, here)
        members.search([("user_id", "=", self.rep.id)]).unlink()
        row = members.create({"crm_team_id": there.id, "user_id": self.rep.id})
        self.assertEqual(self._claim(leads[1]).team_id, there)
        row.active = False
        here.user_id = self.rep
        self.assertEqual(self._claim(leads[2]).team_id, here)

    def test_membership_is_seen_at_once(self):
        pool, user = self.pool, self.stranger
        self.assertFalse(pool._member(user))
        row = self.env["lead.pool.member"].create({"pool_id": pool.id, "user_id": user.id})
        self.assertEqual(pool._member(user), row)
        self.assertFalse(pool._is_managed_by(user))
        row.role = "manager"
        self.assertTrue(pool._is_managed_by(user))
        newcomer = new_test_user(self.env, "pool_newcomer", groups="base.group_user")
        row.user_id = newcomer
        self.assertFalse(pool._member(user))
        self.assertEqual(pool._member(newcomer), row)
        row.unlink()
        self.assertFalse(pool._member(newcomer))
        fresh = self.env["lead.pool"].new(
            {"name": "New", "member_ids": [(0, 0, {"user_id": user.id})]}
        )
        self.assertEqual(fresh._member(user).user_id, user)
