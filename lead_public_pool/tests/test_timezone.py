from datetime import date, datetime, timedelta

from odoo.tests import tagged

from odoo.addons.lead_public_pool.models.lead_pool_engine import ENGINE

from .common import PoolCase

BERLIN, NEW_YORK, SHANGHAI = "Europe/Berlin", "America/New_York", "Asia/Shanghai"


@tagged("post_install", "-at_install")
class TestTimezone(PoolCase):
    """What a person reads is in his time zone; what counts goes by the working hours."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.berlin, cls.new_york = cls.env["resource.calendar"].create(
            [{"name": zone, "tz": zone} for zone in (BERLIN, NEW_YORK)]
        )
        cls.company = cls.pool.company_id
        cls.company.resource_calendar_id = cls.berlin
        cls.rep.tz, cls.other.tz = SHANGHAI, NEW_YORK
        cls.env["resource.resource"].create(
            {
                "name": "Otto",
                "user_id": cls.other.id,
                "company_id": cls.company.id,
                "calendar_id": cls.new_york.id,
                "tz": SHANGHAI,
            }
        )

    def _code(self, lead, user):
        return lead.with_user(user).pool_claim_check()[0]["code"]

    def test_day_of_the_limit_ends_by_the_working_hours_not_by_the_preferences(self):
        self.pool.daily_limit = 1
        leads = self._create_leads(4)
        # 23:30 in Berlin, where the rep's company is; 17:30 in New York, where Otto works.
        self._set_clock(datetime(2026, 7, 1, 21, 30))
        self._claim(leads[0], self.rep)
        self._claim(leads[1], self.other)
        self._set_clock(datetime(2026, 7, 1, 22, 30))
        self._claim(leads[2], self.rep)
        self.assertEqual(self._code(leads[3], self.other), "daily_limit")
        self._set_clock(datetime(2026, 7, 2, 4, 1))
        self._claim(leads[3], self.other)
        self.assertEqual(self.pool._member(self.rep).day_tz, BERLIN)
        self.assertEqual(self.pool._member(self.other).day_tz, NEW_YORK)

    def test_his_own_preferences_gain_a_rep_no_day(self):
        self.pool.daily_limit = 1
        leads = self._create_leads(2)
        self._set_clock(datetime(2026, 7, 1, 12))
        self._claim(leads[0], self.rep)
        self.rep.with_user(self.rep).write({"tz": "Pacific/Kiritimati"})
        self.assertEqual(self._code(leads[1], self.rep), "daily_limit")

    def test_the_day_on_which_the_clocks_change_has_25_hours(self):
        self.pool.daily_limit = 1
        leads = self._create_leads(3)
        self._set_clock(datetime(2026, 10, 24, 22, 30))  # 00:30 on the 25th, summer time
        self._claim(leads[0], self.rep)
        self._set_clock(datetime(2026, 10, 25, 22, 30))  # 23:30 on the 25th, winter time
        self.assertEqual(self._code(leads[1], self.rep), "daily_limit")
        answer = leads[1].with_user(self.rep).pool_claim_check()[0]
        self.assertEqual(answer["available_at"], "2026-10-25 23:00:00")
        self._set_clock(datetime(2026, 10, 25, 23, 1))
        self._claim(leads[1], self.rep)

    def test_refusal_names_the_moment_in_the_zone_of_the_reader(self):
        self.pool.cooldown_days = 1
        lead = self._create_leads()
        self._set_clock(datetime(2026, 7, 1, 12))
        texts = {}
        for user in (self.rep, self.other):
            self._claim(lead, user)
            lead.with_user(user).pool_release()
            texts[user] = lead.with_user(user).pool_claim_check()[0]["message"]
        self.assertIn("2026-07-02 20:00", texts[self.rep])
        self.assertIn("2026-07-02 08:00", texts[self.other])

    def test_notice_and_warning_are_in_the_zone_of_the_owner(self):
        self._set_clock(datetime(2026, 7, 1, 20))
        self._create_rule(delay=2)
        self.pool.write({"warn_steps": "1", "warn_activity": True})
        lead = self._claim(self._create_leads(), self.rep)
        # Due on 3 July 20:00 UTC: for Rita in Shanghai that is 4 July, 04:00.
        self.assertRegex(lead.with_user(self.rep).pool_notice, "7/4/26.*4:00")
        self._set_clock(datetime(2026, 7, 2, 20, 1))
        self._run_cron("warn")
        activity = lead.activity_ids
        self.assertEqual(activity.date_deadline, date(2026, 7, 4))
        self.assertRegex(activity.note, "7/4/26.*4:00")
        message = self.env["mail.message"].search(
            [("partner_ids", "in", self.rep.partner_id.ids)], order="id desc", limit=1
        )
        self.assertRegex(message.body, "7/4/26.*4:00")

    def test_working_days_end_by_the_owners_hours_over_the_change_of_clocks(self):
        rule = self._create_rule(clock="claim", unit="workday", delay=1)
        # Friday 23 October, before Berlin goes back to winter time on Sunday.
        self._set_clock(datetime(2026, 10, 23, 10))
        mine, his = self._create_leads(2)
        self._claim(mine, self.rep)
        self._claim(his, self.other)
        # Monday 17:00 in Berlin is 16:00 UTC now; in New York it is still summer: 21:00 UTC.
        self.assertEqual(mine.pool_due_date, datetime(2026, 10, 26, 16))
        self.assertEqual(his.pool_due_date, datetime(2026, 10, 26, 21))
        self.assertEqual(mine.pool_due_rule_id, rule)

    def test_absence_begins_and_ends_at_midnight_of_the_working_hours(self):
        for user, start in ((self.rep, 22), (self.other, 4)):
            member = self.pool._member(user)
            member.write({"absent_from": "2026-07-02", "absent_until": "2026-07-02"})
            begin, end = member._absence()
            day = 1 if user == self.rep else 2
            self.assertEqual(begin, datetime(2026, 7, day, start))
            self.assertEqual(end - begin, timedelta(days=1))

    def test_records_are_handed_out_in_the_hours_of_each_member(self):
        self.pool.write({"assign_strategy": "round_robin", "assign_working_hours": True})
        self.pool._member(self.lead_manager).assign_active = False
        self._set_clock(datetime(2026, 7, 1, 19))  # 21:00 in Berlin, 15:00 in New York
        leads = self._create_leads(2)
        self._run_cron("assign")
        self.assertEqual(leads.user_id, self.other)
        self.assertEqual(leads.mapped("user_id"), self.other)
        self._set_clock(datetime(2026, 7, 1, 2))
        self.assertIn("does not work at this hour", self.pool.assign_blocked_reason)

    def test_company_without_working_hours(self):
        self.company.resource_calendar_id = False
        self.pool.assign_working_hours = True
        self._create_rule(clock="claim", unit="workday", delay=2)
        self._set_clock(datetime(2026, 7, 1, 12))
        lead = self._claim(self._create_leads(), self.rep)
        self.assertEqual(lead.pool_due_date, datetime(2026, 7, 3, 12))
        self.assertEqual(self.pool._member(self.rep).day_tz, "UTC")

    def test_answer_to_a_request_is_in_the_zone_of_who_asked(self):
        self.pool.write({"claim_mode": "approval", "cooldown_days": 2})
        self.lead_manager.tz = BERLIN
        self._set_clock(datetime(2026, 7, 1, 12))
        lead = self._create_leads()
        lead.with_user(self.rep).pool_claim()
        request = lead.pool_request_ids
        self.env["lead.pool.move"].with_context(pool_engine=ENGINE).create(
            {
                "date": self.env.cr.now(),
                "kind": "release",
                "res_model": "crm.lead",
                "res_id": lead.id,
                "lead_id": lead.id,
                "user_from_id": self.rep.id,
            }
        )
        request.with_user(self.lead_manager).with_context(tz=BERLIN).action_approve()
        self.assertEqual(request.state, "refused")
        self.assertIn("2026-07-03 20:00", request.answer)

    def test_texts_of_a_record_are_not_kept_in_another_language_or_zone(self):
        self.pool.cooldown_days = 1
        self._set_clock(datetime(2026, 7, 1, 12))
        lead = self._claim(self._create_leads(), self.rep)
        lead.with_user(self.rep).pool_release()
        texts = {
            zone: lead.with_user(self.rep).with_context(tz=zone).pool_claim_message
            for zone in (SHANGHAI, NEW_YORK)
        }
        self.assertIn("2026-07-02 20:00", texts[SHANGHAI])
        self.assertIn("2026-07-02 08:00", texts[NEW_YORK])
        entry = self.env["lead.pool.entry"].with_user(self.rep).search([("res_id", "=", lead.id)])
        for zone, hour in ((SHANGHAI, "20:00"), (NEW_YORK, "08:00")):
            self.assertIn(hour, entry.with_context(tz=zone).pool_claim_message)

    def test_every_computed_text_of_the_addon_depends_on_the_language(self):
        for model, name in (
            ("crm.lead", "pool_due_label"),
            ("crm.lead", "pool_claim_message"),
            ("crm.lead", "pool_notice"),
            ("lead.pool.entry", "pool_claim_message"),
            ("lead.pool", "assign_blocked_reason"),
            ("lead.pool.move", "explanation"),
            ("lead.pool.rule.version", "display_name"),
        ):
            with self.subTest(model=model, name=name):
                _fields, context = self.env[model]._fields[name].get_depends(self.env[model])
                self.assertIn("lang", context)
