from odoo import api, models
from odoo.tools.misc import formatLang


class LeadScoreModelWording(models.AbstractModel):
    """Says in words, and in charts, what a version knows."""

    _name = "lead.score.model.wording"
    _description = "Wording of a Win Probability Model"

    def _field_labels(self):
        """Labels of the lead's fields in the user's language, by name."""
        return {
            name: values["string"]
            for name, values in self.env["crm.lead"].fields_get(None, ["string"]).items()
        }

    # ------------------------------------------------------------------
    # What became of it
    # ------------------------------------------------------------------

    @api.depends("date_trained", "algorithm", "figures")
    @api.depends_context("lang")
    def _compute_verdict(self):
        for model in self:
            model.verdict = model.date_trained and model._verdict()

    def _verdict(self):
        if self.algorithm == "base":
            return self.env._(
                "No better than the average: nothing that the leads tell predicts the outcome "
                "better than the share of all leads that is won. No probability is shown."
            )
        better = self.env._("Better than the average on leads that it had not seen.")
        if not (self.figures or {}).get("strong_recency"):
            return better
        recent = self.env._("Rates have changed lately, so recent leads weigh much more.")
        return f"{better} {recent}"

    @api.depends("remark")
    @api.depends_context("lang")
    def _compute_reason(self):
        for model in self:
            model.reason = model.remark and model._remark_text(**model.remark)

    def _remark_text(self, code, **facts):
        """What last happened to this version.

        :param str code: what
        :param facts: names and figures behind it
        """
        if code == "missing":
            missing = self._missing_text(**facts)
            one_class = bool(facts["won"]) != bool(facts["lost"])
            return f"{self._remark_text('one_class')} {missing}" if one_class else missing
        if "version" in facts:
            facts["version"] = self.env._("Version %s", facts["version"])
        return self._remarks()[code] % facts

    def _remarks(self):
        return {
            # Of early versions only the text was kept.
            "text": "%(text)s",
            "queued": self.env._("Waits for the job that trains."),
            "withdrawn": self.env._("Cancelled before the training began."),
            "cancelled": self.env._("Cancelled while it was trained."),
            "stopped": self.env._(
                "The server stopped the training %(count)s times, probably for its limits of time "
                "or memory. Choose fewer days or fields, or raise the limits."
            ),
            "error": self.env._("Something went wrong: %(text)s"),
            "one_class": self.env._(
                "All closed leads have the same outcome; there is nothing to learn."
            ),
            "empty": self.env._("There are no closed leads in these days."),
            "weekly": self.env._("Promoted by the weekly job."),
            "first": self.env._("It is the first one, and was put in use at once."),
            "promoted": self.env._("Promoted by %(user)s."),
            "decided": self.env._("Used by decision of %(user)s: %(reason)s"),
            "back": self.env._("Put back by %(user)s in place of %(version)s."),
            "retired": self.env._("Taken out of use."),
        }

    @api.depends("leaks")
    @api.depends_context("lang")
    def _compute_left_out(self):
        labels = self._field_labels()
        for model in self:
            model.left_out = "\n".join(
                # Of early versions only the text was kept.
                leak.get("text")
                or f"{labels.get(leak['name'], leak['name'])}: {self._leak_text(leak)}"
                for leak in model.leaks or ()
            )

    def _leak_text(self, leak):
        """Why a field is left out.

        :param dict leak: `why`, and the figures behind it
        """
        if leak["why"] == "alone":
            return self.env._(
                "It tells won from lost almost perfectly by itself (AUC %(auc).3f, the limit "
                "is %(limit).2f), so it probably knows the outcome.",
                auc=leak["auc"],
                limit=leak["limit"],
            )
        if leak["why"] == "closing":
            return self.env._(
                "Closed leads have it and open leads hardly ever: closing fills it in."
            )
        return self.env._(
            "%(share).0f%% of its values came when the lead was closed, or later.",
            share=100 * leak["share"],
        )

    # ------------------------------------------------------------------
    # Reasons of a prediction
    # ------------------------------------------------------------------

    def _reason_texts(self, reasons, least):
        """Reasons of `WinModel.explain` for a person; weak ones are dropped.

        :return: list of dicts with `field`, `text`, `points`
        """
        labels = self._field_labels()
        found = []
        for reason in reasons:
            if abs(reason["points"]) < max(least, 0.05):
                continue
            label = labels.get(reason["name"], reason["name"])
            found.append(
                {
                    "field": reason["name"],
                    "points": reason["points"],
                    "text": self.env._(
                        "%(field)s: %(value)s (%(points)+.1f points)",
                        field=label,
                        value=self._value_text(reason),
                        points=reason["points"],
                    ),
                }
            )
        return found

    def _value_text(self, reason):
        """The value behind a reason, as a salesperson knows it."""
        kind, detail = reason["kind"], reason["detail"]
        if kind == "missing":
            return self.env._("empty")
        if kind == "range":
            return self._range_text(reason["name"], reason["value"], *detail)
        if kind in ("tag", "no_tag"):
            name = self._relation_name(reason["name"], detail[0])
            return name if kind == "tag" else self.env._("without %s", name)
        value = reason["value"] if kind in ("other", "unknown") else detail[0]
        text = self._choice_text(reason["name"], value)
        if kind == "unknown":
            return self.env._("%s (unknown value)", text)
        return self.env._("%s (rare)", text) if kind == "other" else text

    def _range_text(self, name, value, lower, upper):
        """A number, and the range in which the model puts it."""
        if not isinstance(value, int | float):
            return "?"
        number = self._number_text(value)
        if (self.columns or {}).get(name) == "age":
            number = self.env._("%s days after the lead came", number)
        if lower is None and upper is None:
            return number
        return self.env._(
            "%(value)s (%(range)s)", value=number, range=self._range_label(lower, upper)
        )

    def _range_label(self, lower, upper):
        if lower is None and upper is None:
            return self.env._("filled in")
        lower, upper = (
            limit if limit is None else self._number_text(limit) for limit in (lower, upper)
        )
        if lower is None:
            return self.env._("less than %s", upper)
        if upper is None:
            return self.env._("%s or more", lower)
        return self.env._("%(lower)s to %(upper)s", lower=lower, upper=upper)

    def _number_text(self, value):
        """A number in the reader's language; of a small one, the first digits."""
        if 0 < abs(value) < 1:
            return f"{value:.2g}"
        return formatLang(self.env, value, digits=0 if abs(value) >= 100 else 2).removesuffix(
            self._lang_decimals()
        )

    def _lang_decimals(self):
        """What a whole number ends with when it is written with two decimals."""
        return formatLang(self.env, 0.0, digits=2).removeprefix("0")

    def _choice_text(self, name, value):
        field = self.env["crm.lead"]._fields.get(name)
        kind = (self.columns or {}).get(name)
        if field is None or value is None:
            return str(value)
        if kind in ("title", "email", "presence", "boolean"):
            return self._words().get((kind, value), str(value))
        if field.type == "selection":
            return str(dict(field._description_selection(self.env)).get(value, value))
        if field.type == "many2one":
            return self._relation_name(name, value)
        return self._spelling(name, str(value))

    def _spelling(self, name, value):
        """A text as people mostly write it, as far as that was noted when the model learned."""
        rows = (self.sudo().value_rates or {}).get(name, ())
        return next(
            (row["text"] for row in rows if row["detail"] == [value] and "text" in row), value
        )

    def _relation_name(self, name, value):
        field = self.env["crm.lead"]._fields.get(name)
        if field is None or not str(value).isdigit():
            return str(value)
        # The name of a source or team is no secret of the record.
        record = self.env[field.comodel_name].sudo().browse(int(value)).exists()
        return record.display_name if record else self.env._("deleted (%s)", value)

    @api.model
    def _words(self):
        return {
            ("boolean", "yes"): self.env._("yes"),
            ("boolean", "no"): self.env._("no"),
            ("presence", "filled"): self.env._("filled in"),
            ("email", "free"): self.env._("free mailbox"),
            ("email", "company"): self.env._("address of a company"),
            ("email", "invalid"): self.env._("not a valid address"),
            ("title", "assistant"): self.env._("assistant"),
            ("title", "student"): self.env._("student"),
            ("title", "owner"): self.env._("owner or founder"),
            ("title", "executive"): self.env._("top management"),
            ("title", "director"): self.env._("director"),
            ("title", "manager"): self.env._("manager"),
            ("title", "self_employed"): self.env._("self-employed"),
            ("title", "not_working"): self.env._("not working"),
            ("title", "other"): self.env._("another position"),
        }

    @api.model
    def _status_lines(self, company):
        """What the settings say: the version in use, the last one, what is missing."""
        lines = []
        champion = self._champion_of(company)
        if champion.file_error:
            lines.append(champion.file_error)
        elif champion:
            lines.append(
                self.env._(
                    "%(version)s is in use: AUC %(auc).3f, log loss %(loss).3f, learned from "
                    "%(count)s leads.",
                    version=champion.name,
                    auc=champion.auc,
                    loss=champion.log_loss,
                    count=champion.lead_count,
                )
            )
        else:
            lines.append(self.env._("No version is in use; leads show no win probability."))
        last = self.search([("company_id", "=", company.id)], limit=1, order="id desc")
        if last and last != champion:
            state = dict(self._fields["state"]._description_selection(self.env))[last.state]
            reason = " ".join(filter(None, (last.verdict, last.reason)))
            lines.append(
                self.env._("Latest version: %(state)s. %(reason)s", state=state, reason=reason)
            )
        counts = self._closed_counts(company, company.win_window_days)
        lines.append(
            self._missing_text(*counts, company.win_min_closed)
            or self.env._(
                "There is enough to learn from: %(won)s won and %(lost)s lost leads.",
                won=counts[0],
                lost=counts[1],
            )
        )
        return lines

    # ------------------------------------------------------------------
    # Charts
    # ------------------------------------------------------------------

    def _charts(self, report, shown, peer, importance):
        """What the form draws: calibration, gains, contributions of the fields."""
        labels = self._field_labels()
        return {
            "calibration": {"ours": shown["calibration"], "odoo": (peer or {}).get("calibration")},
            "gains": {"ours": shown["gains"], "odoo": (peer or {}).get("gains")},
            "fields": [
                {"name": name, "label": labels.get(name, name), "value": value}
                for name, value in sorted(importance.items(), key=lambda item: -item[1])[:15]
                if value >= 0.005
            ],
            "is_newest": bool(report["newest"]),
        }

    def _chart_data(self):
        """The charts with the labels of the fields in the reader's language."""
        labels, charts = self._field_labels(), dict(self.charts or {})
        charts["fields"] = [
            {**bar, "label": labels.get(bar.get("name"), bar["label"])}
            for bar in charts.get("fields", ())
        ]
        return charts

    def _value_rows(self):
        """What each value has meant: how often leads had it, and how many of them were won.

        :return: list of dicts with `label` of the field and `values`: dicts with `label`, `count`
            of leads, `rate` in percent and `lift` over the average; fields that move the
            probability most come first
        """
        rates, labels = self.value_rates or {}, self._field_labels()
        average = (self.rate or 0) / 100
        names = [bar["name"] for bar in (self.charts or {}).get("fields", ()) if "name" in bar]
        return [
            {
                "label": labels.get(name, name),
                "values": [
                    {
                        "label": self._value_label(name, row),
                        "count": row["count"],
                        "rate": 100 * row["won"] / row["count"],
                        "lift": row["won"] / row["count"] / average if average else 0,
                    }
                    for row in rates[name]
                ],
            }
            for name in names
            if name in rates
        ]

    def _value_label(self, name, row):
        if row["kind"] == "range":
            return self._range_label(*row["detail"])
        if row["kind"] == "other":
            return self.env._("all rarer values")
        return self._value_text({"name": name, "value": None, **row})

    @api.model
    def _figure_rows(self, figures):
        """Rows of the table of figures: ours, Odoo's, and the candidates.

        :return: list of dicts with `label` and the figures
        """
        names = dict(self._fields["algorithm"]._description_selection(self.env))
        rows = []
        if figures.get("newest"):
            rows.append({"label": self.env._("This model, newest fifth"), **figures["newest"]})
        if figures.get("cross"):
            rows.append({"label": self.env._("This model, cross-validated"), **figures["cross"]})
        if figures.get("odoo"):
            rows.append({"label": self.env._("Odoo's own, same leads"), **figures["odoo"]})
        for candidate in figures.get("candidates", ()):
            label = names.get(candidate["name"], candidate["name"])
            rows.append({"label": self.env._("Candidate: %s", label), **candidate})
        return rows
