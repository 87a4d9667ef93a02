from datetime import timedelta

import pytz

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.safe_eval import safe_eval

from ..tools.arguments import checked
from ..tools.gini import gini
from ..tools.worktime import hours_within, moment_after

FAIRNESS_DAYS = 30
# Working time is looked up in steps, for half a year at most.
PLAN_STEP = timedelta(days=14)
PLAN_STEPS = 13
# Age classes of waiting records: field, and days from (included) and to (excluded).
AGES = {
    "age_day_count": (None, 1),
    "age_week_count": (1, 7),
    "age_month_count": (7, 30),
    "age_old_count": (30, None),
}


class LeadPoolInsight(models.AbstractModel):
    """What a manager sees of a pool, and what the pool expects of its members' speed."""

    _name = "lead.pool.insight"
    _description = "Seeing and Steering a Pool"

    first_touch_hours = fields.Float(
        string="First contact within",
        help="Within how many of his working hours a salesperson should first work a record that "
        "he received. After that he gets an activity; after twice the time, the managers of the "
        "pool get one. 0 means no target.",
    )
    hoard_days = fields.Integer(
        string="Hoarded after",
        default=7,
        help="A record counts as hoarded in the analysis when its salesperson held it for more "
        "than so many days before he worked it, or without working it at all.",
    )
    claim_gini = fields.Float(
        string="Inequality of claims",
        compute="_compute_claim_gini",
        digits=(4, 2),
        help="How unevenly the members claimed in the last 30 days: 0 means that all claimed the "
        "same number, a value near 1 that a few claimed nearly everything (Gini coefficient).",
    )
    age_day_count = fields.Integer(
        string="Less than a day",
        compute="_compute_ages",
        help="Records that wait for less than a day.",
    )
    age_week_count = fields.Integer(
        string="1 to 7 days", compute="_compute_ages", help="Records that wait for 1 to 7 days."
    )
    age_month_count = fields.Integer(
        string="7 to 30 days", compute="_compute_ages", help="Records that wait for 7 to 30 days."
    )
    age_old_count = fields.Integer(
        string="More than 30 days",
        compute="_compute_ages",
        help="Records that wait for more than 30 days.",
    )
    longest_wait_days = fields.Integer(
        string="Longest waiting",
        compute="_compute_ages",
        help="For how many days the oldest record has been waiting.",
    )

    _insight_numbers = models.Constraint(
        "CHECK(first_touch_hours >= 0 AND hoard_days > 0)",
        "The time to first contact cannot be negative, and a record is hoarded after one day at "
        "the earliest.",
    )

    # ------------------------------------------------------------------
    # Board
    # ------------------------------------------------------------------

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_ages(self):
        entries = self.env["lead.pool.entry"]
        ages = self._ages(entries) if entries.has_access("read") else {}
        now = self.env.cr.now()
        for pool in self:
            oldest, *counts = ages.get(pool._origin.id, (None, 0, 0, 0, 0))
            for name, count in zip(AGES, counts, strict=True):
                pool[name] = count
            pool.longest_wait_days = (now - oldest).days if oldest else 0

    def _ages(self, entries):
        """How long the user's entries have been waiting, in one query for all pools.

        :param entries: empty recordset of `lead.pool.entry`
        :return: by pool id: moment since which the oldest waits, and a count per class of `AGES`
        """
        query = entries._search(Domain("pool_id", "in", self.ids))
        pool, since = (
            entries._field_to_sql(query.table, name, query)
            for name in ("pool_id", "pool_enter_date")
        )
        counts = [
            SQL(
                "COUNT(*) FILTER (WHERE %s)",
                SQL(" AND ").join(
                    SQL("%s %s %s", since, SQL(sign), moment)
                    for sign, moment in self._age_bounds(name)
                ),
            )
            for name in AGES
        ]
        query.groupby = pool
        return {
            row[0]: row[1:]
            for row in self.env.execute_query(query.select(pool, SQL("MIN(%s)", since), *counts))
        }

    @api.model
    def _waiting_domain(self, records, pool_ids):
        return (
            records._pool_open_domain()
            & Domain("pool_state", "=", "pooled")
            & Domain("pool_id", "in", pool_ids)
        )

    @api.model
    def _age_bounds(self, name):
        """Bounds of the date of entry for one class of `AGES`.

        :return: list of (operator, moment)
        """
        now = self.env.cr.now()
        first, last = AGES[name]
        bounds = []
        if first is not None:
            bounds.append(("<=", now - timedelta(days=first)))
        if last is not None:
            bounds.append((">", now - timedelta(days=last)))
        return bounds

    @checked()
    def action_open_aged(self):
        """Open the waiting records of one age class; the context names it (`pool_age`).

        :return: window action
        """
        name = self.env.context.get("pool_age")
        action = self.action_open_pooled()
        if name not in AGES:
            return action
        ages = Domain.AND([Domain("pool_enter_date", *bound) for bound in self._age_bounds(name)])
        action["domain"] = list(self._action_domain(action) & ages)
        return action

    @checked(one=True)
    def action_open_due(self):
        """Open the held records that go back to the pool within a week.

        :return: window action
        """
        action = self.action_open_owned()
        week = fields.Datetime.add(self.env.cr.now(), days=7)
        # The web client shows `display_name`.
        action["display_name"] = self.env._("Due this week in %s", self.name)
        action["domain"] = list(self._action_domain(action) & Domain("pool_due_date", "<=", week))
        return action

    @checked(one=True)
    def action_open_report(self):
        """Open the analysis of what was held from this pool.

        :return: window action
        """
        action = self.env["ir.actions.actions"]._for_xml_id(
            "lead_public_pool.lead_pool_report_action"
        )
        action["context"] = {"search_default_pool_id": self.id}
        return action

    def _action_domain(self, action):
        domain = action.get("domain") or []
        if isinstance(domain, str):
            domain = safe_eval(domain, {"uid": self.env.uid})
        return Domain(domain)

    # ------------------------------------------------------------------
    # Fairness
    # ------------------------------------------------------------------

    @api.depends("member_ids.user_id")
    def _compute_claim_gini(self):
        inequality = self._origin._gini_of_claims(FAIRNESS_DAYS)
        for pool in self:
            pool.claim_gini = inequality.get(pool._origin.id, 0.0)

    def _gini_of_claims(self, days=30):
        """How unevenly claims are spread over those who may claim.

        Counted are all ordinary members, also those who claimed nothing, and whoever else did
        claim; a manager who leaves the claiming to his people does not make a pool unfair.
        The formula stands in `tools.gini`.

        :param int days: length of the period that ends now
        :return: coefficient between 0 (all alike) and 1, by pool id
        :rtype: dict[int, float]
        """
        since = fields.Datetime.subtract(self.env.cr.now(), days=days)
        claims = {pool.id: {} for pool in self}
        for pool in self.sudo():
            members = pool.member_ids.filtered(lambda member: member.role == "member")
            claims[pool.id] = dict.fromkeys(members.user_id.ids, 0)
        domain = [
            ("kind", "=", "claim"),
            ("undone", "=", False),
            ("pool_to_id", "in", self.ids),
            ("date", ">=", since),
        ]
        moves = self.env["lead.pool.move"].sudo()
        for pool, user, count in moves._read_group(
            domain, ["pool_to_id", "user_to_id"], ["__count"]
        ):
            claims[pool.id][user.id] = count
        return {pool_id: gini(counts.values()) for pool_id, counts in claims.items()}

    # ------------------------------------------------------------------
    # Speed to lead
    # ------------------------------------------------------------------

    def _first_touch_moment(self, gained, user, factor=1):
        """When the target time to first contact has passed, in working time of the owner.

        :param datetime gained: naive UTC moment of the gain
        :param user: owner (`res.users`); his working hours and days off count, else the company's
        :param int factor: how many times the target
        :return: naive UTC moment, False if the pool has no target
        """
        self.ensure_one()
        hours = self.first_touch_hours * factor
        if not hours:
            return False
        company, start = self.sudo().company_id, pytz.utc.localize(gained)
        for _number in range(PLAN_STEPS):
            end = start + PLAN_STEP
            intervals = user._pool_work_intervals(company, start, end)
            if moment := moment_after(intervals, hours):
                return moment.astimezone(pytz.utc).replace(tzinfo=None)
            hours -= hours_within(intervals, start, end)
            start = end
        # Nobody works in all that time: then the clock on the wall counts.
        return gained + timedelta(hours=self.first_touch_hours * factor)

    @api.model
    def _cron_speed_to_lead(self, batch_size=200):
        """Warn about first contacts that are late, in all companies.

        :param int batch_size: records per transaction
        """
        for model_name in ("crm.lead", "res.partner"):
            if not self.env[model_name]._pool_warn_first_touches(batch_size):
                return
