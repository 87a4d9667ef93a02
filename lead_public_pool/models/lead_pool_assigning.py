from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools.jobs import each_or_set_aside, replayed
from ..tools.rotation import next_turn
from .lead_pool_engine import ENGINE
from .lead_pool_quota import Quota

NUMERIC = ("integer", "float", "monetary")


class LeadPoolAssigning(models.AbstractModel):
    """How a pool assigns its records by itself."""

    _name = "lead.pool.assigning"
    _description = "Automatic Assignment of a Pool"

    assign_strategy = fields.Selection(
        [
            ("none", "No automatic assignment"),
            ("round_robin", "Round robin"),
            ("weighted", "Weighted round robin"),
            ("load", "Lowest workload first"),
            ("score", "Best records to the best members"),
        ],
        string="Automatic assignment",
        required=True,
        default="none",
        help="Round robin: everybody gets the same number. Weighted round robin: who has the "
        "weight 2 gets twice as many as who has 1. Lowest workload first: to who holds the fewest "
        "open records for his weight. Best records to the best members: numbers by weight, but "
        "the records with the highest value go to the members who win most.",
    )
    assign_score_field_id = fields.Many2one(
        "ir.model.fields",
        string="Value",
        ondelete="set null",
        # A number that is kept in another table, such as the score of another addon, is related.
        domain="[('model', '=', model_name), '|', ('store', '=', True), ('related', '!=', False),"
        " ('ttype', 'in', ('integer', 'float', 'monetary'))]",
        help="Number by which records are ordered, highest first, for example a score.",
    )
    assign_working_hours = fields.Boolean(
        string="In working hours only",
        help="Assign only during the working hours of the member, or of the company if he has none "
        "of his own.",
    )
    assign_online = fields.Boolean(
        string="Online members only",
        help="Assign only to members who have Odoo open, used it in the last half hour, and have "
        "not set themselves to busy. While nobody is online, records wait in the pool.",
    )
    assign_by_hand_counts = fields.Boolean(
        string="By hand counts as a turn",
        default=True,
        help="Who receives a record from a manager gets the fewer automatically, so that in the "
        "end everybody has his share.",
    )
    assign_blocked_reason = fields.Char(
        string="Why nothing is assigned",
        compute="_compute_assign_blocked_reason",
        help="Why the waiting records find nobody at this moment.",
    )

    @api.constrains("assign_score_field_id", "kind")
    def _check_assign_score_field(self):
        for pool in self.sudo().filtered("assign_score_field_id"):
            field = pool.assign_score_field_id
            known = self.env[pool._record_model_name()]._fields.get(field.name)
            if (
                field.model != pool._record_model_name()
                or field.ttype not in NUMERIC
                or not (known and known._description_sortable(self.env))
            ):
                raise ValidationError(
                    self.env._("%s: the value must be a number of the records.", pool.name)
                )

    @api.depends("assign_strategy", "assign_working_hours", "assign_online")
    @api.depends_context("lang")
    def _compute_assign_blocked_reason(self):
        for pool in self:
            if pool.assign_strategy == "none" or pool._eligible_members()[0]:
                pool.assign_blocked_reason = False
            else:
                reasons = pool._eligible_members()[1]
                pool.assign_blocked_reason = "; ".join(
                    f"{member.user_id.name}: {reason}" for member, reason in reasons.items()
                ) or self.env._("The pool has no members.")

    # ------------------------------------------------------------------
    # Who may receive
    # ------------------------------------------------------------------

    def _eligible_members(self):
        """Members who can receive a record now, with their quotas, and why the others cannot.

        :return: ({member: Quota}, {member: reason})
        """
        self.ensure_one()
        pool, now = self.sudo(), self.env.cr.now()
        eligible, reasons = {}, {}
        members = pool.member_ids.filtered("assign_active")
        offline = members - members._online() if pool.assign_online else members.browse()
        for member in members:
            absence = member._absence()
            works = not pool.assign_working_hours or member.user_id._pool_works_now(pool.company_id)
            if not member.user_id.active:
                reasons[member] = self.env._("has left")
            elif not member._may_work():
                reasons[member] = self.env._("may not work in this company, or not in sales")
            elif not works:
                reasons[member] = self.env._("does not work at this hour")
            elif absence and absence[0] <= now < absence[1]:
                reasons[member] = self.env._("absent until %s", member.absent_until)
            elif member in offline:
                reasons[member] = self.env._("is not online")
            else:
                quota = Quota.load(
                    "assign", self.env["crm.lead"], member.user_id, pool, count_all=True
                )[pool.id]
                refusal = quota.refuse_holding() or quota.refuse_assigned()
                if refusal:
                    reasons[member] = refusal.message
                else:
                    eligible[member] = quota
        return eligible, reasons

    # ------------------------------------------------------------------
    # Assigning
    # ------------------------------------------------------------------

    def _assign_all(self, batch_size):
        """Assign what waits in these pools, batch by batch, each in a transaction of its own.

        :param int batch_size: records per transaction
        """
        commit = self.env["ir.cron"]._commit_progress
        # What nobody may receive now stands in nobody's way, and no pool waits for a long one.
        seen = {pool: [] for pool in self}
        while seen:
            for pool in list(seen):
                batch = pool._assign_batch(batch_size, seen[pool])
                seen[pool] += batch
                if not commit(len(batch)):
                    return
                if not batch:
                    del seen[pool]

    def _assign_batch(self, batch_size, seen):
        """Assign some of what waits in this pool; a pool that fails stops no other.

        :param list seen: ids of records that have had their turn in this run
        :return: ids of the records that were looked at
        """

        def set_aside(pool, error):
            self.env["lead.pool.trouble"]._note("assign", pool, error)

        def turn():
            return each_or_set_aside(
                self.exists(), lambda pool: pool._assign_waiting(batch_size, seen), set_aside
            )

        parts = replayed(self.env, turn) if self.exists() else []
        return [record_id for part in parts for record_id in part]

    def _assign_waiting(self, limit, seen=()):
        """Assign waiting records, in the order of the pool, as long as somebody may receive.

        :param int limit: records at most
        :param seen: ids of records that are left out
        :return: ids of the records that were looked at
        """
        self.ensure_one()
        eligible = self._eligible_members()[0]
        if not eligible:
            return []
        # What nobody is skilled for is not even looked at, however much of it lies on top.
        skills = Domain.OR(member._skill_domain() for member in eligible)
        records = self._waiting_records(skills & Domain("id", "not in", seen), limit)
        self._assign_records(records.try_lock_for_update(allow_referencing=True))
        return records.ids

    def _assign_records(self, records):
        """Assign these waiting records, each to whom the strategy of the pool gives it.

        :param records: locked records that lie in this pool
        :return: number of records assigned
        """
        members = self._lock_all_members()
        quotas, _reasons = self._eligible_members()
        done = 0

        def set_aside(record, error):
            self.env["lead.pool.trouble"]._note("assign", record, error)

        for (member, note), ids in self._plan(records, quotas, members).items():
            turn = records.browse(ids).with_context(pool_turn=ENGINE)

            def assign(some, user=member.user_id, note=note):
                results = some._pool_move("assign", user=user, note=note)
                return sum(result["ok"] for result in results)

            done += sum(each_or_set_aside(turn, assign, set_aside))
        return done

    def _lock_all_members(self):
        """One assignment of a pool at a time: turns are counted on the membership rows."""
        members = self.sudo().member_ids
        if members:
            self.env.cr.execute(
                SQL(
                    "UPDATE lead_pool_member SET gain_count = gain_count WHERE id IN"
                    " (SELECT id FROM lead_pool_member WHERE user_id IN %s AND %s"
                    " ORDER BY id FOR UPDATE)",
                    tuple(members.user_id.ids),
                    self.sudo()._counted_together(),
                )
            )
        return members

    def _waiting_records(self, domain, limit):
        records = self.env[self._record_model_name()].sudo()
        score = self.sudo().assign_score_field_id.name
        order = "pool_priority DESC, id DESC"
        if self.assign_strategy == "score" and score:
            order = f"{score} DESC, {order}"
        return records.search(
            records._pool_open_domain()
            & Domain("pool_state", "=", "pooled")
            & Domain("pool_id", "=", self.id)
            & domain,
            order=order,
            limit=limit,
        )

    def _plan(self, records, quotas, members):
        """Who receives which records.

        :return: ids of records by (member, explanation)
        """
        credits = {member: member.assign_credit for member in members}
        for quota in quotas.values():
            quota.records = records
        turns = []
        for record in records:
            able = {
                member: quota
                for member, quota in quotas.items()
                if not (
                    quota.refuse_holding() or quota.refuse_assigned() or quota.refuse_skill(record)
                )
            }
            if not able:
                continue
            member = self._choose(able, credits)
            quotas[member].use(record)
            quotas[member].assigned += 1
            turns.append((record, member))
        for member, credit in credits.items():
            if member.assign_credit != credit:
                member.assign_credit = credit
        plan = {}
        for record, member in self._match(turns):
            note = self._explain_turn(member, quotas)
            plan.setdefault((member, note), []).append(record.id)
        return plan

    def _choose(self, able, credits):
        """Whose turn it is among those who may receive a record; moves the credits."""
        shares = self._shares(able)
        if self.assign_strategy == "load":
            loads = {member: able[member].holding / share for member, share in shares.items()}
            least = min(loads.values())
            # Among those who have equally little, it goes in turn, also across runs.
            shares = {member: share for member, share in shares.items() if loads[member] == least}
        chosen, gained = next_turn(shares, credits)
        credits.update(gained)
        return chosen

    def _shares(self, members):
        """How many records each of these members gets, in proportion to the others."""
        by_weight = self.assign_strategy != "round_robin"
        return {member: max(member.weight, 1) if by_weight else 1 for member in members}

    def _count_turns(self, user, count):
        """A person has given records to a member: the others are owed so much more.

        :param user: who received them (`res.users`)
        :param int count: how many
        """
        self.ensure_one()
        if not self.assign_by_hand_counts or self.assign_strategy in ("none", "load"):
            return
        now = self.env.cr.now()
        members = self.sudo().member_ids.filtered(
            lambda member: member.assign_active and member.user_id.active
        )
        present = [
            member
            for member in members
            if not (absence := member._absence()) or not absence[0] <= now < absence[1]
        ]
        shares = self._shares(present)
        if not any(member.user_id == user for member in shares):
            return
        total = sum(shares.values())
        for member, share in shares.items():
            taken = count if member.user_id == user else 0
            member.assign_credit += count * share / total - taken

    def _match(self, turns):
        """Give the best records to the best members, each as many as his turns."""
        if self.assign_strategy != "score":
            return turns
        skilled = any(member._skill_domain() != Domain.TRUE for _record, member in turns)
        if skilled:
            # Territories bind records to members; then the turns stay as they are.
            return turns
        wins = self._win_rates({member for _record, member in turns})
        best_first = sorted((member for _record, member in turns), key=lambda m: (-wins[m], m.id))
        return list(zip((record for record, _member in turns), best_first, strict=True))

    def _win_rates(self, members):
        """Share of records won, of those that each member received from the pool."""
        rates = {}
        moves = self.env["lead.pool.move"].sudo()
        for member in members:
            gained = moves._read_group(
                [
                    ("user_to_id", "=", member.user_id.id),
                    ("pool_to_id", "=", self.id),
                    ("kind", "in", ("claim", "assign")),
                    ("lead_id", "!=", False),
                ],
                [],
                ["lead_id:recordset"],
            )[0][0]
            won = gained.filtered(
                lambda lead, member=member: (
                    lead.won_status == "won" and lead.user_id == member.user_id
                )
            )
            rates[member] = len(won) / len(gained) if gained else 0.0
        return rates

    def _explain_turn(self, member, quotas):
        labels = dict(self._fields["assign_strategy"]._description_selection(self.env))
        strategy = labels[self.assign_strategy]
        if self.assign_online:
            return self.env._(
                "%(strategy)s: one of %(count)s members who were online and could receive it",
                strategy=strategy,
                count=len(quotas),
            )
        return self.env._(
            "%(strategy)s: one of %(count)s members who could receive it",
            strategy=strategy,
            count=len(quotas),
        )
