from collections import defaultdict

import numpy as np

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools.arguments import checked
from ..tools.win_points import learn, rates

BANDS = ((0, 20), (20, 40), (40, 60), (60, 80), (80, 100))


class LeadScoreProposal(models.Model):
    """Points of a scorecard's rules as the closed leads would set them, to be accepted or not."""

    _name = "lead.score.proposal"
    _description = "Learned Points"
    _order = "id desc"
    _rec_name = "card_id"

    card_id = fields.Many2one(
        "lead.score.card",
        string="Scorecard",
        required=True,
        ondelete="cascade",
        index=True,
        help="Scorecard whose rules are judged by what became of the leads.",
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        default=lambda self: self.env.company,
        help="The company whose closed leads are looked at.",
    )
    date = fields.Datetime(string="Learned on", readonly=True, help="When the points were learned.")
    lead_count = fields.Integer(
        string="Closed leads", readonly=True, help="Won and lost leads that the card judges."
    )
    rate = fields.Float(string="Win rate", readonly=True, help="In percent.")
    auc_before = fields.Float(
        string="AUC today",
        readonly=True,
        digits=(6, 3),
        help="How often a won lead has more points than a lost one, by the points of today.",
    )
    auc_after = fields.Float(
        string="AUC learned",
        readonly=True,
        digits=(6, 3),
        help="The same by the learned points, on leads that they were not learned from.",
    )
    loss_before = fields.Float(
        string="Log loss today",
        readonly=True,
        digits=(6, 4),
        help="How wrong the chances by today's points are on average. Lower is better.",
    )
    loss_after = fields.Float(
        string="Log loss learned",
        readonly=True,
        digits=(6, 4),
        help="How wrong the chances by the learned points are on average. Lower is better.",
    )
    verdict = fields.Text(
        compute="_compute_verdict", help="Whether the learned points are worth taking."
    )
    bands = fields.Json(
        readonly=True, help="By points of today, how many leads there were and how many were won."
    )
    band_text = fields.Text(
        string="Score and outcome",
        compute="_compute_band_text",
        help="How many of the leads with so many points, by the points of today, were won.",
    )
    line_ids = fields.One2many(
        "lead.score.proposal.line",
        "proposal_id",
        readonly=True,
        help="Points of today and learned points, rule by rule.",
    )

    @api.depends("date", "auc_before", "auc_after")
    @api.depends_context("lang")
    def _compute_verdict(self):
        for proposal in self:
            proposal.verdict = proposal.date and proposal._verdict()

    @api.depends("bands")
    @api.depends_context("lang")
    def _compute_band_text(self):
        for proposal in self:
            proposal.band_text = "\n".join(map(self._band_text, proposal.bands or ()))

    @checked()
    def action_learn(self):
        """Learn points from the closed leads that the card judges; changes no rule.

        :return: True
        :raise UserError: when there are too few closed leads, or no rules
        """
        self.check_access("write")
        for proposal in self:
            proposal._learn()
        return True

    @checked()
    def action_accept_all(self):
        """Give all rules the learned points; the card counts them once it is published.

        :return: True
        """
        self.line_ids.action_accept()
        return True

    @checked()
    def action_refuse_all(self):
        """Leave all rules as they are.

        :return: True
        """
        self.line_ids.action_refuse()
        return True

    def _learn(self):
        self.ensure_one()
        rules = self.card_id.rule_ids.filtered(lambda rule: rule.active and not rule.broken)
        if not rules:
            raise UserError(self.env._("The scorecard has no rules that count."))
        self.card_id._refuse_broken()
        ids, won, closed = self._closed_leads()
        least, versions = self.company_id.win_min_closed, self.env["lead.score.model"]
        if missing := versions._missing_text(int(won.sum()), int((1 - won).sum()), least):
            raise UserError(missing)
        matches = np.stack([self._matches(rule, ids, closed) for rule in rules], axis=1)
        points = np.array(rules.mapped("points"))
        learned, found = learn(matches, points, won), rates(matches, won)
        # Managers decide on lines, only learning removes them.
        self.line_ids.sudo().unlink()
        self.write(
            {
                "date": self.env.cr.now(),
                "lead_count": len(ids),
                "rate": 100 * float(won.mean()),
                "auc_before": learned["before"]["auc"],
                "auc_after": learned["after"]["auc"],
                "loss_before": learned["before"]["log_loss"],
                "loss_after": learned["after"]["log_loss"],
                "bands": self._bands(self._totals(rules, matches * points), won),
                "line_ids": [
                    (
                        0,
                        0,
                        {
                            "rule_id": rule.id,
                            "points_before": rule.points,
                            # What no closed lead matches, they say nothing about.
                            "points": new if one["count"] else rule.points,
                            "match_count": one["count"],
                            "rate": 100 * one["rate"],
                            "lift": one["lift"],
                        },
                    )
                    for rule, new, one in zip(rules, learned["points"], found, strict=True)
                ],
            }
        )

    def _closed_leads(self):
        """(ids, won as 0 or 1, closing times) of the closed leads that the card judges."""
        versions = self.env["lead.score.model"]
        domain = versions._closed_domain(self.company_id, self.company_id.win_window_days)
        domain &= self.env["lead.score.rule"]._parse(self.card_id.domain)
        if self.card_id.team_ids:
            domain &= Domain("team_id", "in", self.card_id.team_ids.ids)
        if self.card_id.company_id:
            domain &= Domain("company_id", "=", self.card_id.company_id.id)
        ids, _table, status, closed = versions._read_leads(domain, {})
        return ids, np.array([one == "won" for one in status], dtype=float), closed

    def _matches(self, rule, ids, closed):
        """1 for each lead to which the rule gives its points, else 0."""
        if rule.kind == "signal":
            return self._signal_matches(rule, ids, closed)
        leads = rule._lead_model()
        found = set(leads._search(Domain("id", "in", ids) & rule._parse(rule.domain)))
        return np.array([lead_id in found for lead_id in ids], dtype=float)

    def _signal_matches(self, rule, ids, closed):
        """A signal counts as it stood when the lead was closed, not what came afterwards."""
        rows = self.env.execute_query(
            SQL(
                "SELECT lead_id, date, coalesce(quantity, 1) FROM lead_score_event"
                " WHERE signal_id = %s AND lead_id = ANY(%s)",
                rule.signal_id.id,
                list(ids),
            )
        )
        events = defaultdict(list)
        for lead_id, date, quantity in rows:
            events[lead_id].append((date, float(quantity)))
        found = np.zeros(len(ids))
        for number, (lead_id, end) in enumerate(zip(ids, closed, strict=True)):
            start = fields.Datetime.subtract(end, days=rule.window_days or 36500)
            total = sum(many for date, many in events.get(lead_id, ()) if start <= date <= end)
            found[number] = total >= rule.frequency
        return found

    def _verdict(self):
        if self.auc_after - self.auc_before < 0.005:
            return self.env._("The points of today are as good as learned ones; keep them.")
        return self.env._(
            "Learned points tell won from lost better: %(after).1f%% of all pairs are in the right "
            "order instead of %(before).1f%%.",
            after=100 * self.auc_after,
            before=100 * self.auc_before,
        )

    def _totals(self, rules, given):
        """Points of each lead within the limits of the dimensions.

        :param given: what each lead gets by each of these rules, leads by rules
        """
        card, totals = self.card_id, np.zeros(len(given))
        for dimension, some in rules.grouped("dimension").items():
            places = [number for number, rule in enumerate(rules) if rule in some]
            limits = card[f"{dimension}_floor"], card[f"{dimension}_cap"]
            totals += np.clip(given[:, places].sum(axis=1), *limits)
        return totals

    def _bands(self, totals, won):
        """Per band of points, its limits, how many leads it had and what share of them was won."""
        totals, average, found = np.clip(totals, 0, 100), won.mean(), []
        for lower, upper in BANDS:
            hit = (totals >= lower) & ((totals < upper) | ((upper == 100) & (totals == 100)))
            if hit.any():
                rate = float(won[hit].mean())
                found.append(
                    {
                        "lower": lower,
                        "upper": upper,
                        "count": int(hit.sum()),
                        "rate": 100 * rate,
                        "lift": rate / float(average),
                    }
                )
        return found

    def _band_text(self, band):
        """One band in the reader's language; of early versions only the text was kept."""
        return band.get("text") or self.env._(
            "%(lower)s to %(upper)s points: %(count)s leads, %(rate).1f%% won, "
            "%(lift).2f times the average",
            **band,
        )
