from odoo import fields, models

from ..tools.arguments import checked


class LeadScoreProposalLine(models.Model):
    """What one rule is worth by the outcome of the closed leads, beside its points of today."""

    _name = "lead.score.proposal.line"
    _description = "Learned Points of a Rule"
    _order = "proposal_id, id"
    _rec_name = "rule_id"

    proposal_id = fields.Many2one(
        "lead.score.proposal",
        required=True,
        ondelete="cascade",
        index=True,
        readonly=True,
        help="The proposal that this line belongs to.",
    )
    rule_id = fields.Many2one(
        "lead.score.rule",
        required=True,
        ondelete="cascade",
        index=True,
        readonly=True,
        help="The rule whose points would change.",
    )
    points_before = fields.Float(
        string="Points today", readonly=True, aggregator=None, help="When it was learned."
    )
    points = fields.Float(
        string="Learned points",
        readonly=True,
        aggregator=None,
        help="What the rule is worth beside the others. 0 means that it says nothing that the "
        "others do not say, or the opposite of what it claims.",
    )
    match_count = fields.Integer(string="Leads", readonly=True, help="Closed leads it matches.")
    rate = fields.Float(
        string="Won (%)", readonly=True, aggregator=None, help="Share of them that was won."
    )
    lift = fields.Float(
        readonly=True, aggregator=None, help="How many times more often than the average."
    )
    state = fields.Selection(
        [("open", "Open"), ("accepted", "Accepted"), ("refused", "Left as it is")],
        default="open",
        readonly=True,
        required=True,
        help="Whether the learned points were taken over.",
    )

    @checked()
    def action_accept(self):
        """Give these rules their learned points.

        :return: True
        """
        for line in self.filtered(lambda line: line.state != "accepted"):
            line.rule_id.points = line.points
            line.state = "accepted"
        return True

    @checked()
    def action_refuse(self):
        """Leave these rules as they are.

        :return: True
        """
        self.filtered(lambda line: line.state == "open").state = "refused"
        return True
