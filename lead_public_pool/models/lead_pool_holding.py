from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .lead_pool_visibility import SEALED

# What a move undoes.
UNDOES = {"undo": "claim", "restore": "reclaim"}
# A ledger row `m` by which somebody becomes the owner: here a holding begins. What an undone run
# puts back to its owner goes on being the same holding, and an undone claim is none. So is a merge
# that leaves owner and pool as they were.
GAIN = SQL(
    "(m.user_to_id IS NOT NULL AND m.undone IS NOT TRUE AND m.kind NOT IN ('leave', 'restore')"
    " AND (m.user_from_id IS DISTINCT FROM m.user_to_id OR m.kind = 'enter'"
    " OR m.kind = 'merge' AND m.pool_from_id IS DISTINCT FROM m.pool_to_id))"
)


class LeadPoolMove(models.Model):
    """What the ledger knows about the holding that a gain begins."""

    _inherit = "lead.pool.move"

    undone = fields.Boolean(
        readonly=True,
        help="Counts as if it had not happened: a claim that was undone, or what a run took back "
        "and its undoing put back.",
    )
    round = fields.Integer(
        readonly=True,
        aggregator="avg",
        help="How often the record had come back to a pool before this.",
    )
    first_touch_date = fields.Datetime(
        string="First worked",
        readonly=True,
        help="When the salesperson who received the record first worked it.",
    )
    first_touch_hours = fields.Float(
        string="Working hours to first contact",
        readonly=True,
        aggregator="avg",
        help="Working hours of the salesperson between receiving the record and first working it. "
        "Nights, weekends, public holidays and his days off do not count.",
    )

    def _note_undone(self, records, kind):
        """Mark the moves of these records that a move of this kind undoes."""
        self.flush_model(["res_model", "res_id", "kind"])
        self.env.cr.execute(
            SQL(
                """
                UPDATE lead_pool_move m
                   SET undone = TRUE
                  FROM (
                      SELECT MAX(id) AS id
                        FROM lead_pool_move
                       WHERE res_model = %s AND res_id IN %s AND kind = %s
                       GROUP BY res_id
                  ) l
                 WHERE m.id = l.id
                """,
                records._name,
                tuple(records.ids),
                UNDOES[kind],
            )
        )
        self.invalidate_model(["undone"])

    def _put_back(self, owner, pool):
        """Put what these moves took back to its owner, each record that may.

        :param owner: who had the records (`res.users`)
        :param pool: from which pool
        :return: why not, by move, for the records that stay where they are
        :rtype: dict
        """
        records = self.env[self[0].res_model].sudo().browse(self.mapped("res_id")).exists()
        if not owner or not pool:
            gone = self.env._("Its owner or its pool no longer exists.")
            return dict.fromkeys(self, gone)
        reasons = dict.fromkeys(self.mapped("res_id"), self.env._("It no longer exists."))
        try:
            results = records._pool_move_each("restore", user=owner, pool=pool)
        except UserError as error:
            results = [{"id": record.id, "ok": False, "message": str(error)} for record in records]
        reasons.update({answer["id"]: answer["message"] for answer in results})
        done = {answer["id"] for answer in results if answer["ok"]}
        return {move: reasons[move.res_id] for move in self if move.res_id not in done}

    def _told_name(self):
        """Name of the record of a move for a report that people of several pools read."""
        record = self.env[self.res_model].sudo().browse(self.res_id).exists()
        if record and record.pool_id.visibility in SEALED:
            return record._pool_masked_name(record.pool_id)
        return self.record_name or str(self.res_id)

    def _note_first_touch(self, hours):
        """Write the first touch of the holdings that these gains began.

        In SQL, all at once: the values differ by row, and a stage change may touch a thousand.

        :param dict hours: working hours from gain to touch, by id of the gain
        """
        values = SQL(", ").join(SQL("(%s, %s)", *item) for item in hours.items())
        self.env.cr.execute(
            SQL(
                """
                UPDATE lead_pool_move m
                   SET first_touch_date = %s, first_touch_hours = v.hours
                  FROM (VALUES %s) AS v (id, hours)
                 WHERE m.id = v.id
                """,
                self.env.cr.now(),
                values,
            )
        )
        self.browse(hours).invalidate_recordset(["first_touch_date", "first_touch_hours"])
