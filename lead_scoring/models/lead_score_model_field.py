from odoo import api, fields, models

# What closing a lead, or working it towards the end, fills in: it knows the outcome.
OUTCOME = {
    "active",
    "automated_probability",
    "date_automation_last",
    "date_closed",
    "date_conversion",
    "date_deadline",
    "date_last_stage_update",
    "date_open",
    "day_close",
    "day_open",
    "duration_tracking",
    "lost_reason_id",
    "partner_id",
    "priority",
    "probability",
    "prorated_revenue",
    "recurring_revenue_monthly_prorated",
    "recurring_revenue_prorated",
    "stage_id",
    "won_status",
}
# Of the addon itself, of other addons that follow a lead to its end, or without any meaning.
OUTCOME_PREFIXES = ("lead_win", "lifecycle_", "pool_", "qualification", "score", "win_")
MEANINGLESS = {
    "color",
    "company_id",
    "create_date",
    "create_uid",
    "email_cc",
    "email_domain_criterion",
    "email_normalized",
    "id",
    "lead_properties",
    "message_bounce",
    "message_main_attachment_id",
    "name",
    "phone_sanitized",
    "recurring_revenue_monthly",
    "write_date",
    "write_uid",
}
# Chosen unless somebody chooses otherwise; so are all fields that the company made itself.
USUAL = {
    "campaign_id",
    "city",
    "contact_name",
    "country_id",
    "description",
    "email_from",
    "email_state",
    "expected_revenue",
    "function",
    "lang_id",
    "medium_id",
    "partner_name",
    "phone",
    "phone_state",
    "recurring_revenue",
    "referred",
    "source_id",
    "state_id",
    "tag_ids",
    "team_id",
    "type",
    "website",
}
# Only whether these are filled in says something.
PRESENCE = {
    "contact_name",
    "partner_name",
    "phone",
    "street",
    "street2",
    "website",
}
KINDS = {
    "boolean": "boolean",
    "selection": "category",
    "many2one": "category",
    "integer": "number",
    "float": "number",
    "monetary": "number",
    "date": "age",
    "datetime": "age",
    "many2many": "tags",
    "text": "presence",
    "html": "presence",
}


class LeadScoreModelField(models.Model):
    """A field of the lead that a win probability may learn from, to be chosen by a sales manager.

    A list of our own, because fields themselves are for administrators only.
    """

    _name = "lead.score.model.field"
    _description = "Field to Learn From"
    _order = "is_usual desc, name"
    _rec_name = "label"

    name = fields.Char(
        required=True,
        readonly=True,
        string="Technical name",
        help="Name of the field in the database.",
    )
    label = fields.Char(
        compute="_compute_label",
        search="_search_label",
        help="The field as it is called on the lead.",
    )
    is_usual = fields.Boolean(
        string="Usual",
        readonly=True,
        help="Looked at unless a selection is made. So are fields that your company made.",
    )

    _name_unique = models.UniqueIndex("(name)", "The field is in the list already.")

    @api.depends("name")
    def _compute_label(self):
        known = self.env["crm.lead"].fields_get(self.mapped("name"), ["string"])
        for record in self:
            record.label = known.get(record.name, {}).get("string") or record.name

    def _search_label(self, operator, value):
        if operator == "in":
            labels = self.env["crm.lead"].fields_get(None, ["string"]).items()
            return [("name", "in", [name for name, kept in labels if kept["string"] in value])]
        if operator not in ("ilike", "=ilike", "like", "=like"):
            return NotImplemented
        wanted = (value or "").lower().strip("%")
        names = [
            name
            for name, values in self.env["crm.lead"].fields_get(None, ["string"]).items()
            if wanted in values["string"].lower() or wanted in name
        ]
        return [("name", "in", names)]

    @api.model
    def _refresh(self):
        """Bring the list up to date with the fields that leads have now."""
        possible = {
            name: self._is_usual(field)
            for name, field in self.env["crm.lead"]._fields.items()
            if self._kind_of(field) and name not in MEANINGLESS
        }
        known = self.search([("name", "!=", False)])
        known.filtered(lambda record: record.name not in possible).unlink()
        missing = possible.keys() - set(known.mapped("name"))
        self.create([{"name": name, "is_usual": possible[name]} for name in sorted(missing)])

    @api.model
    def _is_usual(self, field):
        made_here = bool(field.manual) and not self._knows_outcome(field.name)
        return field.name in USUAL or made_here

    @api.model
    def _kind_of(self, field):
        """How the values of a field are read, None when they cannot be."""
        if not field.store or field.name in OUTCOME or self._knows_outcome(field.name):
            return None
        if field.type == "char":
            return self._kind_of_text(field.name)
        if field.type != "many2many" and not field.column_type:
            return None
        if field.company_dependent:
            return None
        return KINDS.get(field.type)

    @api.model
    def _kind_of_text(self, name):
        if name in PRESENCE:
            return "presence"
        if name == "function" or "job" in name:
            return "title"
        if name.startswith("email"):
            return "category" if name == "email_state" else "email"
        return "category"

    @api.model
    def _knows_outcome(self, name):
        return name in OUTCOME or name.startswith(OUTCOME_PREFIXES)
