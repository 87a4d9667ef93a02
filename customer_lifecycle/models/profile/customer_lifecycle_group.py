from odoo import fields, models


class CustomerLifecycleGroup(models.Model):
    """A named group of customers by ranges of RFM scores; the first that fits wins."""

    _name = "customer.lifecycle.group"
    _description = "RFM Group"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True, help="What you call these customers.")
    sequence = fields.Integer(default=10, help="The first group that fits a customer wins.")
    active = fields.Boolean(
        "In use", default=True, help="Archived groups are not given to customers."
    )
    color = fields.Integer(help="Colour on cards.")
    r_min = fields.Integer(
        string="Recency From",
        default=1,
        required=True,
        help="Lowest recency score of the group. 5 bought most recently.",
    )
    r_max = fields.Integer(
        string="Recency To",
        default=5,
        required=True,
        help="Highest recency score of the group. 5 bought most recently.",
    )
    f_min = fields.Integer(
        string="Frequency From",
        default=1,
        required=True,
        help="Lowest frequency score of the group. 5 buys most often.",
    )
    f_max = fields.Integer(
        string="Frequency To",
        default=5,
        required=True,
        help="Highest frequency score of the group. 5 buys most often.",
    )
    m_min = fields.Integer(
        string="Money From",
        default=1,
        required=True,
        help="Lowest money score of the group. 5 spends most.",
    )
    m_max = fields.Integer(
        string="Money To",
        default=5,
        required=True,
        help="Highest money score of the group. 5 spends most.",
    )
    description = fields.Text(translate=True, help="What to do with these customers.")

    _range_check = models.Constraint(
        "CHECK (r_min BETWEEN 1 AND r_max AND r_max <= 5 AND f_min BETWEEN 1 AND f_max"
        " AND f_max <= 5 AND m_min BETWEEN 1 AND m_max AND m_max <= 5)",
        "Scores run from 1 to 5, and a range from the smaller to the larger.",
    )

    def _fits(self, r, f, m):
        """Whether somebody with these scores belongs to this group."""
        self.ensure_one()
        return (
            self.r_min <= r <= self.r_max
            and self.f_min <= f <= self.f_max
            and self.m_min <= m <= self.m_max
        )
