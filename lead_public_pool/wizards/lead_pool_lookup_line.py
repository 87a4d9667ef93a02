from odoo import api, fields, models

from ..models.lead_pool_entry import KINDS
from ..tools.arguments import checked


class LeadPoolLookupLine(models.TransientModel):
    """One answer."""

    _name = "lead.pool.lookup.line"
    _inherit = ["lead.pool.dialog"]
    _description = "Known Record"

    lookup_id = fields.Many2one(
        "lead.pool.lookup", required=True, ondelete="cascade", help="The search that found this."
    )
    name = fields.Char(
        string="Record",
        readonly=True,
        help="A record that is yours, or that you may claim, as far as its pool shows its name.",
    )
    kind = fields.Selection(
        [("lead", "Lead"), ("customer", "Customer")],
        readonly=True,
        help="Whether a lead or a customer was found.",
    )
    state = fields.Selection(
        [
            ("pooled", "In the pool"),
            ("protected", "Protected"),
            ("owned", "With a salesperson"),
            ("outside", "Known, without a salesperson"),
        ],
        readonly=True,
        help="Whether the record can be had.",
    )
    pool_name = fields.Char(
        string="Pool", readonly=True, help="The pool in which the record waits."
    )
    claimable = fields.Boolean(
        string="You may claim it",
        readonly=True,
        help="Whether you may claim the record from its pool.",
    )
    owner = fields.Char(string="Salesperson", readonly=True, help="Who works the record.")
    mine = fields.Boolean(string="Yours", readonly=True, help="Whether you work it yourself.")
    reason = fields.Char(
        string="Why not", readonly=True, help="Why you may not claim it now, and when you may."
    )
    res_id = fields.Integer(
        string="Number", readonly=True, help="Number of a record that is yours, or may be."
    )

    @api.model
    def _prepare_values(self, answer, record, check):
        """Values of the line for one answer of a lookup.

        What the user may neither open nor claim stays without its name and number.
        """
        mine = record.user_id == self.env.user
        shown = mine or answer["claimable"]
        waits = answer["state"] == "pooled" and not answer["claimable"]
        return {
            "kind": answer["kind"],
            "state": answer["state"],
            "pool_name": answer["pool"],
            "claimable": answer["claimable"],
            "owner": answer["owner"],
            "mine": mine,
            "reason": waits and check["message"],
            **({"name": record.display_name, "res_id": record.id} if shown else {}),
        }

    @checked(one=True)
    def action_open(self):
        """Open a record that is yours.

        :return: window action
        """
        entry = self._entry()
        return entry._open_claimed(entry._records())

    @checked(one=True)
    def action_claim(self):
        """Claim what was found.

        :return: action
        """
        return self._entry().action_pool_claim()

    def _entry(self):
        """What stands for the record in the window of its pool."""
        entry_id = self.res_id * len(KINDS) + KINDS.index(self.kind or KINDS[0])
        return self.env["lead.pool.entry"].browse(entry_id)
