from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import PoolCase


@tagged("post_install", "-at_install")
class TestWriteGuard(PoolCase):
    """A plain write of the salesperson is the same move, judged by the same rules."""

    def test_writing_oneself_is_a_claim(self):
        lead = self._create_leads()
        lead.with_user(self.rep).write({"user_id": self.rep.id, "name": "Mine now"})
        self.assertOwned(lead, self.rep)
        self.assertEqual(lead.name, "Mine now")
        self.assertEqual(self._moves(lead).mapped("kind"), ["enter", "claim"])

    def test_multi_edit_beyond_the_limit_changes_nothing(self):
        self.pool.daily_limit = 2
        leads = self._create_leads(3)
        with self.assertRaisesRegex(UserError, "2 of 2"), self.env.cr.savepoint():
            leads.with_user(self.rep).write({"user_id": self.rep.id})
        for lead in leads:
            self.assertPooled(lead)

    def test_member_cannot_give_a_pooled_lead_to_a_colleague(self):
        lead = self._create_leads()
        with self.assertRaisesRegex(UserError, "manager"):
            lead.with_user(self.rep).write({"user_id": self.other.id})

    def test_manager_assigns_by_plain_write(self):
        lead = self._create_leads()
        lead.with_user(self.lead_manager).write({"user_id": self.rep.id, "city": "Lyon"})
        self.assertOwned(lead, self.rep)
        self.assertEqual(lead.city, "Lyon")
        self.assertEqual(self._moves(lead)[-1].kind, "assign")

    def test_emptying_the_salesperson_is_a_release(self):
        lead = self._claim(self._create_leads())
        lead.with_user(self.rep).write({"user_id": False, "description": "Tried twice"})
        self.assertPooled(lead)
        self.assertIn("Tried twice", lead.description)
        self.assertEqual(self._moves(lead)[-1].kind, "release")

    def test_owner_hands_over_to_a_member_only(self):
        lead = self._claim(self._create_leads())
        with self.assertRaisesRegex(UserError, "not a member"):
            lead.with_user(self.rep).write({"user_id": self.stranger.id})
        lead.with_user(self.rep).write({"user_id": self.other.id})
        self.assertOwned(lead, self.other)
        self.assertEqual(self._moves(lead)[-1].kind, "handover")

    def test_nobody_takes_an_owned_lead_by_writing_himself(self):
        self.other.group_ids += self.env.ref("sales_team.group_sale_salesman_all_leads")
        lead = self._claim(self._create_leads())
        with self.assertRaisesRegex(UserError, "manager"):
            lead.with_user(self.other).write({"user_id": self.other.id})
        self.assertOwned(lead, self.rep)

    def test_server_code_in_sudo_is_judged_as_its_user(self):
        self.pool.holding_limit = 1
        leads = self._create_leads(2)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            leads.with_user(self.rep).sudo().write({"user_id": self.rep.id})
        self.assertPooled(leads[0])

    def test_pooled_lead_is_read_only_for_members(self):
        lead = self._create_leads()
        as_rep = lead.with_user(self.rep)
        with self.assertRaisesRegex(AccessError, "Claim it"):
            as_rep.write({"name": "Changed"})
        with self.assertRaises(AccessError):
            as_rep.message_post(body="Hello")
        self.assertFalse(as_rep.has_access("write"))
        self.assertTrue(lead.with_user(self.lead_manager).has_access("write"))

    def test_engine_fields_cannot_be_written_or_created(self):
        lead = self._claim(self._create_leads())
        for field_name, value in (
            ("pool_state", "outside"),
            ("pool_due_date", False),
            ("pool_own_date", "2040-01-01 00:00:00"),
            ("pool_round", 0),
        ):
            with self.subTest(field_name), self.assertRaises(UserError):
                lead.with_user(self.rep).write({field_name: value})
        with self.assertRaises(UserError):
            self.env["crm.lead"].with_user(self.rep).create(
                {"name": "Forever mine", "pool_due_date": "2040-01-01 00:00:00"}
            )

    def test_context_from_outside_does_not_open_the_door(self):
        lead = self._claim(self._create_leads())
        for token in (True, "ENGINE", 1, {}):
            with self.subTest(token), self.assertRaises(UserError):
                lead.with_user(self.rep).with_context(pool_engine=token).write(
                    {"pool_due_date": False}
                )

    def test_member_cannot_move_a_lead_out_of_circulation(self):
        sleeping = self._create_pool("Sleeping")
        lead = self._claim(self._create_leads())
        for pool_id in (False, sleeping.id):
            with self.subTest(pool_id), self.assertRaisesRegex(UserError, "manager"):
                lead.with_user(self.rep).write({"pool_id": pool_id})

    def test_manager_transfers_and_takes_out(self):
        sleeping = self._create_pool("Sleeping")
        pooled, owned = leads = self._create_leads(2)
        self._claim(owned)
        leads.with_user(self.admin).write({"pool_id": sleeping.id})
        self.assertPooled(pooled, sleeping)
        self.assertOwned(owned, self.rep, sleeping)
        leads.with_user(self.admin).write({"pool_id": False})
        self.assertEqual(leads.mapped("pool_state"), ["outside", "outside"])
        self.assertEqual(owned.user_id, self.rep)

    def test_pool_and_owner_in_one_write(self):
        sleeping = self._create_pool("Sleeping")
        lead = self._create_leads()
        lead.with_user(self.admin).write({"pool_id": sleeping.id, "user_id": self.rep.id})
        self.assertOwned(lead, self.rep, sleeping)

    def test_same_owner_again_is_no_move(self):
        lead = self._claim(self._create_leads())
        lead.with_user(self.rep).write({"user_id": self.rep.id, "city": "Oslo"})
        self.assertEqual(len(self._moves(lead)), 2)

    def test_import_goes_through_the_same_rules(self):
        self.pool.daily_limit = 1
        leads = self._create_leads(2)
        external = {
            data["res_id"]: data["complete_name"]
            for data in self.env["ir.model.data"]
            .create(
                [
                    {
                        "name": f"imp_{lead.id}",
                        "module": "__test__",
                        "model": "crm.lead",
                        "res_id": lead.id,
                    }
                    for lead in leads
                ]
            )
            .read(["res_id", "complete_name"])
        }
        rows = [[external[lead.id], self.rep.login] for lead in leads]
        answer = (
            self.env["crm.lead"]
            .with_user(self.rep)
            .with_context(import_file=True)
            .load(["id", "user_id"], rows)
        )
        self.assertFalse(answer["ids"])
        self.assertIn("1 of 1", answer["messages"][0]["message"])
        for lead in leads:
            self.assertPooled(lead)

    def test_import_of_an_unknown_user_names_the_row(self):
        answer = self.env["crm.lead"].load(
            ["name", "user_id"], [["Good", ""], ["Bad", "Nobody Of This Name"]]
        )
        self.assertFalse(answer["ids"])
        self.assertEqual(answer["messages"][0]["record"], 1)
        self.assertIn("Nobody Of This Name", answer["messages"][0]["message"])

    @mute_logger("odoo.sql_db")
    def test_database_itself_refuses_two_homes(self):
        lead = self._create_leads()
        self.env.flush_all()
        with self.assertRaisesRegex(Exception, "pool_one_home"), self.env.cr.savepoint():
            self.env.cr.execute(
                "UPDATE crm_lead SET user_id = %s WHERE id = %s", [self.rep.id, lead.id]
            )
