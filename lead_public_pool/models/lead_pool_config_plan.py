from odoo import api, models

from ..tools.arguments import checked, flag
from ..tools.jobs import CONFLICTS
from .lead_pool_config import FORMAT, NAMED, PLAIN

RIGHT_TYPE = {"integer": int, "float": (int, float), "boolean": bool}
PARTS = {"rules": "lead.pool.rule", "members": "lead.pool.member"}


class LeadPoolConfigPlan(models.AbstractModel):
    """What an import of pools would do, told before it is done."""

    _name = "lead.pool.config.plan"
    _description = "Plan of an Import of Pools"

    @api.model
    @checked(update=flag)
    def pool_import_check(self, config, update=False):
        """Tell what `pool_import` would do with this, without doing it.

        :param dict config: see `pool_export`
        :param bool update: whether pools of the same name are changed instead of created anew
        :return: `pools`: one dict each with `name`, `action` (`create`, `change` or `same`) and
            `changes` (sentences); `unknown`: what would be left out; `errors`: what stands in the
            way, each with its place. With errors, nothing would be imported.
        :rtype: dict
        :raise AccessError: for anybody but administrators of the pools
        """
        self.check_access("create")
        plan = {"pools": [], "unknown": [], "errors": []}
        # What only the database can tell (a filter that cannot run, a number out of range) is
        # found by doing it, and taking it back.
        savepoint = self.env.cr.savepoint()
        try:
            plan["errors"] = self._plan_errors(config)
            if not plan["errors"]:
                plan["pools"] = [self._plan_pool(row, update) for row in config["pools"]]
                plan["unknown"] = self.pool_import(config, update=update)["messages"]
        except CONFLICTS:
            raise
        except Exception as error:
            # A file may hold anything; whatever is wrong with it is told, and no page breaks.
            plan["errors"].append(self._config_trouble(error))
        finally:
            savepoint.rollback()
            savepoint.close()
            self.env.invalidate_all()
            self.env.registry.clear_cache()
        return plan

    # ------------------------------------------------------------------
    # Errors
    # ------------------------------------------------------------------

    def _plan_errors(self, config):
        """What is wrong with the data itself, each with its place."""
        if not isinstance(config, dict) or config.get("format") != FORMAT:
            return [self.env._("This is no configuration of pools: “format” must be %s.", FORMAT)]
        rows = config.get("pools")
        if not isinstance(rows, list):
            return [self.env._("“pools” must be a list.")]
        errors = []
        for number, row in enumerate(rows, 1):
            place = self._plan_place("pools", number, row)
            if not isinstance(row, dict) or not isinstance(row.get("name"), str):
                errors.append(self.env._("%s: a name is missing.", place))
                continue
            errors += self._plan_value_errors("lead.pool", row, place)
            for part, model in PARTS.items():
                errors += self._plan_part_errors(part, model, row.get(part, []), place)
        return errors

    def _plan_part_errors(self, part, model, rows, place):
        if not isinstance(rows, list):
            return [self.env._("%(place)s: “%(key)s” must be a list.", place=place, key=part)]
        errors = []
        for number, row in enumerate(rows, 1):
            where = f"{place}, {self._plan_place(part, number, row)}"
            if isinstance(row, dict):
                errors += self._plan_value_errors(model, row, where)
            else:
                errors.append(self.env._("%s: this must be an object.", where))
        return errors

    def _plan_place(self, part, number, row):
        """Where something stands in the file: “pools 2 (New leads)”."""
        name = (row.get("name") or row.get("user_id")) if isinstance(row, dict) else None
        return f"{part} {number} ({name})" if name else f"{part} {number}"

    def _plan_value_errors(self, model, row, place):
        errors = []
        for key, value in row.items():
            field = self.env[model]._fields.get(key)
            if field is None or (key not in NAMED and field.type not in PLAIN):
                continue
            if wrong := self._plan_value_error(field, value):
                errors.append(
                    self.env._("%(place)s, “%(key)s”: %(wrong)s", place=place, key=key, wrong=wrong)
                )
        return errors

    def _plan_value_error(self, field, value):
        """Why a value cannot be one of this field, or None."""
        if field.name in NAMED or field.type in ("char", "text"):
            return self._plan_text_error(value)
        if field.type == "selection":
            keys = field.get_values(self.env)
            if value in keys or (value in (False, None) and not field.required):
                return None
            return self.env._(
                "%(value)r is none of %(keys)s.", value=value, keys=", ".join(map(str, keys))
            )
        if value in (False, None) and field.type != "boolean" and not isinstance(value, int):
            return None
        right = isinstance(value, RIGHT_TYPE[field.type])
        if field.type in ("integer", "float") and isinstance(value, bool):
            right = False
        if right:
            return None
        wanted = {
            "integer": self.env._("a whole number"),
            "float": self.env._("a number"),
            "boolean": self.env._("true or false"),
        }[field.type]
        return self.env._("%(value)r is not %(wanted)s.", value=value, wanted=wanted)

    def _plan_text_error(self, value):
        """Why a value is no text, nor the name of a record, or None."""
        if value is None or value is False or (isinstance(value, str) and "\0" not in value):
            return None
        text = self.env._("a text")
        return self.env._("%(value)r is not %(wanted)s.", value=value, wanted=text)

    # ------------------------------------------------------------------
    # Changes
    # ------------------------------------------------------------------

    def _plan_pool(self, row, update):
        pool = self._config_existing(row) if update else self.browse()
        if not pool:
            rules, members = (len(row.get(part, [])) for part in PARTS)
            text = self.env._("%(rules)s rules, %(members)s members", rules=rules, members=members)
            return {"name": row["name"], "action": "create", "changes": [text]}
        changes = self._plan_changes(pool, row)
        for rule_row in row.get("rules", []):
            rule = pool._config_existing_rule(rule_row)
            name = rule_row.get("name")
            if not rule:
                changes.append(self.env._("New rule: %s", name))
            else:
                changes += [f"{name}: {text}" for text in self._plan_changes(rule, rule_row)]
        for member_row in row.get("members", []):
            member = pool._config_existing_member(member_row)
            login = member_row.get("user_id")
            if not member:
                changes.append(self.env._("New member: %s", login))
            else:
                changes += [f"{login}: {text}" for text in self._plan_changes(member, member_row)]
        return {"name": row["name"], "action": "change" if changes else "same", "changes": changes}

    def _plan_changes(self, record, row):
        """What would be different in a record, in words."""
        now = self._config_plain(record)
        changes = []
        for key, value in row.items():
            if key in now and (now[key] or False) != (value or False):
                label = record._fields[key]._description_string(self.env)
                changes.append(
                    self.env._("%(label)s: %(old)s → %(new)s", label=label, old=now[key], new=value)
                )
        return changes
