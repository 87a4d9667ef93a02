from datetime import datetime, timedelta
from unittest.mock import patch

import psycopg2

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.customer_lifecycle.models.playbook.playbook_step_action import CustomerPlaybookStep

from .common_playbook import PlaybookCase


@tagged("post_install", "-at_install")
class TestPlaybookSteps(PlaybookCase):
    def test_activity_goes_to_whom_the_playbook_says(self):
        sponsor = self.other.partner_id
        self.env["customer.contact.role"].create(
            {"customer_id": self.customer.id, "partner_id": sponsor.id, "role": "internal"}
        )
        for assignee, user in (
            ("owner", self.rep),
            ("leader", self.boss),
            ("internal", self.other),
            ("user", self.boss),
        ):
            playbook = self._create_playbook(assignee=assignee, user_id=self.boss.id)
            self._go(playbook)
            self.assertEqual(self._calls(self.customer).sorted("id")[-1].user_id, user, assignee)

    def test_without_an_owner_the_colleague_steps_in_or_it_is_left_out(self):
        self.customer.user_id = False
        self.assertLog(self._go(), ("skipped", "nobody"))
        playbook = self._create_playbook(user_id=self.other.id)
        self._go(playbook)
        self.assertEqual(self._calls(self.customer).user_id, self.other)

    def test_plan_launches_all_its_activities(self):
        plan = self.env["mail.activity.plan"].create(
            {
                "name": "Win back",
                "res_model": "res.partner",
                "template_ids": [
                    (0, 0, {"activity_type_id": self.call.id, "summary": "First"}),
                    (
                        0,
                        0,
                        {
                            "activity_type_id": self.call.id,
                            "summary": "Second",
                            "responsible_type": "other",
                            "responsible_id": self.other.id,
                            "delay_count": 3,
                            "delay_from": "after_plan_date",
                        },
                    ),
                ],
            }
        )
        rows = self._go(self._create_playbook([{"kind": "plan", "plan_id": plan.id}]))
        self.assertLog(rows, ("done", False))
        calls = self._calls(self.customer)
        self.assertEqual(set(calls.mapped("summary")), {"First", "Second"})
        second = calls.filtered(lambda call: call.summary == "Second")
        self.assertEqual(second.user_id, self.other)
        self.assertEqual(second.date_deadline, fields.Date.today() + timedelta(days=3))

    def test_tag_is_added_and_others_stay(self):
        old, new = self.env["res.partner.category"].create([{"name": "Old"}, {"name": "New"}])
        self.customer.category_id = old
        self._go(self._create_playbook([{"kind": "tag", "tag_ids": [(6, 0, new.ids)]}]))
        self.assertEqual(self.customer.category_id, old | new)

    def test_server_action_runs_on_the_record(self):
        action = self._server_action("record.write({'comment': 'was here'})")
        rows = self._go(self._create_playbook([{"kind": "server", "server_action_id": action.id}]))
        self.assertIn("was here", self.customer.comment)
        self.assertLog(rows, ("done", False))

    def _server_action(self, code):
        return self.env["ir.actions.server"].create(
            {
                "name": "Test action",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "state": "code",
                "code": code,
            }
        )

    def test_only_administrators_choose_code_to_run(self):
        action = self._server_action("record.write({'comment': 'x'})")
        with self.assertRaises(AccessError):
            self.playbook.step_ids.with_user(self.boss).write(
                {"kind": "server", "server_action_id": action.id}
            )
        playbook = self._create_playbook([{"kind": "server", "server_action_id": action.id}])
        with self.assertRaises(AccessError):
            playbook.with_user(self.boss).copy()

    def test_server_action_cut_off_in_the_middle_is_not_run_again_by_itself(self):
        action = self._server_action("record.write({'comment': 'again'})")
        playbook = self._create_playbook([{"kind": "server", "server_action_id": action.id}])
        rows = self._enter(playbook)
        rows._mark_begun()
        self._run()
        self.assertEqual(rows.state, "error")
        self.assertFalse(self.customer.comment)
        self.assertIn("not known", rows.error)
        rows.with_user(self.boss).action_retry()
        self._run()
        self.assertEqual(rows.state, "done")
        self.assertIn("again", self.customer.comment)
        self.assertEqual(len(rows.log_ids), 1)

    def test_delays_and_working_days(self):
        step = self.playbook.step_ids
        friday = datetime(2031, 3, 7, 10)
        for delay, unit, due in (
            (5, "hour", datetime(2031, 3, 7, 15)),
            (2, "day", datetime(2031, 3, 9, 10)),
            (1, "workday", datetime(2031, 3, 10, 10)),
            (6, "workday", datetime(2031, 3, 17, 10)),
        ):
            step.write({"delay": delay, "unit": unit})
            self.env.company.resource_calendar_id.tz = "UTC"
            self.assertEqual(step._due_after(friday), due, (delay, unit))
        step.write({"delay": 365, "unit": "day"})
        self.assertEqual(step._due_after(datetime(2028, 2, 29)), datetime(2029, 2, 28))

    def test_next_step_waits_for_its_delay(self):
        playbook = self._create_playbook(
            [self._activity_step(), self._activity_step(summary="Later", delay=3)]
        )
        rows = self._go(playbook)
        self._run()
        self.assertEqual(self._calls(self.customer).mapped("summary"), ["Call"])
        self.assertAlmostEqual(
            rows.step_due, fields.Datetime.now() + timedelta(days=3), delta=timedelta(minutes=5)
        )

    def test_condition_leaves_a_step_out_and_goes_on(self):
        playbook = self._create_playbook(
            [self._activity_step(domain="[('name', '=', 'Somebody else')]"), self._activity_step()]
        )
        rows = self._go(playbook, times=2)
        self.assertLog(rows, ("skipped", "condition"), ("done", False))

    def test_rounds_begin_again_and_end(self):
        playbook = self._create_playbook(round_limit=2, round_pause_days=10)
        rows = self._go(playbook)
        self.assertEqual((rows.state, rows.round), ("running", 2))
        self.assertGreater(rows.step_due, fields.Datetime.now() + timedelta(days=9))
        self._make_due(rows)
        self._run()
        self.assertEqual((rows.state, rows.round), ("done", 2))
        self.assertEqual(len(self._calls(self.customer)), 2)

    def test_deleted_step_moves_waiting_passages_on(self):
        playbook = self._create_playbook(
            [self._activity_step(summary="First", delay=5), self._activity_step(summary="Second")]
        )
        rows = self._enter(playbook)
        playbook.step_ids.sorted()[0].unlink()
        self.assertEqual(rows.step_id.summary, "Second")
        playbook.step_ids.unlink()
        self._make_due(rows)
        self._run()
        self.assertEqual(rows.state, "done")

    def test_poison_fails_alone_and_is_not_tried_again(self):
        customers = self._for(self._create_customers(3))
        rows = self._enter()
        victim = customers[1]
        step_action = CustomerPlaybookStep._do_activity

        def poison(step, enrolment, record):
            if record == victim:
                raise ZeroDivisionError("poison")
            return step_action(step, enrolment, record)

        with patch.object(CustomerPlaybookStep, "_do_activity", poison):
            self._run()
            self._run()
        self.assertEqual(rows.mapped("state"), ["done", "error", "done"])
        self.assertEqual(rows[1].error, "poison")
        self.assertEqual(self.playbook.error_count, 1)
        rows[1].with_user(self.boss).action_retry()
        self._run()
        self.assertEqual(rows[1].state, "done")
        self.assertEqual(len(self._calls(victim)), 1)

    def test_failed_step_can_be_left_out(self):
        playbook = self._create_playbook([self._activity_step(), self._activity_step()])
        rows = self._enter(playbook)
        rows._fail("broken")
        rows.with_user(self.boss).action_skip_step()
        self.assertEqual((rows.state, rows.step_id), ("running", playbook.step_ids.sorted()[1]))

    def test_busy_row_stays_due_and_the_others_go_on(self):
        self._for(self._create_customers(2))
        rows = self._enter()
        step_action = CustomerPlaybookStep._do_activity

        def busy(step, enrolment, record):
            if enrolment == rows[0]:
                raise psycopg2.errors.SerializationFailure()
            return step_action(step, enrolment, record)

        with patch.object(CustomerPlaybookStep, "_do_activity", busy):
            self._run()
        self.assertEqual(rows.mapped("state"), ["running", "done"])
        self.assertFalse(rows[0].log_ids)
        self._run()
        self.assertEqual(rows.mapped("state"), ["done", "done"])

    def test_broken_step_is_shown_and_left_out_while_others_go_on(self):
        playbook = self._create_playbook([self._mail_step(), self._activity_step()])
        rows = self._enter(playbook)
        self.customer_template.unlink()
        self.assertIn("deleted", playbook.problem)
        for _step in range(2):
            self._make_due(rows)
            self._run()
        self.assertLog(rows, ("skipped", "broken"), ("done", False))

    def test_deleted_plan_or_activity_type_is_shown_and_left_out(self):
        plan = self.env["mail.activity.plan"].create(
            {
                "name": "Gone",
                "res_model": "res.partner",
                "template_ids": [
                    (0, 0, {"activity_type_id": self.call.id, "responsible_type": "on_demand"})
                ],
            }
        )
        kind = self.env["mail.activity.type"].create({"name": "Gone too"})
        playbook = self._create_playbook(
            [
                {"kind": "plan", "plan_id": plan.id},
                self._activity_step(activity_type_id=kind.id),
                self._activity_step(),
            ]
        )
        rows = self._enter(playbook)
        plan.unlink()
        kind.unlink()
        self.assertEqual(len(playbook.problem.splitlines()), 2)
        for _step in range(3):
            self._make_due(rows)
            self._run()
        self.assertLog(rows, ("skipped", "broken"), ("skipped", "broken"), ("done", False))

    def test_purchase_stops_at_once(self):
        rows = self._enter()
        self._confirm_order(self.ann)
        self.assertEqual((rows.state, rows.stop_reason), ("stopped", "purchase"))
        self._run()
        self.assertFalse(self._calls(self.customer))

    def test_purchase_may_be_ignored(self):
        self.playbook.stop_on_purchase = False
        rows = self._enter()
        self._confirm_order(self.ann)
        self._run()
        self.assertEqual(rows.state, "done")

    def test_reply_stops_at_once(self):
        rows = self._enter()
        self.customer.message_post(body="Yes?", author_id=self.ann.id, message_type="email")
        self.assertEqual(rows.stop_reason, "reply")

    def test_reply_on_another_document_stops_at_the_next_step(self):
        rows = self._enter()
        rows.date_start -= timedelta(hours=1)
        order = self.env["sale.order"].create({"partner_id": self.customer.id})
        order.message_post(body="Hm", author_id=self.bob.id, message_type="email")
        self._run()
        self.assertEqual(rows.stop_reason, "reply")

    def test_colleagues_mail_is_no_reply(self):
        rows = self._enter()
        self.customer.message_post(
            body="FYI", author_id=self.rep.partner_id.id, message_type="email"
        )
        self._run()
        self.assertEqual(rows.state, "done")

    def test_opt_out_and_no_longer_applying_stop(self):
        rows = self._enter()
        self.env["mail.blacklist"]._add(self.customer.email)
        self._run()
        self.assertEqual(rows.stop_reason, "optout")
        playbook = self._create_playbook(
            domain=f"[('id', '=', {self.customer.id}), ('ref', '=', False)]",
            stop_on_left=True,
            stop_on_optout=False,
        )
        rows = self._enter(playbook)
        self.customer.ref = "changed"
        self._run()
        self.assertEqual(rows.stop_reason, "left")

    def test_archived_customer_stops(self):
        rows = self._enter()
        self.customer.active = False
        self._run()
        self.assertEqual(rows.stop_reason, "gone")

    def test_manager_stops_by_hand(self):
        rows = self._enter()
        rows.with_user(self.boss).action_stop()
        self.assertEqual(rows.stop_reason, "manual")

    def test_merged_customers_keep_one_passage_and_nothing_breaks(self):
        double = self._create_customers(1, email=self.customer.email)
        self._for(self.customer | double)
        rows = self._enter()
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.customer | double).ids, self.customer)
        self.env.invalidate_all()
        left = rows.exists()
        self.assertEqual(left.partner_id, self.customer)
        self._run()
        self.assertEqual(sorted(left.mapped("state")), ["done", "stopped"])

    def test_coupon_without_the_loyalty_app_is_refused_with_a_reason(self):
        if "loyalty.program" in self.env:
            self.skipTest("loyalty is installed")
        playbook = self._create_playbook([{"kind": "coupon"}], start=False)
        self.assertIn("loyalty app", playbook.problem)
        with self.assertRaises(UserError):
            playbook.action_start()

    def test_coupon_is_given_where_loyalty_is_installed(self):
        if "loyalty.program" not in self.env:
            self.skipTest("loyalty is not installed")
        for kind, cards in (("coupons", 2), ("loyalty", 1)):
            program = self.env["loyalty.program"].create({"name": kind, "program_type": kind})
            step = {
                "kind": "coupon",
                "coupon_program_id": program.id,
                "coupon_points": 5,
            }
            rows = self._go(self._create_playbook([step, step]), times=2)
            self.assertLog(rows, ("done", False), ("done", False))
            given = self.env["loyalty.card"].search([("program_id", "=", program.id)])
            self.assertEqual((len(given), given.partner_id), (cards, self.customer))
            self.assertEqual(sum(given.mapped("points")), 10)


