from .common_win import TrainedCase


class TestWinChange(TrainedCase):
    """What changes between training and prediction stops nothing."""

    def test_a_field_that_came_back_with_another_type_counts_as_empty(self):
        lead = self._open_lead(source_id=self.referral.id)
        lead.win_refresh()
        said = lead.win_probability
        for kind in ("number", "age", "tags", "presence"):
            self.first.columns = {**self.first.columns, "source_id": kind}
            lead.source_id = self.fair
            lead.source_id = self.referral
            self._run("win_predict")
            self.assertLess(lead.win_probability, said)
            self.assertFalse(lead.win_is_stale)
            self.assertNotIn("Win referral", lead.win_reasons_up or "")
            self.assertIn("Source", self.first.missing_fields)

    def test_numbers_are_written_as_people_write_them(self):
        self.first.columns = {"expected_revenue": "number", "x_when": "age"}
        model = self.first.with_context(lang="en_US")

        def text(name, value, *limits):
            return model._value_text(
                {"name": name, "value": value, "kind": "range", "detail": limits}
            )

        self.assertEqual(text("expected_revenue", 3250000.0, None, 4e6),
                         "3,250,000 (less than 4,000,000)")  # fmt: skip
        self.assertEqual(text("expected_revenue", 2.5, 1.0, 10.0), "2.50 (1 to 10)")
        self.assertEqual(text("expected_revenue", 0.037, None, None), "0.037")
        self.assertEqual(text("x_when", 113.0, 100.0, None),
                         "113 days after the lead came (100 or more)")  # fmt: skip

    def test_a_lead_that_moves_to_a_company_without_a_version_shows_nothing(self):
        other = self.env["res.company"].create({"name": "No version"})
        lead = self._open_lead(source_id=self.referral.id)
        lead.win_refresh()
        self.assertTrue(lead.win_probability)
        lead.write({"company_id": other.id, "team_id": False, "user_id": False})
        self._run("win_predict")
        self.assertFalse(lead.win_model_id or lead.win_probability or lead.win_band)

    def test_the_first_version_of_the_settings_is_put_in_use(self):
        self.first.action_retire()
        self.assertTrue(self.first.action_promote(), "for what follows")
        self.assertTrue(self.first.action_promote(), "once more changes nothing")
        self.assertFalse(self.first.previous_id)
        action = self.models.action_train_now()
        self._run("win_train")
        second = self.models.browse(action["res_id"])
        self.assertEqual((second.is_first, second.state), (False, "challenger"))
        self.models.search([]).date_promoted = False
        self.first.action_retire()
        third = self.models.browse(self.models.action_train_now()["res_id"])
        self._run("win_train")
        self.assertEqual((third.is_first, third.state), (True, "champion"))
        self.assertIn("first one", third.reason)

    def test_a_version_that_is_deleted_while_it_is_trained_stops_nobody(self):
        model, other = self.models.create({}), self.models.create({})
        (model + other).action_train()
        read = type(self.models)._read_leads

        def delete(models, *args, **kwargs):
            model.exists().unlink()
            return read(models, *args, **kwargs)

        self.patch(type(self.models), "_read_leads", delete)
        self._run("win_train")
        self.assertFalse(model.exists())
        self.assertEqual(other.state, "challenger")
