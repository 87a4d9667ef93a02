from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..tools.arguments import checked
from ..tools.jobs import each_or_set_aside
from .lead_pool_engine import VIA_NEXT

# So many records are looked at in one go if the very best are not to be had; ever more, the more
# are refused, so that no number of them hides those behind.
LOOK_AHEAD = 50


class LeadPoolClaiming(models.AbstractModel):
    """How records leave a pool."""

    _name = "lead.pool.claiming"
    _description = "How Records Leave a Pool"

    claim_mode = fields.Selection(
        [
            ("free", "Members pick freely"),
            ("next", "Members get the next best"),
            ("broadcast", "Offered to all members, first to claim gets it"),
            ("approval", "Members ask, managers agree"),
            ("assign", "Managers assign"),
        ],
        string="How records are claimed",
        required=True,
        default="free",
        help="Members pick freely: they choose from the list. Members get the next best: each "
        "claim brings the first record of the pool, so nobody leaves the hard ones to others. "
        "Offered to all members: they get a message about what comes in, and the first to claim "
        "has it. Members ask: a claim waits until a manager agrees. Managers assign: nobody "
        "claims.",
    )
    broadcast_minutes = fields.Integer(
        string="Offered for (minutes)",
        default=30,
        help="For so many minutes the members may claim what they were told of; 0 means for ever.",
    )
    broadcast_fallback = fields.Selection(
        [
            ("stay", "It stays in the pool"),
            ("assign", "Assign it automatically"),
            ("next_pool", "It goes to the next pool"),
        ],
        string="If nobody claims it",
        required=True,
        default="stay",
        help="What happens to a record that nobody claimed in time.",
    )
    head_start_hours = fields.Integer(
        string="Head start (hours)",
        help="For so many hours a new record is for the members who have a head start; "
        "0 means for all at once.",
    )
    uncounted_domain = fields.Char(
        string="Do not count",
        default="[('id', '=', 0)]",
        help="Held records that match this filter do not count towards the holding limit, "
        "for example those in a late stage.",
    )
    owner_guard = fields.Selection(
        [
            ("off", "No check"),
            ("warn", "Warn"),
            ("block", "Block: only that salesperson may claim it"),
            ("route", "Assign to that salesperson"),
        ],
        string="Customers of another salesperson",
        required=True,
        default="off",
        help="What happens when the company of a lead is already the customer of a salesperson. A "
        "customer counts as the same company if the tax number, name, phone or e-mail domain is "
        "the same.",
    )
    duplicate_notice = fields.Boolean(
        string="Tell about duplicates",
        default=True,
        help="Before and after a claim, members are told how many possible duplicates others "
        "hold, and who they are if the member may see that.",
    )
    request_count = fields.Integer(
        string="Requests",
        compute="_compute_request_count",
        help="Claims, extensions and protections that wait for a manager.",
    )

    _head_start_not_negative = models.Constraint(
        "CHECK(head_start_hours >= 0 AND broadcast_minutes >= 0)",
        "A time cannot be negative. Write 0 for none.",
    )

    def _compute_request_count(self):
        counts = dict(
            self.env["lead.pool.request"]
            .sudo()
            ._read_group(
                [("pool_id", "in", self.ids), ("state", "=", "waiting")], ["pool_id"], ["__count"]
            )
        )
        for pool in self:
            pool.request_count = counts.get(pool, 0)

    @api.constrains("uncounted_domain", "kind")
    def _check_uncounted_domain(self):
        for pool in self:
            pool._check_record_domain(pool.uncounted_domain, pool.name)

    @checked(one=True)
    def pool_claim_next(self, count=1):
        """Claim the best records of this pool that the current user may have.

        Many members may ask at the same moment: each record goes to one of them.

        :param int count: how many, 1 to 100
        :return: one result per record received, see `pool_claim`; when nothing could be had, one
            result without `id` that says why
        :rtype: list[dict]
        :raise UserError: if the count makes no sense
        """
        if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= 100:
            raise UserError(self.env._("Ask for 1 to 100 records at a time."))
        self.check_access("read")
        results, why_not = [], None
        for result in self._claim_best(count):
            if result["ok"]:
                results.append(result)
            else:
                why_not = result
            if len(results) == count or (why_not and why_not["code"] in self._hopeless_codes()):
                break
        return results or [self._nothing_to_claim(why_not)]

    @checked()
    def action_claim_next(self):
        """Claim the next best record from a button and open it.

        :return: window action of the record
        :raise UserError: if there is none, with the reason
        """
        [result] = self.pool_claim_next()
        if not result["ok"]:
            raise UserError(result["message"])
        return {
            "type": "ir.actions.act_window",
            "res_model": self.model_name,
            "res_id": result["id"],
            "view_mode": "form",
        }

    @checked()
    def action_open_requests(self):
        """Open the requests that wait for a manager of this pool.

        :return: window action
        """
        action = self.env["ir.actions.actions"]._for_xml_id(
            "lead_public_pool.lead_pool_request_action"
        )
        action["context"] = {"search_default_pool_id": self.id, "search_default_waiting": 1}
        return action

    def _claim_best(self, count):
        """Claim the waiting records, best first, as long as somebody asks for the next result.

        What the user may not have is not even locked: others may.
        """

        def claim(record):
            return record._pool_move("claim", user=self.env.user)

        def set_aside(record, error):
            self.env["lead.pool.trouble"].sudo()._note("claim", record, error)

        for records in self._best_first(count):
            policy = records.env["lead.pool.policy"]
            refusals = policy._refusals("claim", records, self.env.user, each=True)
            for record in records:
                if record.id in refusals:
                    yield record._pool_result(refusals[record.id])
                elif locked := record.try_lock_for_update(allow_referencing=True):
                    for answers in each_or_set_aside(locked, claim, set_aside):
                        yield from answers

    def _best_first(self, count):
        """All waiting records for which the user is skilled, best first, in growing portions."""
        records = self.env[self._record_model_name()].sudo().with_context(pool_via=VIA_NEXT)
        member = self._member(self.env.user)
        waiting = (
            records._pool_open_domain()
            & Domain("pool_state", "=", "pooled")
            & Domain("pool_id", "=", self.id)
        )
        seen, limit = [], count

        def best(domain):
            unseen = waiting & domain & Domain("id", "not in", seen)
            return records.search(unseen, order="pool_priority DESC, id DESC", limit=limit)

        def portion():
            if not member:
                return best(Domain.TRUE)
            return member._with_filter("skill_domain", best, records.browse())

        while found := portion():
            yield found
            seen += found.ids
            limit = max(LOOK_AHEAD, 2 * len(found))

    @api.model
    def _hopeless_codes(self):
        """Refusals that are about the user, so that another record would fare no better."""
        return {"not_member", "daily_limit", "holding_limit", "min_interval", "backlog", "approval"}

    def _nothing_to_claim(self, why_not):
        return {
            "id": False,
            "ok": False,
            "code": why_not["code"] if why_not else "not_pooled",
            "message": why_not["message"]
            if why_not
            else self.env._("Nothing waits for you in the pool %s.", self.name),
            "available_at": why_not["available_at"] if why_not else False,
        }

    def _deciders(self):
        """Who decides about requests, by name."""
        managers = self.sudo().member_ids.filtered(lambda member: member.role == "manager")
        names = managers.user_id.filtered("active").mapped("name")
        return " / ".join(names) or self.env._("A manager of the pool %s", self.sudo().name)

    def _ask_text(self):
        return self.env._("You may ask for it. %s decides.", self._deciders())

    def _asked_text(self):
        return self.env._("Asked. %s decides.", self._deciders())

    def _uncounted_domain(self):
        """What a holding limit leaves out; nothing while the filter is broken, so all counts."""
        return self._usable_domain("uncounted_domain")

    def _limits_for(self, user):
        """Where the limits of a user stand: on his membership if it has its own, else here."""
        member = self._member(user)
        return member if member.own_limits else self
