from collections import Counter

from odoo import api, fields, models
from odoo.fields import Domain

from ..tools.arguments import checked
from ..tools.jobs import each_or_set_aside

# A run that a manager does not allow gives its records another term of so many days.
NEW_TERM_DAYS = 7


class LeadPoolBrake(models.AbstractModel):
    """Safety of automation: preview, brake, and another term."""

    _name = "lead.pool.brake"
    _description = "Safety of a Pool"

    brake_count = fields.Integer(
        string="Stop runs above (records)",
        help="A run that would take back more records than this stops and asks; 0 means no brake.",
    )
    brake_percent = fields.Integer(
        string="Stop runs above (%)",
        help="A run that would take back more than this share of the held records stops and asks; "
        "0 means no brake.",
    )
    brake_pass_date = fields.Datetime(
        readonly=True,
        copy=False,
        string="Brake released until",
        help="A manager has allowed the next runs until then.",
    )
    braked_run_id = fields.Many2one(
        "lead.pool.run",
        string="Stopped run",
        compute="_compute_braked_run",
        help="Run that waits for a decision.",
    )

    _brake_not_negative = models.Constraint(
        "CHECK(brake_count >= 0 AND brake_percent >= 0 AND brake_percent <= 100)",
        "A brake is a number of records, or 0 to 100 percent.",
    )

    def _compute_braked_run(self):
        runs = (
            self.env["lead.pool.run"]
            .sudo()
            .search([("pool_id", "in", self.ids), ("state", "=", "braked")])
        )
        by_pool = {run.pool_id: run for run in runs}
        for pool in self:
            pool.braked_run_id = by_pool.get(pool, False)

    @checked(one=True)
    def action_preview(self):
        """Show what the next runs would take back from this pool, from whom, and why.

        :return: window action
        :raise AccessError: for anybody but a manager of the pool
        """
        self.check_access("read")
        return self.env["lead.pool.preview"]._open(self)

    def _preview_due(self, until):
        """Held records that go back until a moment, with that moment and the rule."""
        found = self._due_records(until)
        dues, rules = found._pool_due_map(), self.env["lead.pool.rule"]
        return [
            (record, dues[record.id][0], rules.browse(dues[record.id][1]))
            for record in found
            if record.id in dues and dues[record.id][0] <= until
        ]

    def _due_records(self, until):
        """Held records of this pool that go back until a moment."""
        self.ensure_one()
        records = self.env[self._record_model_name()].sudo()
        return records.search(
            records._pool_open_domain()
            & Domain("pool_state", "=", "owned")
            & Domain("pool_id", "=", self.id)
            & Domain("pool_due_date", "<=", until),
            order="pool_due_date, id",
        )

    @api.model
    def _pools_on_hold(self):
        """Pools whose due records stay where they are, because a run waits for a decision.

        A pool is looked at only when something of it is due, so an idle run costs nothing.

        :return: ids of pools
        """
        on_hold = []
        due = Counter()
        for model_name in ("crm.lead", "res.partner"):
            records = self.env[model_name].sudo()
            for pool, count in records._read_group(
                records._pool_due_domain(), ["pool_id"], ["__count"]
            ):
                due[pool] += count

        def set_aside(pool, error):
            # Better too late than a hundred taken back that a manager wanted to see first.
            on_hold.append(pool.id)
            self.env["lead.pool.trouble"]._note("reclaim", pool, error)

        for pool, count in due.items():
            if any(each_or_set_aside(pool, lambda pool, n=count: pool._brakes(n), set_aside)):
                on_hold.append(pool.id)
        return on_hold

    def _brakes(self, count):
        """Whether so many due records are too many to take back without asking."""
        self.ensure_one()
        released = self.brake_pass_date and self.brake_pass_date > self.env.cr.now()
        if released or not self._is_too_many(count):
            return False
        if self.braked_run_id:
            return True
        # Meetings and quotations may have put some of them right without a word.
        due = self._due_records(self.env.cr.now())
        due._pool_refresh_due()
        count = len(due.filtered(lambda r: r.pool_due_date and r.pool_due_date <= r.env.cr.now()))
        if not self._is_too_many(count):
            return False
        self._brake(count)
        return True

    def _is_too_many(self, count):
        if self.brake_count and count > self.brake_count:
            return True
        percent = self.brake_percent
        return bool(percent) and count * 100 > percent * self.sudo().owned_count

    def _brake(self, count):
        """Stop, write down that a decision is needed, and ask the managers."""
        self.env["lead.pool.run"].sudo().create(
            {
                "date_start": self.env.cr.now(),
                "state": "braked",
                "pool_id": self.id,
                "company_id": self.company_id.id,
                "due_count": count,
            }
        )
        self._tell_managers(
            lambda env: (
                env._(
                    "%(count)s records of %(pool)s would be taken back: please decide",
                    count=count,
                    pool=self.name,
                ),
                env._("The run was stopped. Allow it or not in Public Pool ▸ Reclaim Runs."),
            )
        )

    def _put_off_due(self):
        """Give what is due another term."""
        for pool in self:
            until = pool._days_later(self.env.cr.now(), NEW_TERM_DAYS)
            pool._due_records(self.env.cr.now())._pool_protect_until(until)
