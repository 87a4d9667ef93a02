from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.arguments import checked

# A phone or domain that so many share says nothing; Odoo draws the same line.
TOO_MANY = 21
# A further address or number of `o` is one of `p`; few records have any, see `pool_contact_keys`.
FURTHER = SQL(
    "o.pool_contact_keys IS NOT NULL AND string_to_array(o.pool_contact_keys, ' ')"
    " && (string_to_array(p.pool_contact_keys, ' ') || p.email_normalized::text)"
)


class LeadPoolTwin(models.AbstractModel):
    """Records that look like the same company and are held by somebody."""

    _name = "lead.pool.twin"
    _description = "Duplicates Held by Others"

    pool_guard_user_ids = fields.Many2many(
        "res.users",
        compute="_compute_pool_guard_user_ids",
        compute_sudo=True,
        string="Looks after the company",
        groups="sales_team.group_sale_salesman",
        help="Salespeople who hold the same company, for the owner guard of the pool.",
    )

    def _compute_pool_guard_user_ids(self):
        """To be filled by the concrete model, for all records at once."""
        self.pool_guard_user_ids = False

    def _pool_customer_owner(self):
        """Salesperson of the customer whose record this is, for the owner guard."""
        return self.pool_guard_user_ids[:1]

    def _pool_twin_query(self):
        """SQL of (id, id of a record like it that is held, id of its owner, how sure: 1 is most).

        :rtype: SQL
        """
        raise NotImplementedError()

    def _pool_twins(self):
        """Held records that look like these.

        :return: rows of (id, id of the other one, id of its owner), the surest first
        """
        if not self.ids:
            return []
        return [
            (record_id, other_id, owner_id)
            for record_id, other_id, owner_id, _rank in self.env.execute_query(
                SQL("%s ORDER BY 1, 4, 2", self._pool_twin_query())
            )
        ]

    # ------------------------------------------------------------------
    # Said before a claim, and with it
    # ------------------------------------------------------------------

    def _pool_duplicate_notices(self, user):
        """What a user should know about duplicates of these records that others hold.

        Counts for everybody; names of holders only as far as he may read what they hold. Of a
        record whose number he may have chosen, or does not see, he is told only of what he may
        read: else he would learn what exists past the limit of lookups. A few queries for all
        records together.

        :return: sentence by record id; records without duplicates are missing
        :rtype: dict[int, str]
        """
        noted = self.sudo().filtered(lambda record: record.pool_id.duplicate_notice)
        others = {}
        for record_id, other_id, owner_id in noted._pool_twins():
            if owner_id != user.id:
                others.setdefault(record_id, {})[other_id] = owner_id
        if not others:
            return {}
        ids = {other_id for found in others.values() for other_id in found}
        asked = self.with_user(user).sudo(False)
        readable = set(asked.browse({*ids, *others})._filtered_access("read").ids)
        for record in self.sudo().browse(others):
            own = user in (record.create_uid, record.pool_former_user_id)
            if own or record.id not in readable:
                found = others[record.id]
                others[record.id] = {other: found[other] for other in found if other in readable}
        return {
            record_id: self._pool_duplicate_text(found, readable)
            for record_id, found in others.items()
            if found
        }

    @api.model
    def _pool_duplicate_text(self, found, readable):
        """One sentence about the duplicates of one record.

        :param dict found: owner id by id of the duplicate
        :param set readable: ids of those that the reader may read
        """
        owner_ids = {owner for other, owner in found.items() if other in readable}
        names = self.env["res.users"].sudo().browse(sorted(owner_ids)).mapped("name")
        if not names:
            if len(found) == 1:
                return self.env._("A possible duplicate is held by somebody else.")
            return self.env._("%s possible duplicates are held by others.", len(found))
        if len(found) == 1:
            return self.env._("A possible duplicate is held by %s.", names[0])
        return self.env._(
            "%(count)s possible duplicates are held by others, among them %(names)s.",
            count=len(found),
            names=", ".join(names),
        )

    def _pool_add_notices(self, results):
        """Put the notices into the answers about these records.

        :param dict results: answer by record id, see `pool_claim`; changed in place
        """
        notices = self._pool_duplicate_notices(self.env.user)
        for record_id, notice in notices.items():
            answer = results[record_id]
            answer["message"] = " ".join(filter(None, [answer["message"], notice]))

    @checked(one=True)
    def action_pool_wait_duplicates(self):
        """Wait for the duplicates of this record, from a button.

        :return: notification
        """
        answers = self.pool_wait_duplicates()
        waiting = sum(answer["ok"] for answer in answers)
        refused = [answer["message"] for answer in answers if not answer["ok"]]
        message = (
            self.env._("You will be told when it comes back.")
            if waiting
            else (refused or [self.env._("Nobody else holds a duplicate of it.")])[0]
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"type": "success" if waiting else "warning", "message": message},
        }

    @checked(one=True)
    def pool_wait_duplicates(self):
        """Tell me when a duplicate of this record that somebody else holds comes back.

        The answer says whether there is any, so it counts and is recorded as a lookup.

        :return: one answer per duplicate: `ok`, `code`, `message`
        :rtype: list[dict]
        :raise UserError: if the user has asked too often today
        """
        self.ensure_one()
        records, _results = self._pool_visible()
        log = self.env["lead.pool.lookup.log"]
        log._check_quota()
        twins = records.sudo()._pool_twins()
        others = self.browse(
            other_id for _id, other_id, owner_id in twins if owner_id != self.env.uid
        )
        if records:
            log._record(records.sudo()._pool_lookup_terms(), bool(others))
        results = others._pool_wait_add(label=records.display_name) if others else []
        return [{key: result[key] for key in ("ok", "code", "message")} for result in results]
