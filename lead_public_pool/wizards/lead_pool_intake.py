from odoo import api, fields, models
from odoo.fields import Domain

from ..tools.arguments import checked


class LeadPoolIntake(models.TransientModel):
    """Let existing records come into a pool."""

    _name = "lead.pool.intake"
    _inherit = ["lead.pool.dialog"]
    _description = "Take in Records"

    pool_id = fields.Many2one("lead.pool", required=True, help="Pool into which the records come.")
    model_name = fields.Char(related="pool_id.model_name")
    entry_domain = fields.Char(
        string="Which records",
        compute="_compute_from_pool",
        store=True,
        readonly=False,
        help="Filter on the records that come in. Records that have a pool already stay there.",
    )
    entry_owned = fields.Boolean(
        string="Also those with a salesperson",
        compute="_compute_from_pool",
        store=True,
        readonly=False,
        help="They stay with their salespeople, and the rules of the pool decide when they come "
        "back.",
    )
    entry_auto = fields.Boolean(
        string="New ones enter by themselves",
        default=True,
        help="From now on, new records that match the filter come into this pool at once, whether "
        "typed, imported, or received by e-mail, web form or API.",
    )
    waiting_count = fields.Integer(
        string="Records without a salesperson",
        compute="_compute_counts",
        help="They wait in the pool and can be claimed.",
    )
    owned_count = fields.Integer(
        string="Records with a salesperson",
        compute="_compute_counts",
        help="They stay with their salespeople.",
    )

    @api.depends("pool_id")
    def _compute_from_pool(self):
        for intake in self:
            intake.entry_domain = intake.pool_id.entry_domain or "[]"
            intake.entry_owned = intake.pool_id.entry_owned

    @api.depends("pool_id", "entry_domain", "entry_owned")
    def _compute_counts(self):
        for intake in self:
            pool = intake.pool_id
            if not pool or not pool.has_access("write"):
                intake.waiting_count = intake.owned_count = 0
                continue
            pool._check_record_domain(intake.entry_domain, pool.name)
            # Only what this manager may read: so much comes in, and a count tells nothing else.
            records = self.env[pool.model_name]
            domain = pool._intake_domain(intake.entry_domain)
            unowned = Domain("user_id", "=", False)
            intake.waiting_count = records.search_count(domain & unowned)
            intake.owned_count = records.search_count(domain & ~unowned)

    @checked(one=True)
    def action_take_in(self):
        """Take the records in, and remember the filter if new ones shall follow.

        Many come in the background.

        :return: notification with the number of records
        :raise AccessError: for anybody but managers of the pool
        """
        pool = self.pool_id
        pool.check_access("write")
        pool._check_record_domain(self.entry_domain, pool.name)
        if self.entry_auto:
            pool.write(
                {
                    "entry_auto": True,
                    "entry_domain": self.entry_domain,
                    "entry_owned": self.entry_owned,
                }
            )
        return pool._take_in(self.entry_domain, self.entry_owned)
