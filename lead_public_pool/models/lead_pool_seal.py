from odoo import api, fields, models
from odoo.fields import Domain

from ..tools import mask
from .lead_pool_engine import RETURNS
from .lead_pool_visibility import SEALED


class LeadPoolSeal(models.AbstractModel):
    """What keeps a waiting record of a sealed or hidden pool from giving itself away."""

    _name = "lead.pool.seal"
    _description = "Sealed Pools"

    # Field with the name of the company that the window shows.
    _pool_masked_company = None

    pool_masked = fields.Json(
        string="What the window shows",
        compute="_compute_pool_masked",
        store=True,
        copy=False,
        groups="sales_team.group_sale_manager",
        help="What the window of a masked pool shows instead of the contact details of a record "
        "that lies in a pool.",
    )

    @api.depends(lambda self: ["pool_state", *self._pool_masked_fields()])
    def _compute_pool_masked(self):
        for record in self:
            record.pool_masked = record.pool_state == "pooled" and record._pool_masks()

    @api.model
    def _pool_masked_fields(self):
        """Fields in which contact details stand."""
        if not self._pool_masked_company:
            return []
        numbers = ("email_normalized", self._pool_email_field, "phone_sanitized", "phone")
        return ["name", "city", self._pool_masked_company, *numbers]

    def _pool_masks(self):
        """What may be shown of a record; a text without contact details is not repeated."""
        texts = {"name": self.name, "city": self.city, "company": self[self._pool_masked_company]}
        scrubbed = {key: mask.scrub(text) for key, text in texts.items() if text}
        return {
            **{key: shown for key, shown in scrubbed.items() if shown != texts[key]},
            "email": mask.email(self.email_normalized or self[self._pool_email_field]),
            "phone": mask.phone(self.phone_sanitized or self.phone),
        }

    @api.depends_context("uid")
    def _compute_display_name(self):
        """Names travel further than records: links, errors and answers show them in `sudo`.

        It names no field that it depends on: at uninstall, Odoo would delete the fields of other
        modules that build on a name along with ours. `_pool_apply` forgets the names instead.
        """
        super()._compute_display_name()
        hidden = self.env.user._pool_hidden_ids()
        if not hidden:
            return
        for record in self:
            if pool := record._pool_sealing(hidden):
                record.display_name = record._pool_masked_name(pool)

    def _pool_sealing(self, hidden):
        """Pool that hides this record from a user, empty if none does.

        :param hidden: ids of the pools hidden from him, see `res.users._pool_hidden_ids`
        """
        record = self.sudo()
        waits = record.pool_state == "pooled" and record.pool_id.id in hidden
        return record.pool_id if waits else record.pool_id.browse()

    def _pool_sealed(self, user=None):
        """Those of these records that a user may not read because they wait in a sealed pool."""
        hidden = (user or self.env.user)._pool_hidden_ids()
        return self.filtered(lambda record: record._pool_sealing(hidden)) if hidden else self[:0]

    def _pool_true_name(self):
        """Name of the record, whoever asks; for the ledger, which has rules of its own."""
        return self.sudo()[self._rec_name]

    def _pool_masked_name(self, pool):
        """Name of a sealed record as the window of its pool shows it."""
        name = self._pool_true_name()
        if pool.mask_name or pool.visibility == "hidden":
            return mask.text(name)
        return mask.scrub(name) if pool.mask_contact else name

    # ------------------------------------------------------------------
    # Claiming what one may not read
    # ------------------------------------------------------------------

    def _pool_visible(self):
        """Split these ids into records that the user reads or sees in the window, and the rest.

        :return: the records, and a result by id for what is foreign, hidden or deleted
        """
        readable, results = self._pool_readable()
        window = self._pool_in_window(self.browse(results))
        for record in window:
            del results[record.id]
        visible = {*readable._ids, *window._ids}
        return self.filtered(lambda record: record.id in visible), results

    @api.model
    def _pool_in_window(self, records):
        """Those records that the current user sees as entries, though he may not read them."""
        if not records or not self.env["lead.pool.entry"].has_access("read"):
            return records[:0]
        window = self.env.user._pool_window_ids(self.env.companies.ids)
        return (
            records.sudo()
            .exists()
            .filtered(
                lambda record: (
                    record.pool_state == "pooled"
                    and record.pool_id.id in window
                    and not record._pool_is_closed()
                )
            )
            .with_env(self.env)
        )

    def web_save(self, vals, specification, next_id=None):
        """See `BaseModel.web_save`; a form may save a record into a pool out of its own sight."""
        saved = super().web_save(vals, {}, next_id=next_id)
        records = self.browse(row["id"] for row in saved)
        if not self.env.su and (sealed := records._pool_sealed()):
            return [record._pool_blank(specification) for record in sealed]
        return records.with_context(bin_size=True).web_read(specification)

    def _pool_blank(self, specification):
        """An empty form of a record that went out of sight when it was saved."""
        many = {"one2many", "many2many"}
        blank = {
            name: [] if self._fields[name].type in many else False
            for name in specification
            if name in self._fields
        }
        return {**blank, "id": self.id}

    # ------------------------------------------------------------------
    # What a move leaves behind
    # ------------------------------------------------------------------

    def _pool_apply(self, kind, user, pool, **details):
        former = self.grouped("user_id")
        result = super()._pool_apply(kind, user, pool, **details)
        if kind == "undo":
            for owner, records in former.items():
                self.env["lead.pool.view"].sudo()._count_undone(owner, records)
        self.invalidate_model(["display_name"])
        if kind not in ("transfer", "leave"):
            for owner, records in former.items():
                if owner - user:
                    records._pool_drop_activities(owner)
        if user:
            self._pool_adopt_activities(user)
            return result
        for home, records in (
            self.filtered(lambda r: r.pool_state == "pooled").grouped("pool_id").items()
        ):
            cleared = kind in RETURNS and home.follower_policy == "internal"
            if home.visibility in SEALED or cleared:
                records._pool_seal_traces(records.ids, home)
        return result

    def _pool_merge(self, tail):
        """What the owners of merged records had planned is treated as if they had lost them."""
        former = tail.sudo().user_id
        result = super()._pool_merge(tail)
        survivor = self.sudo()
        if survivor.pool_id:
            for owner in former - survivor.user_id:
                survivor._pool_drop_activities(owner)
            if survivor.user_id:
                survivor._pool_adopt_activities(survivor.user_id)
        return result

    def _pool_adopt_activities(self, user):
        """Activities that were kept for the next owner are his now."""
        self._pool_activities(self.ids, Domain("user_id", "=", False)).write({"user_id": user.id})

    def _pool_drop_activities(self, owner):
        """What the former owner had planned is cancelled, or waits for the next one."""
        for pool, records in self.grouped("pool_id").items():
            activities = records._pool_activities(records.ids, Domain("user_id", "=", owner.id))
            pool._drop_activities(activities)

    @api.model
    def _pool_seal_traces(self, ids, pool, people=None):
        """Nobody who may not read these records follows them or has an activity on them.

        Customers with access to the portal do follow what is theirs.

        :param ids: ids of records that wait in the pool, or a query for them
        :param pool: their pool, sealed or hidden
        :param people: colleagues to look at, who may be none any more; none for everybody
            (`res.users`)
        """
        insiders = pool._insiders()
        if people is None:
            working = Domain("user_id", "!=", False) & Domain("user_id", "not in", insiders.ids)
            following = Domain("partner_id.user_ids.share", "=", False) & Domain(
                "partner_id", "not in", insiders.partner_id.ids
            )
        else:
            working = Domain("user_id", "in", (people - insiders).ids)
            following = Domain("partner_id", "in", (people - insiders).partner_id.ids)
        pool._drop_activities(self._pool_activities(ids, working))
        self.env["mail.followers"].sudo().search(
            following & Domain("res_model", "=", self._name) & Domain("res_id", "in", ids)
        ).unlink()

    @api.model
    def _pool_activities(self, ids, domain):
        """Open activities on these records."""
        return (
            self.env["mail.activity"]
            .sudo()
            .with_context(mail_activity_quick_update=True)
            .search(Domain("res_model", "=", self._name) & Domain("res_id", "in", ids) & domain)
        )

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------

    def _pool_next_view(self):
        """What a button shows next: the same view, or the list of what is mine if the record of
        the form has just gone out of sight.

        :return: action
        """
        if not self._pool_sealed():
            return {"type": "ir.actions.client", "tag": "soft_reload"}
        model = "crm_lead" if self._name == "crm.lead" else "res_partner"
        return self.env["ir.actions.actions"]._for_xml_id(f"lead_public_pool.{model}_action_owned")
