from odoo import models

from ..tools.rotation import next_turn


class LeadPoolEngine(models.AbstractModel):
    """Handing records out evenly to several members."""

    _inherit = "lead.pool.engine"

    def _pool_split(self, users):
        """Hand these records out evenly to several users, as far as their limits allow.

        :param users: who receives (`res.users`)
        :return: one result per record, see `_pool_result`
        """
        results = {}
        for user, records in self._pool_turns(users).items():
            for result in records._pool_move_each("assign", user=user):
                results[result["id"]] = result
        return [results[record.id] for record in self]

    def _pool_turns(self, users):
        """Which of these records fall to each of several users, in turn.

        Who received least recently begins, so that it stays fair over many calls.
        """
        ids, credits = {user: [] for user in self._pool_longest_without(users)}, {}
        shares = dict.fromkeys(ids, 1)
        last = {}
        for turn, record_id in enumerate(self._ids):
            user, credits = next_turn(shares, credits)
            ids[user].append(record_id)
            last[user] = turn
        # Written in the order of their last turns, by which the next call begins.
        return {user: self.browse(ids[user]) for user in sorted(last, key=last.get)}

    def _pool_longest_without(self, users):
        """Users in the order in which they last were assigned a record from these pools."""
        rows = (
            self.env["lead.pool.move"]
            .sudo()
            ._read_group(
                [
                    ("user_to_id", "in", users.ids),
                    ("kind", "=", "assign"),
                    ("pool_to_id", "in", self.sudo().pool_id.ids),
                ],
                ["user_to_id"],
                ["id:max"],
            )
        )
        last = {user.id: move_id for user, move_id in rows}
        return users.sorted(lambda user: last.get(user.id, 0))
