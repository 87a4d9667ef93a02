from odoo import fields, models


class LeadScoreCardVersion(models.Model):
    """What a scorecard said when it was published."""

    _name = "lead.score.card.version"
    _description = "Scorecard Version"
    _order = "card_id, version desc"
    _rec_name = "version"

    card_id = fields.Many2one(
        "lead.score.card",
        required=True,
        readonly=True,
        ondelete="cascade",
        help="The scorecard that was published.",
    )
    version = fields.Integer(
        required=True,
        readonly=True,
        aggregator=None,
        help="Counts how often the scorecard was published.",
    )
    definition = fields.Json(readonly=True, help="Limits, thresholds and rules as published.")
    rule_count = fields.Integer(
        compute="_compute_rule_count", string="Rules", help="How many rules this version has."
    )

    _version_uniq = models.UniqueIndex("(card_id, version)", "This version exists already.")

    def _compute_rule_count(self):
        for version in self:
            version.rule_count = len((version.definition or {}).get("rules", ()))
