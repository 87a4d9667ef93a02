"""9,240 real leads teach a win probability: imported, closed, trained, promoted, explained."""

from unittest import SkipTest

import pytest

from odoo import Command
from odoo.tests import TransactionCase

from devkit import leads as importer

from ..bench._win_data import X_LEAKS
from ..common import data_file, requires, top_level

# The columns of the file that are fields of a lead already.
KNOWN = {"Lead Source": "source_id", "Lead Origin": "medium_id"}
NUMBERS = {"TotalVisits", "Total Time Spent on Website", "Page Views Per Visit"}
LEAKY = "Lead Quality"
BATCH = 1000


@top_level
class TestScoreTraining(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        requires(cls.env, "lead_scoring")
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": True})
        try:
            cls.rows = importer.read(data_file("x_education_leads.csv"))[1]
        except SkipTest as reason:
            pytest.skip(str(reason))
        cls.company = cls.env["res.company"].create({"name": "X Education"})
        cls.env.user.write(
            {"company_ids": [Command.link(cls.company.id)], "company_id": cls.company.id}
        )

    def test_train_use_explain(self):
        """The steps stand on each other, so they are one test."""
        leads = self._import()
        self._close(leads)
        self._train()
        lead = self._predict(leads)
        self._explain(lead)

    def _import(self):
        """Through `load`, as Odoo's importer does, into fields that a company made for itself."""
        columns = [c for c in self.rows[0] if c not in X_LEAKS | {"Converted"}] + [LEAKY]
        names = KNOWN | self._fields_for([column for column in columns if column not in KNOWN])
        spelled = {
            column: importer.known_names(
                self.env[self.env["crm.lead"]._fields[field].comodel_name],
                [importer.answer(row, column) for row in self.rows],
            )
            for column, field in KNOWN.items()
        }
        ids = []
        for start in range(0, len(self.rows), BATCH):
            part = [
                [
                    f"Lead {row['Lead Number']}",
                    *(self._value(row, column, spelled) for column in names),
                ]
                for row in self.rows[start : start + BATCH]
            ]
            result = (
                self.env["crm.lead"]
                .with_context(import_file=True, default_company_id=self.company.id)
                .with_company(self.company)
                .load(["name", *names.values()], part)
            )
            self.assertFalse(result["messages"])
            ids += result["ids"]
        leads = self.env["crm.lead"].browse(ids)
        self.env.cr.execute(
            "UPDATE crm_lead SET company_id = %s WHERE id = ANY(%s)", [self.company.id, ids]
        )
        self.env.invalidate_all()
        return leads

    def _fields_for(self, columns):
        """Fields that a company would make for these columns, by column."""
        names = {
            column: "x_" + "".join(c if c.isalnum() else "_" for c in column.lower())[:50]
            for column in columns
        }
        self.env["ir.model.fields"].create(
            [
                {
                    "name": name,
                    "field_description": f"X {column}",
                    "model_id": self.env["ir.model"]._get_id("crm.lead"),
                    "ttype": "float" if column in NUMBERS else "char",
                }
                for column, name in names.items()
            ]
        )
        return names

    def _value(self, row, column, spelled):
        value = importer.answer(row, column)
        return spelled[column].get(value.lower(), "") if column in spelled else value

    def _close(self, leads):
        """Won and lost as the file says; the last 240 stay open, to be predicted."""
        stage = self.env["crm.stage"].search([("is_won", "=", True)], limit=1)
        won = [
            lead.id
            for lead, row in zip(leads[:-240], self.rows, strict=False)
            if row["Converted"] == "1"
        ]
        lost = set(leads[:-240].ids) - set(won)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_lead SET probability = 100, won_status = 'won', stage_id = %s,"
            " date_closed = now() AT TIME ZONE 'UTC' WHERE id = ANY(%s)",
            [stage.id, won],
        )
        self.env.cr.execute(
            "UPDATE crm_lead SET probability = 0, won_status = 'lost', active = false,"
            " date_closed = now() AT TIME ZONE 'UTC' WHERE id = ANY(%s)",
            [list(lost)],
        )
        self.env.invalidate_all()

    def _train(self):
        self.env["crm.lead"]._rebuild_pls_frequency_table()
        settings = self.env["res.config.settings"].create({"company_id": self.company.id})
        self.assertIn("There is enough to learn from: ", settings.win_status)
        action = settings.action_win_train()
        model = self.env["lead.score.model"].browse(action["res_id"])
        self.assertEqual(model.state, "queued")
        self._run("win_train")
        self.assertEqual(model.state, "champion", model.reason)
        self.assertEqual(model.lead_count, 9000)
        self.assertGreaterEqual(model.auc, 0.9)
        self.assertLessEqual(model.calibration_error, 0.03)
        self.assertGreater(model.auc, model.figures["odoo"]["auc"])

    def _predict(self, leads):
        opened = leads[-240:]
        before = opened.mapped(lambda lead: (lead.probability, lead.automated_probability))
        self._run("win_predict")
        self.assertEqual(set(opened.mapped("win_model_id.state")), {"champion"})
        won = [row["Converted"] == "1" for row in self.rows[-240:]]
        said = opened.mapped("win_probability")
        winners = [one for one, real in zip(said, won, strict=True) if real]
        losers = [one for one, real in zip(said, won, strict=True) if not real]
        self.assertGreater(sum(winners) / len(winners), 2 * sum(losers) / len(losers))
        after = opened.mapped(lambda lead: (lead.probability, lead.automated_probability))
        self.assertEqual(before, after)
        return opened.sorted("win_probability")[-1]

    def _explain(self, lead):
        self.assertEqual(lead.win_band, "high")
        reasons = lead.win_explain()[0]["reasons"]
        self.assertGreaterEqual(len([one for one in reasons if one["points"] > 0]), 2)
        self.assertIn(reasons[0]["text"], lead.win_reasons_up.split("\n"))

    def _run(self, name):
        with self.enter_registry_test_mode():
            self.env.ref(f"lead_scoring.ir_cron_{name}").method_direct_trigger()
        self.env.invalidate_all()
