import json
from contextlib import contextmanager
from pathlib import Path

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..tools.arguments import checked, flag
from ..tools.jobs import CONFLICTS

FORMAT = 1
PLAIN = {"char", "text", "integer", "float", "boolean", "selection"}
# Set by the machine, or about this database only.
LEFT_OUT = {"due_refresh", "due_refresh_after", "gain_count", "assign_credit", "version"}
# Records of other models are named by what people know them by.
NAMED = {
    "next_pool_id": "name",
    "target_pool_id": "name",
    "lost_reason_id": "name",
    "date_field_id": "name",
    "assign_score_field_id": "name",
    "user_id": "login",
}
QUICK_START = Path(__file__).parents[1] / "data" / "quick_start.json"


class LeadPoolConfig(models.AbstractModel):
    """Pools with their rules and members as data, to carry from one database to another."""

    _name = "lead.pool.config"
    _description = "Configuration of Pools as Data"

    @checked()
    def pool_export(self):
        """These pools with their rules and members, as plain data.

        :return: `{"format": 1, "pools": [...]}`, ready for JSON
        :rtype: dict
        :raise AccessError: for anybody but administrators of the pools
        """
        self.check_access("create")
        return {"format": FORMAT, "pools": [pool._config_values() for pool in self.sudo()]}

    @checked()
    def action_config_export(self):
        """Download these pools with their rules and members as a file.

        :return: URL action
        """
        return self.env["lead.pool.config.export"]._download(self)

    @api.model
    @checked(update=flag)
    def pool_import(self, config, update=False):
        """Create pools from what `pool_export` wrote. All or nothing.

        Members are found by their logins; who does not exist here is left out and reported.

        :param dict config: see `pool_export`
        :param bool update: change the pools of this company that have the same name and kind
            instead of creating them anew. Rules and members that the data does not name stay.
        :return: `{"ids": ids of the pools, "messages": what was left out}`
        :rtype: dict
        :raise UserError: if the data cannot be read, with the place
        """
        self.check_access("create")
        if not isinstance(config, dict) or config.get("format") != FORMAT:
            raise UserError(self.env._("This is no configuration of pools."))
        rows = config.get("pools")
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise UserError(self.env._("The configuration holds no pools."))
        if errors := self._plan_errors(config):
            raise UserError("\n".join(errors))
        messages, pools = [], self.browse()
        for row in rows:
            with self._config_reading(row):
                values = self._config_read(self.env["lead.pool"], row, messages)
                pool = self._config_existing(row) if update else self.browse()
                if pool:
                    pool.write(values)
                pools |= pool or self.create(values)
        # Only now do all the pools exist to which others refer.
        for pool, row in zip(pools, rows, strict=True):
            with self._config_reading(row):
                pool._config_link(row, messages)
        return {"ids": pools.ids, "messages": messages}

    @contextmanager
    def _config_reading(self, row):
        """Whatever is wrong with a pool of a file is said by its name."""
        try:
            yield
            # The database has its own limits, and has to be asked now.
            self.env.flush_all()
        except (*CONFLICTS, UserError):
            raise
        except Exception as error:
            raise ValidationError(
                self.env._(
                    "The pool %(name)s cannot be read: %(error)s",
                    name=row.get("name"),
                    error=self._config_trouble(error),
                )
            ) from error

    @api.model
    def _config_trouble(self, error):
        """What an exception says, in one line."""
        return (str(error).strip() or type(error).__name__).split("\n", maxsplit=1)[0]

    @api.model
    def action_quick_start(self):
        """Create the suggested pools for the current company.

        :return: window action of the pools
        :raise UserError: if the company has pools of this name already
        """
        config = json.loads(QUICK_START.read_text(encoding="utf-8"))
        names = [row["name"] for row in config["pools"]]
        there = self.search(
            [("company_id", "=", self.env.company.id), ("name", "in", names)], limit=1
        )
        if there:
            raise UserError(self.env._("The pool %s is there already.", there.name))
        pools = self.browse(self.pool_import(config)["ids"])
        for pool in pools:
            pool.member_ids = [fields.Command.create({"user_id": self.env.uid, "role": "manager"})]
        return self.env["ir.actions.actions"]._for_xml_id("lead_public_pool.lead_pool_action")

    # ------------------------------------------------------------------
    # Writing
    # ------------------------------------------------------------------

    def _config_values(self):
        values = self._config_plain(self)
        values["rules"] = [
            self._config_plain(rule) for rule in self.with_context(active_test=False).rule_ids
        ]
        # Who belongs to the pool by his team or by the filter on users comes with those.
        by_hand = self.member_ids.filtered(lambda member: member.origin == "user")
        values["members"] = [self._config_plain(member) for member in by_hand]
        return values

    @api.model
    def _config_plain(self, record):
        """Values of one record that mean the same in another database."""
        record = record.with_context(lang=None)
        values = {}
        for name, field in record._fields.items():
            if not field.store or field.readonly or name in LEFT_OUT or field.related:
                continue
            if name in NAMED:
                values[name] = record[name][NAMED[name]] or False
            elif field.type in PLAIN and not field.compute and name != "id":
                values[name] = record[name]
        return values

    # ------------------------------------------------------------------
    # Reading
    # ------------------------------------------------------------------

    @api.model
    def _config_read(self, model, row, messages):
        """Values for `create`: what the model knows; the rest is reported."""
        values = {}
        for name, value in row.items():
            if name in NAMED or name in ("rules", "members"):
                continue
            field = model._fields.get(name)
            if field is None or field.type not in PLAIN:
                messages.append(self.env._("Left out, because it is not known here: %s", name))
                continue
            values[name] = value
        return values

    def _config_link(self, row, messages):
        """Rules, members and references of a new pool."""
        pools = self.env["lead.pool"]
        own = [("company_id", "=", self.company_id.id)]
        self.write(self._config_named(row, pools, own, messages))
        for rule in row.get("rules", []):
            rules = self.env["lead.pool.rule"]
            values = {
                **self._config_read(rules, rule, messages),
                **self._config_named(rule, rules, own, messages),
                "pool_id": self.id,
            }
            self._config_write(self._config_existing_rule(rule), rules, values)
        for member in row.get("members", []):
            members = self.env["lead.pool.member"]
            named = self._config_named(member, members, [], messages)
            if named.get("user_id"):
                values = {
                    **self._config_read(members, member, messages),
                    **named,
                    "pool_id": self.id,
                }
                self._config_write(self._config_existing_member(member), members, values)

    def _config_write(self, record, model, values):
        if not record:
            model.create(values)
            return
        fixed = ("pool_id", "user_id")
        record.write({name: value for name, value in values.items() if name not in fixed})

    @api.model
    def _config_existing(self, row):
        """The pool of the current company that goes by the name and kind of a row."""
        return self.with_context(lang=None).search(
            [
                ("name", "=", row.get("name")),
                ("kind", "=", row.get("kind") or "lead"),
                ("company_id", "=", self.env.company.id),
            ],
            limit=1,
        )

    def _config_existing_rule(self, row):
        rules = self.with_context(active_test=False, lang=None).rule_ids
        return rules.filtered(lambda rule: rule.name == row.get("name"))[:1]

    def _config_existing_member(self, row):
        return self.member_ids.filtered(lambda member: member.user_id.login == row.get("user_id"))

    def _config_named(self, row, model, own, messages):
        """Records that the data names, as far as they exist here."""
        values = {}
        for name, key in NAMED.items():
            if name not in model._fields or not row.get(name):
                continue
            domain = [(key, "=", row[name])]
            comodel = model._fields[name].comodel_name
            if comodel == "lead.pool":
                domain += own
            elif comodel == "ir.model.fields":
                domain.append(("model", "=", self.model_name))
            found = self.env[comodel].search(domain, limit=1)
            if found:
                values[name] = found.id
            else:
                messages.append(
                    self.env._(
                        "%(pool)s: there is no %(what)s here.", pool=self.name, what=row[name]
                    )
                )
        return values