@tagged("post_install", "-at_install")
class TestPlaybookMail(PlaybookCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.playbook = cls._create_playbook([cls._mail_step()])

    def test_mail_waits_in_the_queue_and_stays_in_the_history(self):
        rows = self._go()
        mail = self._mails(rows)
        self.assertEqual((mail.state, mail.recipient_ids), ("outgoing", self.customer))
        self.assertEqual(mail.subject, "We miss you, Acme")
        message = mail.mail_message_id
        mail.unlink()
        self.assertTrue(message.exists())
        self.assertEqual(message.res_id, self.customer.id)

    def test_sent_failed_opened_and_answered_are_counted(self):
        customers = self._for(self._create_customers(3))
        rows = self._go()
        step = self.playbook.step_ids
        notices = self.env["mail.notification"].search(
            [("mail_message_id", "in", rows.log_ids.message_id.ids)], order="id"
        )
        notices[0].notification_status = notices[1].notification_status = "sent"
        notices[2].notification_status = "bounce"
        rows.log_ids.date = fields.Datetime.now() - timedelta(hours=1)
        rows[0].log_ids.open_date = fields.Datetime.now()
        customers[0].message_post(body="!", author_id=customers[0].id, message_type="email")
        self.assertRecordValues(
            step,
            [
                {
                    "done_count": 3,
                    "sent_count": 2,
                    "failed_count": 1,
                    "opened_count": 1,
                    "answered_count": 1,
                }
            ],
        )

    def test_no_mail_to_missing_bounced_or_blacklisted_addresses(self):
        customers = self._create_customers(3)
        customers[0].email = False
        customers[1].message_bounce = 1
        self.env["mail.blacklist"]._add(customers[2].email)
        self._for(customers, stop_on_optout=False)
        rows = self._go()
        reasons = [row.log_ids.reason for row in rows]
        self.assertEqual(reasons, ["no_email", "bounced", "blacklist"])
        self.assertFalse(self._mails(rows))

    def test_mail_goes_to_the_role_when_somebody_has_it(self):
        self.playbook.step_ids.recipient_role = "technical"
        self.env["customer.contact.role"].create(
            [
                {"customer_id": self.customer.id, "partner_id": person.id, "role": "technical"}
                for person in (self.bob, self.ann)
            ]
        )[1].is_primary = True
        rows = self._go()
        self.assertEqual(self._mails(rows).recipient_ids, self.ann)

    def test_kill_before_the_commit_sends_nothing_and_after_it_never_twice(self):
        rows = self._enter()
        cut_off = self.env.cr.savepoint()
        rows._run_safely()
        self.assertTrue(self._mails(rows))
        cut_off.rollback()
        self.env.invalidate_all()
        self.assertFalse(self._mails(rows))
        self._run()
        self._run()
        self.assertEqual(len(self._mails(rows)), 1)

    def test_quiet_hours_of_the_salesperson_are_kept(self):
        self.playbook.write({"quiet_from": 20, "quiet_to": 8})
        self.rep.tz = "Asia/Shanghai"
        self._set_clock(datetime(2031, 3, 4, 14))
        rows = self._enter()
        self._run()
        self.assertFalse(self._mails(rows))
        self.assertEqual(rows.step_due, datetime(2031, 3, 5, 0))
        self._set_clock(datetime(2031, 3, 5, 0, 1))
        self._run()
        self.assertTrue(self._mails(rows))

    def test_working_time_of_the_company_is_kept(self):
        self.playbook.working_time = True
        self.env.company.resource_calendar_id.tz = "UTC"
        saturday = datetime(2031, 3, 8, 10)
        monday = self.playbook._speak_at(saturday, self.rep)
        self.assertEqual(monday.date(), datetime(2031, 3, 10).date())
        self.assertEqual(self.playbook._speak_at(monday, self.rep), monday)

    def test_next_step_depends_on_what_became_of_the_mail(self):
        playbook = self._create_playbook(
            [
                self._mail_step(),
                self._activity_step(condition="not_opened", summary="Not opened", delay=1),
                self._activity_step(condition="opened", summary="Opened"),
            ],
        )
        rows = self._go(playbook)
        rows.log_ids.open_date = fields.Datetime.now()
        for _step in range(2):
            self._make_due(rows)
            self._run()
        self.assertLog(rows, ("done", False), ("skipped", "condition"), ("done", False))
        self.assertEqual(self._calls(self.customer).summary, "Opened")

    def test_picture_tells_that_a_mail_was_opened(self):
        rows = self._go()
        mail = self._mails(rows)
        self.assertNotIn("/lifecycle/open/", mail._prepare_outgoing_body())
        self.playbook.step_ids.track_opens = True
        self.assertIn(
            f"/lifecycle/open/{rows.log_ids.id}/{rows.log_ids._open_token()}.gif",
            mail._prepare_outgoing_body(),
        )
