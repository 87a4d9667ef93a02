from odoo import api, models
from odoo.exceptions import AccessError, UserError

from ..tools.guarded import completed
from .lead_pool_engine import ENGINE, in_engine

# Fields that say where a record lives; only the engine writes them.
ENGINE_FIELDS = {
    "pool_state",
    "pool_enter_date",
    "pool_own_date",
    "pool_touch_date",
    "pool_due_date",
    "pool_due_rule_id",
    "pool_warn_date",
    "pool_check_date",
    "pool_notice_date",
    "pool_weak_count",
    "pool_stage_steps",
    "pool_stage_past",
    "pool_held_before",
    "pool_protect_start",
    "pool_first_touch_due",
    "pool_first_touch_alarm",
    "pool_former_user_id",
    "pool_round",
    "pool_protected_until",
    "pool_slot",
    "pool_extension_count",
    "pool_offer_until",
}
HOME_FIELDS = {"user_id", "pool_id"}
# An error names so many records; more would not be read.
ERRORS_SHOWN = 5


class LeadPoolMixin(models.AbstractModel):
    """Creating and writing a record: whatever changes an owner goes through the one door."""

    _inherit = "lead.pool.mixin"

    @api.model_create_multi
    def create(self, vals_list):
        prepared, pools = [], []
        guarded = self._pool_engine_fields() | {"pool_id"}
        # Who does not sell has no home to give, and no default of theirs gives one either.
        may_choose = self._has_field_access(self._fields["pool_id"], "write")
        for vals, known in zip(vals_list, completed(self, vals_list, guarded), strict=True):
            # Defaults travel with inherited records (a user brings those of its contact).
            stated = {name for name, value in known.items() if value and value != "outside"}
            self._pool_refuse_engine_fields(stated)
            pools.append(known.get("pool_id"))
            vals = {**vals, "pool_id": False} if may_choose else dict(vals)
            if pools[-1]:
                vals.setdefault("user_id", False)
            prepared.append(vals)
        records = super().create(prepared)
        for pool_id in set(filter(None, pools)):
            chosen = records.browse(
                record.id for record, own in zip(records, pools, strict=True) if own == pool_id
            )
            chosen._pool_put(self.env["lead.pool"].browse(pool_id))
        records._pool_route_new()
        return records

    def write(self, vals):
        if in_engine(self.env):
            return super().write(vals)
        self._pool_refuse_engine_fields(vals.keys())
        movers = self.filtered(lambda record: record._pool_home_changes(vals))
        resting = self._pool_resting(vals)
        if not movers or self - movers:
            super(LeadPoolMixin, self - movers).write(dict(vals))
        rest = {name: value for name, value in vals.items() if name not in HOME_FIELDS}
        for kind, records in movers._pool_kinds_of_move(vals).items():
            # What else a user sent is written as that user, while the record is theirs to write:
            # after the claim that brings it, before any other move.
            if kind == "claim":
                records._pool_write_home(kind, vals)
            if rest:
                super(LeadPoolMixin, records).write(dict(rest))
            if kind != "claim":
                records._pool_write_home(kind, vals)
        self._pool_after_write(vals)
        resting._pool_check_reopened()
        return True

    def _check_access(self, operation):
        result = super()._check_access(operation)
        if operation not in ("write", "unlink") or not any(self._ids):
            return result
        locked = self._pool_read_only()
        if not locked:
            return result
        return ((result[0] | locked) if result else locked, locked._pool_read_only_error)

    def _pool_read_only(self):
        """Records among these that lie in a pool and are not this user's to change."""
        user = self.env.user
        if not user.has_group("sales_team.group_sale_salesman"):
            # Accountants and others who are no salespeople keep the rights Odoo gives them.
            return self.browse()
        pooled = self.sudo().filtered(lambda record: record.pool_state == "pooled")
        return pooled.filtered(lambda record: not record.pool_id._is_managed_by(user)).with_env(
            self.env
        )

    def _pool_read_only_error(self):
        names = ", ".join(self.sudo()[:ERRORS_SHOWN].mapped("display_name"))
        return AccessError(
            self.env._("Claim it before you work on it; it lies in a public pool: %s", names)
        )

    @api.model
    def _pool_engine_fields(self):
        """Fields that only the pool's own code writes; another addon adds its own.

        :rtype: set[str]
        """
        return ENGINE_FIELDS

    def _pool_refuse_engine_fields(self, names):
        if in_engine(self.env):
            return
        if forbidden := self._pool_engine_fields() & names:
            labels = [self._fields[name]._description_string(self.env) for name in forbidden]
            raise UserError(
                self.env._(
                    "These fields are kept by the public pool and cannot be written: %s",
                    ", ".join(sorted(labels)),
                )
            )

    def _pool_home_changes(self, vals):
        """Whether these values give a record that circulates another home."""
        self.ensure_one()
        record = self.sudo()
        if "pool_id" in vals and (vals["pool_id"] or False) != record.pool_id.id:
            return True
        return (
            bool(record.pool_id)
            and "user_id" in vals
            and (vals["user_id"] or False) != record.user_id.id
        )

    def _pool_kinds_of_move(self, vals):
        """These records by the move that a plain write means for them.

        :return: records by kind of move
        """
        user = self.env["res.users"].browse(vals.get("user_id") or ())
        return self.grouped(lambda record: record._pool_move_kind(vals, user))

    def _pool_write_home(self, kind, vals):
        """Turn a plain write of owner or pool into a move, of all these records or none.

        :param str kind: the move that it means for each of them
        :param dict vals: all values of the write
        :raise UserError: if the move is refused, with the reason
        """
        user = self.env["res.users"].browse(vals.get("user_id") or ())
        pool = self.env["lead.pool"].browse(vals.get("pool_id") or ())
        if kind == "claim":
            self._pool_or_raise(self._pool_move(kind, user=user))
            return
        if kind == "enter":
            self.check_access("write")
        # What the user chose is not worked out anew from the new owner.
        chosen = [self._fields[name] for name in vals.keys() - HOME_FIELDS if name in self._fields]
        with self.env.protecting(chosen, self):
            self._pool_or_raise(self._pool_move(kind, user=user, pool=pool))
            if kind in ("enter", "transfer", "leave") and "user_id" in vals:
                self._pool_write_owner_too(user)

    def _pool_write_owner_too(self, user):
        """Finish a write of pool and owner: the pool is moved, now the owner."""
        changed = self.filtered(lambda record: record.sudo().user_id != user)
        homed = changed.filtered(lambda record: record.sudo().pool_id)
        owner = {"user_id": user.id}
        for kind, records in homed._pool_kinds_of_move(owner).items():
            records._pool_write_home(kind, owner)
        (changed - homed).sudo().with_context(pool_engine=ENGINE).write(owner)

    def _pool_move_kind(self, vals, user):
        """Which move a plain write means for one record."""
        self.ensure_one()
        record = self.sudo()
        if "pool_id" in vals and (vals["pool_id"] or False) != record.pool_id.id:
            if not record.pool_id:
                return "enter"
            if not vals["pool_id"]:
                return "leave"
            released = "user_id" in vals and not vals["user_id"] and record.user_id
            return "release" if released else "transfer"
        if not user:
            return "release"
        if record.pool_state == "pooled":
            return "claim" if user == self.env.user else "assign"
        return "handover" if record.user_id == self.env.user else "assign"

    def _pool_or_raise(self, results):
        """Make a refusal an error, for ways in that cannot answer record by record."""
        refused = {result["id"]: result for result in results if not result["ok"]}
        if not refused:
            return
        lines = [
            f"{record.display_name}: {refused[record.id]['message']}"
            for record in self.sudo().browse(list(refused)[:ERRORS_SHOWN])
        ]
        if len(refused) > ERRORS_SHOWN:
            lines.append(self.env._("… and %s more.", len(refused) - ERRORS_SHOWN))
        raise UserError("\n".join(lines))

    def _pool_put(self, pool):
        """Put new records into a pool that their creator chose."""
        if not pool.exists():
            raise UserError(self.env._("There is no such pool."))
        self._pool_or_raise(self._pool_move("enter", pool=pool))

    def _pool_route_new(self):
        """Give new records their home.

        :raise UserError: if a person gives a record to an owner who already holds his limit;
            what a machine brings is never refused, it goes to the pool without that owner
        """
        refused = self._pool_route()
        if not refused:
            return
        if not self.env.su and self.env.user._is_internal():
            self._pool_or_raise(refused)
        homeless = self.browse(result["id"] for result in refused).sudo()
        homeless.with_context(pool_engine=ENGINE).write({"user_id": False})
        homeless._pool_route()

    def _pool_after_write(self, vals):
        """Keep clocks right, and let no record lose its owner without gaining a pool."""
        if "company_id" in vals:
            self._pool_check_company()
        if {"active", "stage_id", "probability"} & vals.keys() or (
            vals.keys() & self._pool_rule_fields()
        ):
            self.sudo().filtered(lambda record: record.pool_state == "owned")._pool_refresh_due()
        if "user_id" in vals and not vals["user_id"]:
            self._pool_route()

    def _pool_check_company(self):
        """A record lies with the company of its pool, or that pool's rules would not be its own.

        :raise UserError: if one of these records has a home in another company
        """
        strays = self.sudo().filtered(lambda r: r.pool_id and not r._pool_company_fits())
        if strays:
            raise UserError(
                self.env._(
                    "%(record)s has its home in the pool %(pool)s of %(company)s, which stays its "
                    "company. A manager of the pool can take it out.",
                    record=strays[0].display_name,
                    pool=strays[0].pool_id.name,
                    company=strays[0].pool_id.company_id.name,
                )
            )

    def _pool_company_fits(self):
        """Whether the company of a record allows its home; one without a company is everybody's."""
        return not self.company_id or self.company_id == self.pool_id.company_id

    def _pool_close(self):
        """Weed out a record that came back too often."""
        self.with_context(pool_engine=ENGINE).action_archive()
