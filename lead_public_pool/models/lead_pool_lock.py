from odoo import api, fields, models


class LeadPoolLock(models.AbstractModel):
    """Forms that show what may be read and not changed as what it is: read-only."""

    _name = "lead.pool.lock"
    _description = "Read-Only Forms of the Pool"

    pool_locked = fields.Boolean(
        string="Read-only for you",
        compute="_compute_pool_locked",
        groups="sales_team.group_sale_salesman",
        help="You may read it and not change it: it waits in a pool, or somebody else holds it.",
    )

    @api.depends("pool_state", "pool_id", "user_id")
    @api.depends_context("uid")
    def _compute_pool_locked(self):
        known = self._origin.filtered(lambda record: record.sudo().pool_state != "outside")
        locked = known - known._filtered_access("write")
        for record in self:
            record.pool_locked = record._origin in locked

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        """See `BaseModel._get_view`; the model stays the guard, this only says so beforehand."""
        arch, view = super()._get_view(view_id, view_type, **options)
        if view_type == "form" and arch.xpath("//field[@name='pool_locked']"):
            self._pool_lock_fields(arch)
            self._pool_lock_buttons(arch)
        return arch, view

    @api.model
    def _pool_lock_fields(self, arch):
        """Whatever could be edited on this form cannot while the record is locked."""
        for node in arch.xpath("//field[not(ancestor::field)]"):
            field = self._fields.get(node.get("name"))
            readonly = node.get("readonly")
            if readonly is None and field is not None and not field.readonly:
                node.set("readonly", "pool_locked")
            elif readonly not in (None, "1", "True", "true"):
                node.set("readonly", f"({readonly}) or pool_locked")

    @api.model
    def _pool_lock_buttons(self, arch):
        """Odoo's own buttons of the status bar would be refused; ours know when to show."""
        for node in arch.xpath("//header/button[not(starts-with(@name, 'action_pool_'))]"):
            invisible = node.get("invisible")
            if invisible not in ("1", "True", "true"):
                node.set(
                    "invisible", f"({invisible}) or pool_locked" if invisible else "pool_locked"
                )
