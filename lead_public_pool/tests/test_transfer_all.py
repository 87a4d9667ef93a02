from psycopg2.errors import SerializationFailure

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..models import lead_pool_transferring
from ..models.lead_pool_engine import ENGINE
from .common import PoolCase

LOGGER = "odoo.addons.lead_public_pool.models.lead_pool_transferring"


@tagged("post_install", "-at_install")
class TestTransferAll(PoolCase):
    """All records of a pool move to another one, more of them than a manager would wait for."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.target = cls._create_pool("Target")

    def _ask(self, count, archive=False, user=None, pool=None, target=None):
        """Transfer more records than move at once.

        :return: what the manager is told
        """
        self.patch(lead_pool_transferring, "AT_ONCE", count - 1)
        wizard = self.env["lead.pool.transfer"].with_user(user or self.lead_manager)
        values = {
            "pool_id": (pool or self.pool).id,
            "target_id": (target or self.target).id,
            "archive_after": archive,
        }
        return wizard.create(values).action_transfer()["params"]["message"]

    def _homes(self, leads):
        return leads.mapped("pool_id")

    def _messages(self, user=None):
        partner = (user or self.lead_manager).partner_id
        return self.env["mail.message"].search(
            [("partner_ids", "in", partner.ids), ("subject", "like", "Transfer of all")]
        )

    def _poison(self, *leads):
        """These leads cannot be moved."""
        apply = type(self.env["crm.lead"])._pool_apply
        asked = []

        def fail(records, kind, *arguments, **details):
            asked.extend(records.ids if len(records) == 1 else [])
            if kind == "transfer" and any(lead in records for lead in leads):
                raise ValueError("poison")
            return apply(records, kind, *arguments, **details)

        self.patch(self.env.registry["crm.lead"], "_pool_apply", fail)
        return asked

    def test_very_many_move_in_the_background_by_name_of_who_asked(self):
        leads = self._create_leads(6)
        held, lost, archived = leads[:3]
        self._claim(held)
        lost.action_set_lost()
        archived.action_archive()
        said = self._ask(6, archive=True)
        self.assertIn("6 records move to Target, in the background", said)
        job = self.env.ref("lead_public_pool.ir_cron_transfer")
        triggers = self.env["ir.cron.trigger"].search([("cron_id", "=", job.id)])
        self.assertEqual(len(triggers), 1)
        self.assertEqual(self._homes(leads), self.pool)
        self.assertEqual(self.pool.transfer_left, 6)
        self.assertEqual(self.pool.transfer_target_id, self.target)

        self._run_cron("transfer")
        self.assertEqual(self._homes(leads), self.target)
        self.assertOwned(held, self.rep, self.target)
        moves = leads.pool_move_ids.filtered(lambda move: move.kind == "transfer")
        self.assertEqual(len(moves), 6)
        self.assertEqual(moves.actor_id, self.lead_manager)
        self.assertFalse(self.pool.active)
        self.assertFalse(self.pool.transfer_date)
        self.assertFalse(self.pool.transfer_note)
        self.assertIn("Records moved to Target: 6.", self._messages().body)

    def test_a_public_call_tells_by_zero_that_the_rest_comes_later(self):
        self._create_leads(3)
        pool = self.pool.with_user(self.lead_manager)
        self.patch(lead_pool_transferring, "AT_ONCE", 2)
        self.assertEqual(pool.pool_transfer_all(self.target.id), 0)
        self.assertEqual(pool.transfer_left, 3)
        self._run_cron("transfer")
        self.assertTrue(self.pool.active)
        self.patch(lead_pool_transferring, "AT_ONCE", 3)
        back = self.target.with_user(self.lead_manager)
        self.assertEqual(back.pool_transfer_all(self.pool.id), 3)
        self.assertFalse(self._messages().filtered(lambda m: "Target" in m.subject))

    def test_batches_go_on_after_the_last_record_that_was_looked_at(self):
        leads = self._create_leads(5)
        self._ask(5)
        self.patch(self.env.registry["ir.cron"], "_commit_progress", lambda *a, **o: 0)
        self.env["lead.pool"]._cron_transfer(batch_size=2)
        self.assertEqual(self._homes(leads[:2]), self.target)
        self.assertEqual(self._homes(leads[2:]), self.pool)
        self.assertEqual((self.pool.transfer_left, self.pool.transfer_moved), (3, 2))
        self.env["lead.pool"]._cron_transfer(batch_size=2)
        self.assertEqual(self.pool.transfer_left, 1)

    def test_moving_can_be_stopped_by_managers_of_the_pool(self):
        leads = self._create_leads(3)
        self._ask(3, archive=True)
        with self.assertRaises(AccessError):
            self.pool.with_user(self.rep).action_stop_transfer()
        self.pool.with_user(self.admin).action_stop_transfer()
        self._run_cron("transfer")
        self.assertEqual(self._homes(leads), self.pool)
        self.assertTrue(self.pool.active)
        self.assertIn("has stopped it", self.pool.transfer_note)
        self.assertIn("Records still in Test pool: 3.", self.pool.transfer_note)
        self.assertIn("has stopped it", self._messages().body)
        with self.assertRaises(AccessError):
            self.pool.with_user(self.rep).action_forget_transfer()
        self.pool.with_user(self.lead_manager).action_forget_transfer()
        self.assertFalse(self.pool.transfer_note)

    def test_one_that_cannot_move_stops_none_of_the_others_and_the_pool_stays(self):
        leads = self._create_leads(7)
        self._ask(7, archive=True)
        asked = self._poison(leads[1], leads[4])
        with self.assertLogs(LOGGER, "WARNING") as logs:
            self._run_cron("transfer")
        self.assertEqual(len(logs.records), 2)
        self.assertEqual(self._homes(leads[1] | leads[4]), self.pool)
        self.assertEqual(self._homes(leads - leads[1] - leads[4]), self.target)
        self.assertEqual(asked.count(leads[1].id), 1)
        self.assertTrue(self.pool.active)
        self.assertFalse(self.pool.transfer_date)
        for text in (self.pool.transfer_note, self._messages().body):
            self.assertIn("Records moved to Target: 5.", text)
            self.assertIn("Records still in Test pool: 2.", text)
            self.assertIn("2 × An error", text)
            self.assertIn("not archived, because it is not empty", text)

    def test_what_is_refused_stays_with_its_reason(self):
        leads = self._create_leads(3)
        self._ask(3)
        lock = type(leads)._pool_lock
        self.patch(
            self.env.registry["crm.lead"], "_pool_lock", lambda records: lock(records - leads[0])
        )
        self._run_cron("transfer")
        self.assertEqual(leads.filtered(lambda lead: lead.pool_id == self.pool), leads[0])
        self.assertIn("1 × Somebody is working on it", self.pool.transfer_note)

    def test_few_records_of_which_one_stays_leave_the_pool_as_it_is(self):
        leads = self._create_leads(3)
        lock = type(leads)._pool_lock
        self.patch(
            self.env.registry["crm.lead"], "_pool_lock", lambda records: lock(records - leads[0])
        )
        said = self._ask(4, archive=True)
        self.assertIn("Records moved to Target: 2.", said)
        self.assertIn("1 × Somebody is working on it", said)
        self.assertTrue(self.pool.active)

    def test_a_second_transfer_meanwhile_is_refused(self):
        self._create_leads(3)
        third = self._create_pool("Third")
        self._create_leads(3, pool=third)
        self._ask(3)
        for pool, target in (
            (self.pool, third),
            (self.target, third),
            (third, self.pool),
        ):
            with self.assertRaisesRegex(UserError, "still moving to"):
                self._ask(3, pool=pool, target=target)
        with self.assertRaisesRegex(UserError, "still moving to"):
            self.pool.with_user(self.lead_manager)._take_in("[]", True)
        self._ask(3, pool=third)
        self._run_cron("transfer")
        self.assertEqual(self.target.pooled_count, 6)

    def test_while_records_come_in_none_go_out(self):
        self._create_leads(3)
        self.pool.sudo().write({"intake_domain": "[]", "intake_user_id": self.admin.id})
        with self.assertRaisesRegex(UserError, "still coming into"):
            self._ask(3)

    def test_nobody_writes_what_is_moving_or_by_whom(self):
        pool = self.pool.with_user(self.lead_manager)
        new = self.env["lead.pool"].with_user(self.admin)
        for values in (
            {"transfer_date": "2026-01-01"},
            {"transfer_user_id": self.rep.id},
            {"transfer_target_id": self.target.id},
            {"transfer_note": "All is well."},
        ):
            with self.assertRaises(AccessError):
                pool.write(values)
            with self.assertRaises(AccessError):
                new.create({"name": "Another", **values})
            defaults = {f"default_{name}": value for name, value in values.items()}
            with self.assertRaises(AccessError):
                new.with_context(**defaults).create({"name": "Another"})
        with self.assertRaises(AccessError):
            self.pool.with_user(self.rep).read(["transfer_note"])

    def test_an_archived_pool_takes_nothing(self):
        self._create_leads()
        self.target.action_archive()
        with self.assertRaisesRegex(UserError, "is archived"):
            self.pool.with_user(self.lead_manager).pool_transfer_all(self.target.id)

    def _ends_early(self, reason):
        with self.assertLogs(LOGGER, "WARNING") as logs:
            self._run_cron("transfer")
        self.assertEqual(len(logs.records), 1)
        self.assertFalse(self.pool.transfer_date)
        self.assertTrue(self.pool.active)
        for text in (self.pool.transfer_note, self._messages().body):
            self.assertIn(reason, text)
            self.assertIn("Records still in Test pool: 3.", text)

    def test_an_archived_target_ends_it(self):
        self._create_leads(3)
        self._ask(3, archive=True)
        self.target.action_archive()
        self._ends_early("archived or deleted")

    def test_a_deleted_target_ends_it(self):
        self._create_leads(3)
        self._ask(3, archive=True)
        self.target.unlink()
        self._ends_early("archived or deleted")

    def test_a_target_of_another_kind_or_company_ends_it(self):
        self._create_leads(3)
        company = self.env["res.company"].create({"name": "Elsewhere"})
        for values in ({"kind": "customer"}, {"company_id": company.id}):
            with self.subTest(values), self.env.cr.savepoint() as savepoint:
                self._ask(3)
                if "company_id" in values:
                    self.pool._transfer_records().search([]).company_id = self.pool.company_id
                    self.target.member_ids.unlink()
                self.target.write(values)
                self._ends_early("can no longer take these records")
                savepoint.rollback()
                self.env.invalidate_all()

    def test_who_is_no_manager_any_more_moves_nothing(self):
        self._create_leads(3)
        self._ask(3)
        self.pool._member(self.lead_manager).role = "member"
        self._ends_early("Bea Boss is no longer a manager")

    def test_who_came_meanwhile_keeps_the_pool(self):
        leads = self._create_leads(3)
        self._ask(3, archive=True)
        # Somebody gives a record to this pool after the job has passed it.
        late = self._create_leads(pool=self.target)
        self.pool.sudo().transfer_after = max(late.ids)
        late.with_context(pool_engine=ENGINE).pool_id = self.pool
        self._run_cron("transfer")
        self.assertTrue(self.pool.active)
        self.assertIn("Records still in Test pool: 4.", self.pool.transfer_note)
        self.assertEqual(self._homes(leads | late), self.pool)

    def test_a_batch_that_met_a_change_is_taken_anew(self):
        leads = self._create_leads(3)
        self._ask(3)
        apply, failures = type(leads)._pool_apply, []

        def fail_once(records, *arguments, **details):
            if not failures:
                failures.append(records)
                raise SerializationFailure("somebody else was faster")
            return apply(records, *arguments, **details)

        self.patch(self.env.registry["crm.lead"], "_pool_apply", fail_once)
        self._run_cron("transfer")
        self.assertEqual(self._homes(leads), self.target)
        self.assertEqual(len(failures), 1)

    def test_customers_move_too(self):
        here, there = (self._create_pool(name, kind="customer") for name in ("Here", "There"))
        names = [{"name": f"C{number}", "pool_id": here.id} for number in range(3)]
        customers = self.env["res.partner"].create(names)
        customers[0].action_archive()
        self._ask(3, archive=True, pool=here, target=there)
        self._run_cron("transfer")
        self.assertEqual(customers.pool_id, there)
        self.assertFalse(here.active)
