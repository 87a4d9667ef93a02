import base64
import json

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.arguments import checked


class LeadPoolConfigImport(models.TransientModel):
    """Pools from a file: seen first, then imported."""

    _name = "lead.pool.config.import"
    _inherit = ["lead.pool.dialog"]
    _description = "Import Pools"

    file = fields.Binary(
        required=True,
        attachment=False,
        help="A JSON file that was exported from pools, here or in another database.",
    )
    file_name = fields.Char(help="Name of the file that was chosen.")
    update = fields.Boolean(
        string="Update pools of the same name",
        default=True,
        help="Pools of this company that have the same name and kind take over the settings, "
        "rules and members of the file; what the file does not name stays. Otherwise all pools "
        "of the file are created anew.",
    )
    preview = fields.Html(readonly=True, help="What the import would create, change and leave out.")
    can_import = fields.Boolean(readonly=True, help="Whether the file can be imported.")

    @api.onchange("file", "update")
    def _onchange_check(self):
        """Show what the file would do, as soon as it is chosen."""
        given = {name: self[name] for name in ("file", "file_name", "update")}
        shown = self._check() if self.file else {"can_import": False, "preview": False}
        # Taking back the trial empties the cache, and a form not saved yet lives there alone.
        self._update_cache({**given, **shown}, validate=False)

    def _check(self):
        """Try the file, and take it back.

        :return: values of `can_import` and `preview`
        """
        try:
            plan = self.env["lead.pool"].pool_import_check(self._config(), self.update)
        except UserError as error:
            plan = {"pools": [], "unknown": [], "errors": [str(error)]}
        return {"can_import": not plan["errors"], "preview": self._render(plan)}

    @checked(one=True)
    def action_import(self):
        """Import the file.

        :return: window action of the pools that came in
        :raise UserError: if it cannot be read, with the place
        """
        config = self._config()
        if errors := self.env["lead.pool"].pool_import_check(config, self.update)["errors"]:
            raise UserError("\n".join(errors))
        answer = self.env["lead.pool"].pool_import(config, update=self.update)
        action = self.env["ir.actions.actions"]._for_xml_id("lead_public_pool.lead_pool_action")
        return {**action, "domain": [("id", "in", answer["ids"])]}

    def _config(self):
        """What the file says."""
        try:
            return json.loads(base64.b64decode(self.file).decode("utf-8-sig"))
        except json.JSONDecodeError as error:
            raise UserError(
                self.env._(
                    "Line %(line)s, column %(column)s: this is no valid JSON (%(error)s).",
                    line=error.lineno,
                    column=error.colno,
                    error=error.msg,
                )
            ) from error
        except (ValueError, RecursionError) as error:  # not UTF-8, not even base64, or a trap
            raise UserError(self.env._("This is no text file.")) from error

    def _render(self, plan):
        """The plan as a page."""
        titles = {
            "create": self.env._("New"),
            "change": self.env._("Changes"),
            "same": self.env._("Stays as it is"),
        }
        pools = Markup().join(
            Markup("<li><b>%s</b> (%s)%s</li>")
            % (pool["name"], titles[pool["action"]], self._bullets(pool["changes"]))
            for pool in plan["pools"]
        )
        parts = [Markup("<ul>%s</ul>") % pools] if pools else []
        if plan["unknown"]:
            title = self.env._("Unknown here, and left out:")
            parts.append(Markup("<p><b>%s</b></p>%s") % (title, self._bullets(plan["unknown"])))
        if plan["errors"]:
            title = self.env._("Nothing can be imported, because of this:")
            parts.insert(0, Markup("<p><b>%s</b></p>%s") % (title, self._bullets(plan["errors"])))
        return Markup().join(parts)

    def _bullets(self, sentences):
        if not sentences:
            return Markup()
        return Markup("<ul>%s</ul>") % Markup().join(
            Markup("<li>%s</li>") % sentence for sentence in sentences
        )
