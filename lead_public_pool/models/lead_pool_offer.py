from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.fields import Domain

from ..tools.jobs import each_or_set_aside, work_off
from .lead_pool_engine import ENGINE


class LeadPoolOffer(models.AbstractModel):
    """Offer a record to all members at once; who claims first has it, and if nobody does …"""

    _name = "lead.pool.offer"
    _description = "Offers to the Members of a Pool"

    pool_offer_until = fields.Datetime(
        string="Offered until",
        readonly=True,
        copy=False,
        groups="sales_team.group_sale_salesman",
        help="Until then the members may claim it; afterwards it goes where the pool says.",
    )

    _pool_offer_index = models.Index("(pool_offer_until) WHERE pool_offer_until IS NOT NULL")

    def _pool_offer(self):
        """Tell the members of pools that broadcast what has just come in."""
        for pool, records in self.grouped("pool_id").items():
            if pool.claim_mode != "broadcast":
                continue
            minutes = pool.broadcast_minutes
            until = self.env.cr.now() + timedelta(minutes=minutes) if minutes else False
            records.with_context(pool_engine=ENGINE, tracking_disable=True).write(
                {"pool_offer_until": until}
            )
            self._pool_tell_offer(pool, len(records))

    @api.model
    def _pool_tell_offer(self, pool, count):
        """Tell each member, in their language, that there is something to claim.

        No record is named: one that has left the pool would still stand in the message.
        """
        address = f"/odoo/action-lead_public_pool.lead_pool_entry_action_{pool.kind}"
        for member in pool.member_ids.user_id.filtered("active"):
            env = self.with_context(lang=member.lang).env
            self.env["mail.thread"].message_notify(
                partner_ids=member.partner_id.ids,
                subject=env._(
                    "%(count)s new in %(pool)s: first come, first served",
                    count=count,
                    pool=pool.name,
                ),
                body=Markup("<p><a href='%s'>%s</a></p>")
                % (address, env._("See what you can claim")),
            )

    @api.model
    def _pool_offers_due(self, batch_size):
        """Offers that nobody took go where their pool says, batch by batch.

        :param int batch_size: records per transaction
        :return: seconds left to the cron
        """
        return work_off(
            self.sudo(),
            lambda: Domain("pool_offer_until", "<=", self.env.cr.now()),
            "pool_offer_until, id",
            batch_size,
            lambda records: each_or_set_aside(
                records,
                lambda some: some._pool_offer_expired(),
                lambda record, error: record._pool_set_aside("offer", "pool_offer_until", error),
            ),
        )

    def _pool_offer_expired(self):
        self.with_context(pool_engine=ENGINE, tracking_disable=True).write(
            {"pool_offer_until": False}
        )
        waiting = self.filtered(lambda record: record.pool_state == "pooled")
        for pool, records in waiting.grouped("pool_id").items():
            if pool.broadcast_fallback == "next_pool" and pool.next_pool_id.active:
                records._pool_move("transfer", pool=pool.next_pool_id)
            elif pool.broadcast_fallback == "assign":
                pool._assign_records(records)
