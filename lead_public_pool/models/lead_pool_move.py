from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from .lead_pool_engine import in_engine


class LeadPoolMove(models.Model):
    """The ledger: one immutable row per change of home, written by the engine only."""

    _name = "lead.pool.move"
    _description = "Change of Home"
    _order = "date desc, id desc"
    _rec_name = "record_name"
    _allow_sudo_commands = False
    _log_access = False

    date = fields.Datetime(required=True, readonly=True, index=True, help="When it happened.")
    kind = fields.Selection(
        [
            ("enter", "Entered"),
            ("leave", "Left the pool"),
            ("claim", "Claimed"),
            ("assign", "Assigned"),
            ("handover", "Handed over"),
            ("release", "Given back"),
            ("reclaim", "Taken back"),
            ("owner_left", "Owner left"),
            ("undo", "Claim undone"),
            ("restore", "Put back to its owner"),
            ("transfer", "Transferred"),
            ("merge", "Merged"),
        ],
        required=True,
        readonly=True,
        help="What happened: claimed by a salesperson, assigned by a manager, given back by the "
        "owner, taken back by a rule, and so on.",
    )
    res_model = fields.Char(required=True, readonly=True, help="Technical kind of the record.")
    res_id = fields.Integer(
        required=True,
        readonly=True,
        aggregator=None,
        help="Number of the record when it happened; stays when records are merged or deleted.",
    )
    record_name = fields.Char(
        string="Record", readonly=True, help="Name of the record when it happened."
    )
    lead_id = fields.Many2one(
        "crm.lead",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
        help="The lead as it exists today, also after a merge.",
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
        help="The customer as it exists today, also after a merge.",
    )
    company_id = fields.Many2one(
        "res.company", readonly=True, index=True, help="The company of the record."
    )
    user_from_id = fields.Many2one(
        "res.users", string="From", readonly=True, help="Owner before; empty if it was pooled."
    )
    user_to_id = fields.Many2one(
        "res.users", string="To", readonly=True, help="Owner after; empty if it is pooled."
    )
    pool_from_id = fields.Many2one(
        "lead.pool",
        string="Pool before",
        readonly=True,
        ondelete="set null",
        help="The pool in which the record was before.",
    )
    pool_to_id = fields.Many2one(
        "lead.pool",
        string="Pool",
        readonly=True,
        ondelete="set null",
        index=True,
        help="The pool in which the record is, or from which it was claimed.",
    )
    actor_id = fields.Many2one(
        "res.users", string="By", readonly=True, help="Who did it; the system for automatic moves."
    )
    reason_id = fields.Many2one(
        "lead.pool.reason", readonly=True, ondelete="restrict", help="Reason given on release."
    )
    note = fields.Text(readonly=True, help="What was written down with the move.")
    rule_id = fields.Many2one(
        "lead.pool.rule", readonly=True, ondelete="set null", help="Rule that took it back."
    )
    rule_version = fields.Integer(
        readonly=True, aggregator=None, help="Version of the rule at that time."
    )
    facts = fields.Json(readonly=True, help="What the rule saw when it decided.")
    explanation = fields.Char(
        compute="_compute_explanation", string="Why", help="The reason in one sentence."
    )
    run_id = fields.Many2one(
        "lead.pool.run",
        readonly=True,
        index="btree_not_null",
        help="The run of the rules that took the record back.",
    )
    hours_before = fields.Float(
        string="Hours before",
        readonly=True,
        aggregator="avg",
        help="How many hours the record had spent in the home it left.",
    )
    claim_key = fields.Char(readonly=True, help="Key by which a repeated claim is recognised.")

    deleted_names = fields.Char(
        string="Deleted since",
        readonly=True,
        help="Names of salespeople and pools of this change that have been deleted since.",
    )

    _user_from_index = models.Index("(user_from_id, date)")
    _user_to_index = models.Index("(user_to_id, kind, date)")
    _record_index = models.Index("(res_model, res_id, id)")
    _claim_key_uniq = models.UniqueIndex(
        "(actor_id, res_model, res_id, claim_key) WHERE claim_key IS NOT NULL",
        "This claim has already been counted.",
    )

    @api.depends("rule_id", "facts", "reason_id", "note")
    @api.depends_context("lang", "tz", "uid")
    def _compute_explanation(self):
        rules = self.env["lead.pool.rule"]
        units = dict(rules._fields["unit"]._description_selection(self.env))
        clocks = {
            "claim": self.env._("received %s"),
            "touch": self.env._("last worked %s"),
            "first_touch": self.env._("received and not worked since %s"),
            "stage": self.env._("in its stage since %s"),
            "create": self.env._("created %s"),
            "field": self.env._("its date was %s"),
        }
        for move in self:
            facts = move.facts or {}
            if facts.get("clock") in clocks:
                since = fields.Datetime.to_datetime(facts["since"])
                local = fields.Datetime.context_timestamp(self, since)
                move.explanation = self.env._(
                    "Rule “%(rule)s” (version %(version)s): %(since)s, more than %(delay)s "
                    "%(unit)s ago",
                    rule=facts["rule"],
                    version=move.rule_version,
                    since=clocks[facts["clock"]] % local.strftime("%Y-%m-%d %H:%M"),
                    delay=facts["delay"],
                    unit=units.get(facts["unit"], facts["unit"]).lower(),
                )
                if facts.get("weak"):
                    weak = self.env["crm.lead"]._pool_weak_text(facts["weak"])
                    move.explanation = f"{move.explanation} ({weak})"
            else:
                move.explanation = ": ".join(
                    part for part in (move.reason_id.name, move.note) if part
                )

    @api.model_create_multi
    def create(self, vals_list):
        self._only_the_engine()
        return super().create(vals_list)

    def write(self, vals):
        self._only_the_engine()
        return super().write(vals)

    def unlink(self):
        self._only_the_engine()
        return super().unlink()

    @api.model
    def _remember_names(self, gone):
        """Keep the names of what is about to be deleted: the history stays readable.

        In SQL, since the rows are immutable for everybody else.

        :param gone: users or pools
        """
        self.flush_model()
        for name, field in self._fields.items():
            if not (field.store and field.comodel_name == gone._name):
                continue
            label, column = field._description_string(self.env), SQL.identifier(name)
            for record in gone.sudo():
                self.env.cr.execute(
                    SQL(
                        "UPDATE lead_pool_move"
                        " SET deleted_names = concat_ws('; ', deleted_names, %s) WHERE %s = %s",
                        f"{label}: {record.name}",
                        column,
                        record.id,
                    )
                )
        self.invalidate_model(["deleted_names"])

    def _only_the_engine(self):
        if not in_engine(self.env):
            raise AccessError(
                self.env._(
                    "The history of ownership is written by the system only and cannot be changed."
                )
            )
