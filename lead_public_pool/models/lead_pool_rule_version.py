from odoo import api, fields, models

from ..tools.arguments import checked

# What a version keeps of its rule, in the order in which it is read.
KEPT = (
    "pool_id",
    "clock",
    "date_field_id",
    "delay",
    "unit",
    "minimum_hours",
    "domain",
    "target_pool_id",
    "active",
)


class LeadPoolRuleVersion(models.Model):
    """What a rule said from one change to the next; written by the rule itself."""

    _name = "lead.pool.rule.version"
    _description = "Version of a Reclaim Rule"
    _order = "date_from desc, id desc"
    _allow_sudo_commands = False

    rule_id = fields.Many2one(
        "lead.pool.rule",
        readonly=True,
        ondelete="set null",
        index=True,
        help="The rule as it is today; empty if it has been deleted.",
    )
    rule_name = fields.Char(string="Name", readonly=True, help="How the rule was called.")
    pool_id = fields.Many2one(
        "lead.pool",
        readonly=True,
        ondelete="cascade",
        index=True,
        groups="sales_team.group_sale_salesman",
        help="Pool of the rule.",
    )
    company_id = fields.Many2one(related="pool_id.company_id", store=True)
    version = fields.Integer(
        readonly=True, aggregator=None, help="Number that the history names beside the rule."
    )
    date_from = fields.Datetime(
        string="Valid from", required=True, readonly=True, help="When the rule was set like this."
    )
    date_until = fields.Datetime(
        string="Valid until", readonly=True, help="When it was changed; empty for today's version."
    )
    effective_date = fields.Datetime(
        string="In force from",
        readonly=True,
        help="Until then this version took nothing back, so that salespeople could adapt.",
    )
    user_id = fields.Many2one(
        "res.users", string="Changed by", readonly=True, help="Who set the rule like this."
    )
    kept = fields.Json(readonly=True, help="The settings of the rule as they were.")
    text = fields.Text(
        string="What it says", compute="_compute_text", help="The whole rule in words."
    )
    changes = fields.Text(
        string="What changed",
        compute="_compute_changes",
        help="Each setting that differs from the version before, with the old and the new value.",
    )
    move_count = fields.Integer(
        string="Taken back",
        compute="_compute_move_count",
        help="Records that this version of the rule took back.",
    )

    _version_uniq = models.UniqueIndex(
        "(rule_id, version) WHERE rule_id IS NOT NULL",
        "This version has been written down already.",
    )

    @api.depends("rule_name", "version")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for version in self:
            version.display_name = self.env._(
                "%(rule)s, version %(version)s", rule=version.rule_name, version=version.version
            )

    @api.depends("kept")
    @api.depends_context("lang")
    def _compute_text(self):
        for version in self:
            version.text = "\n".join(
                f"{label}: {value}" for label, value in version._readable().values() if value
            )

    @api.depends("kept", "version", "rule_id")
    @api.depends_context("lang")
    def _compute_changes(self):
        before = {}
        for version in self.search([("rule_id", "in", self.rule_id.ids)]):
            before[version.rule_id, version.version] = version
        for version in self:
            former = before.get((version.rule_id, version.version - 1))
            version.changes = version._differences(former) if former else False

    def _compute_move_count(self):
        counts = dict(
            self.env["lead.pool.move"]._read_group(
                [("rule_version_id", "in", self.ids), ("kind", "=", "reclaim")],
                ["rule_version_id"],
                ["__count"],
            )
        )
        for version in self:
            version.move_count = counts.get(version, 0)

    @checked(one=True)
    def action_open_moves(self):
        """Open what this version took back.

        :return: window action
        """
        action = self.env["ir.actions.actions"]._for_xml_id(
            "lead_public_pool.lead_pool_move_action"
        )
        action["domain"] = [("rule_version_id", "=", self.id)]
        action["views"] = [(False, "list"), (False, "kanban"), (False, "form")]
        return action

    # ------------------------------------------------------------------
    # Writing
    # ------------------------------------------------------------------

    @api.model
    def _note(self, rules):
        """Write down what these rules say from now on."""
        now = self.env.cr.now()
        self._end(rules)
        self.sudo().create(
            [
                {
                    "rule_id": rule.id,
                    "rule_name": rule.name,
                    "pool_id": rule.pool_id.id,
                    "version": rule.version,
                    "date_from": now,
                    "effective_date": rule.effective_date,
                    "user_id": self.env.uid,
                    "kept": self._kept(rule),
                }
                for rule in rules.sudo()
            ]
        )

    @api.model
    def _end(self, rules):
        """What these rules said until now is no longer valid."""
        last = self.sudo().search([("rule_id", "in", rules.ids), ("date_until", "=", False)])
        last.date_until = self.env.cr.now()

    @api.model
    def _kept(self, rule):
        """Settings of a rule as plain values: names and keys, for the names may be gone later."""
        kept = {}
        for name in KEPT:
            field = rule._fields[name]
            value = rule[name]
            if field.type == "many2one":
                named = value.field_description if name == "date_field_id" else value.display_name
                value = named or False
            kept[name] = value
        return kept

    # ------------------------------------------------------------------
    # Reading
    # ------------------------------------------------------------------

    def _readable(self):
        """Label and value of each setting, in the language of the reader.

        :rtype: dict[str, tuple[str, str]]
        """
        self.ensure_one()
        kept, rules = self.kept or {}, self.env["lead.pool.rule"]
        readable = {}
        for name in KEPT:
            field = rules._fields[name]
            value = kept.get(name)
            if field.type == "selection":
                value = dict(field._description_selection(self.env)).get(value, value)
            elif field.type == "boolean":
                value = self.env._("yes") if value else self.env._("no")
            elif name == "domain":
                value = "" if value in (False, None, "[]") else value
            elif (
                name == "minimum_hours" and kept.get("clock") not in ("stage", "create", "field")
            ) or (name == "date_field_id" and kept.get("clock") != "field"):
                value = ""
            label = field._description_string(self.env)
            readable[name] = (label, str(value) if value not in (False, None) else "")
        return readable

    def _differences(self, former):
        """What differs from another version, a line for each setting."""
        old, new = former._readable(), self._readable()
        return "\n".join(
            self.env._(
                "%(label)s: %(old)s → %(new)s",
                label=label,
                old=old[name][1] or "–",
                new=value or "–",
            )
            for name, (label, value) in new.items()
            if old[name][1] != value
        )
