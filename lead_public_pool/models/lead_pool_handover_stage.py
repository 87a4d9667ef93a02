from collections import Counter

from odoo import api, fields, models


class LeadPoolHandoverStage(models.Model):
    """What came of one group when somebody's records were handed over."""

    _name = "lead.pool.handover.stage"
    _description = "Stage of a Hand-Over"
    _order = "id desc"
    _rec_name = "user_id"
    _allow_sudo_commands = False

    date = fields.Datetime(required=True, readonly=True, help="When it was done.")
    user_id = fields.Many2one(
        "res.users",
        string="From",
        readonly=True,
        ondelete="set null",
        index=True,
        help="Whose records changed hands.",
    )
    actor_id = fields.Many2one("res.users", string="By", readonly=True, help="Who did it.")
    company_id = fields.Many2one("res.company", readonly=True, help="Where it was done.")
    group = fields.Selection(
        selection="_selection_group", readonly=True, help="Which of his records."
    )
    how = fields.Selection(
        selection="_selection_how", string="Where to", readonly=True, help="What was decided."
    )
    receivers = fields.Char(readonly=True, help="Who received them, in equal parts.")
    record_count = fields.Integer(
        string="Records", readonly=True, help="Records that were in the group."
    )
    given_count = fields.Integer(
        string="Handed over", readonly=True, help="Records that colleagues received."
    )
    returned_count = fields.Integer(
        string="Back in the pools", readonly=True, help="Records that others may claim now."
    )
    left_count = fields.Integer(
        string="Still his", readonly=True, help="Records that nobody could receive."
    )
    reasons = fields.Text(
        readonly=True, help="Why some of them stayed, or went back to their pools."
    )

    def _selection_group(self):
        return self.env["lead.pool.handover.line"]._fields["group"]._description_selection(self.env)

    def _selection_how(self):
        return self.env["lead.pool.handover.line"]._fields["how"]._description_selection(self.env)

    @api.model
    def _note(self, line, receivers, results):
        """Write down what came of a group.

        :param line: the group (`lead.pool.handover.line`)
        :param receivers: who was to receive (`res.users`), none for the pools
        :param list results: one per record, see `pool_claim`
        :return: the new row
        """
        given, returned = (results, []) if receivers else ([], results)
        return self._note_group(
            line.handover_id.user_id, line.group, line.how, receivers, given, returned
        )

    @api.model
    def _note_group(self, user, group, how, receivers, given, returned, more=""):
        """Write down what came of some records of a user.

        :param user: whose they were (`res.users`)
        :param str group: key of the group
        :param str how: key of what was decided
        :param receivers: who was to receive (`res.users`)
        :param list given: one result for each record offered to a colleague, see `pool_claim`
        :param list returned: one result for each record that was to go back to its pool
        :param str more: what else is to be known
        :return: the new row
        """
        given_count, returned_count = (
            sum(result["ok"] for result in results) for results in (given, returned)
        )
        count = len({result["id"] for result in (*given, *returned)})
        return self.sudo().create(
            {
                "date": self.env.cr.now(),
                "user_id": user.id,
                "actor_id": self.env.uid,
                "company_id": self.env.company.id,
                "group": group,
                "how": how,
                "receivers": ", ".join(receivers.mapped("name")) or False,
                "record_count": count,
                "given_count": given_count,
                "returned_count": returned_count,
                "left_count": count - given_count - returned_count,
                "reasons": "\n".join(filter(None, [self._reasons((*given, *returned)), more])),
            }
        )

    @api.model
    def _reasons(self, results):
        """Why some were refused, and how many of them, a line each.

        :param results: see `pool_claim`
        """
        reasons = Counter(result["message"] for result in results if not result["ok"])
        return "\n".join(f"{count} × {why}" for why, count in reasons.most_common())
