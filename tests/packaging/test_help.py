"""Whoever points at a field or opens a menu is told what it is for."""

from odoo.models import MAGIC_COLUMNS
from odoo.tests import TransactionCase

from devkit import project

from ..common import requires, top_level

# Fields that every model has.
GIVEN = {*MAGIC_COLUMNS, "display_name"}


@top_level
class TestHelp(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        requires(cls.env, *project.addons())

    def test_every_field_has_a_help_text(self):
        ours, silent = set(project.addons()), []
        for model in self.env.registry.values():
            silent += [
                f"{model._name}.{name}"
                for name, field in model._fields.items()
                if field._modules and set(field._modules) <= ours
                if name not in GIVEN and not field.help
            ]
        self.assertFalse(sorted(silent))

    def test_every_action_has_a_text_for_the_empty_screen(self):
        data = self.env["ir.model.data"].search(
            [("module", "in", project.addons()), ("model", "=", "ir.actions.act_window")]
        )
        actions = self.env["ir.actions.act_window"].browse(data.mapped("res_id"))
        lists = actions.filtered(
            lambda action: action.target != "new" and not action.binding_model_id
        )
        self.assertFalse(lists.filtered(lambda action: not action.help).mapped("xml_id"))
