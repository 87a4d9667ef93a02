from datetime import datetime, time, timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..tools.arguments import checked, text
from ..tools.points import DIMENSIONS, TOP, cents, clamp, counted, remaining, whole
from .lead_score_acts import half_life

# So many leads are named in a refusal.
NAMED = 5
# So many rows of what it did and how its score changed are shown with a lead.
ROWS = 10


class CrmLead(models.Model):
    """Why a lead has its score, and who set it by hand.

    The arithmetic here is that of `tools.points` in Python, the one in `lead.score.judge` is the
    same in SQL; tests prove that they agree on every lead.
    """

    _name = "crm.lead"
    _inherit = ["crm.lead"]

    @checked(one=True)
    def score_explain(self):
        """What makes up the score of this lead.

        :return: lines as dicts; their `points` add up to the score exactly. Each has
            `kind` (`attribute`, `signal`, `inactivity`, `limit` of a dimension, `total` limit,
            `override` by hand, `stale` for what changed elsewhere since the score was worked out),
            `name`, `dimension` (or False), `dimension_name`, `points`, `full_points` (before
            anything faded), `rule_id` and `documents`: per event a dict with `event_id`, `date`,
            `name`, `ref`, `count`, `points`, `full_points` and `left` (percent not yet faded)
        :rtype: list[dict]
        """
        self.check_access("read")
        lead = self.sudo()
        card = lead._score_card()
        if not card:
            return []
        day = lead.score_day
        lines = lead._score_rule_lines(card, day)
        lines += lead._score_limit_lines(card[2], lines)
        total = sum(line["points"] for line in lines)
        if lead._score_is_held(day):
            lines.append(
                self._score_line(
                    "override",
                    self.env._("Set by hand: %s", lead.score_override_reason or ""),
                    cents(lead.score_override) - total,
                )
            )
            total = cents(lead.score_override)
        if total != cents(lead.score):
            name = self.env._("Something changed elsewhere since the score was worked out.")
            lines.append(self._score_line("stale", name, cents(lead.score) - total))
        labels = dict(
            self.env["lead.score.rule"]._fields["dimension"]._description_selection(self.env)
        )
        for line in lines:
            line["dimension_name"] = labels.get(line["dimension"], "")
            for part in (line, *line["documents"]):
                part["points"] /= 100
                part["full_points"] /= 100
        return self._score_name_documents(lines)

    @checked(one=True)
    def score_story(self):
        """What a person wants to see behind the score of this lead.

        :return: dict with `score`, `card` and `version`, `day`, `lines` (see `score_explain`),
            `formula` in words, and `history`: the last scores as (moment, score), oldest first
        """
        lines = self.score_explain()
        rows = self.env["lead.score.history"].search([("lead_id", "=", self.id)], limit=30)
        return {
            "score": self.score,
            "card": self.score_card_id.sudo().name,
            "version": self.score_card_version,
            "day": fields.Date.to_string(self.score_day),
            "lines": lines,
            "formula": self.score_card_id.sudo().formula,
            "history": [(fields.Datetime.to_string(row.date), row.score) for row in reversed(rows)],
        }

    @checked(one=True)
    def score_rows(self):
        """The last things that this lead did, and the last changes of its score.

        :return: dict with `events`: dicts with `id`, `date`, `name` of the signal and `quantity`;
            and `history`: dicts with `id`, `date`, `reason`, `qualification`, `note`,
            `score_before`, `score`, `grade` and `temperature`; the newest first
        """
        self.check_access("read")
        mine, last = [("lead_id", "=", self.id)], {"limit": ROWS, "order": "date desc, id desc"}
        events = self.env["lead.score.event"].search(mine, **last)
        history = self.env["lead.score.history"].search(mine, **last)
        labels = {
            name: dict(history._fields[name]._description_selection(self.env))
            for name in ("reason", "temperature", "qualification")
        }
        return {
            "events": [
                {
                    "id": event.id,
                    "date": fields.Datetime.to_string(event.date),
                    "name": event.signal_id.name,
                    "quantity": event.quantity,
                }
                for event in events
            ],
            "history": [
                {
                    "id": row.id,
                    "date": fields.Datetime.to_string(row.date),
                    "reason": labels["reason"].get(row.reason, ""),
                    "qualification": labels["qualification"].get(row.qualification, ""),
                    "note": row.note or "",
                    "score_before": row.score_before,
                    "score": row.score,
                    "grade": row.grade or "",
                    "temperature": labels["temperature"].get(row.temperature, ""),
                }
                for row in history
            ],
        }

    @api.model
    def _score_line(self, kind, name, points, dimension=False, **more):
        return {
            "kind": kind,
            "name": name,
            "dimension": dimension,
            "points": points,
            "full_points": points,
            "rule_id": False,
            "documents": [],
            **more,
        }

    def _score_card(self):
        """Card by which this lead was judged, as it was then, or None."""
        version = self.env["lead.score.card.version"].search(
            [
                ("card_id", "=", self.score_card_id.id),
                ("version", "=", self.score_card_version),
            ]
        )
        return version and (self.score_card_id.id, version.version, version.definition)

    def _score_is_held(self, day):
        until = self.score_override_until
        return self.score_override_set and (not until or until >= day)

    # ------------------------------------------------------------------
    # Lines, in cents
    # ------------------------------------------------------------------

    def _score_rule_lines(self, card, day):
        definition = card[2]
        attributes, behaviours = self.env["lead.score.judge"]._usable(definition)
        names = self._score_rule_names(definition)
        lines = [
            self._score_line(
                "attribute",
                names[rule["id"]],
                cents(rule["points"]),
                rule["dimension"],
                rule_id=rule["id"],
            )
            for rule in self._score_matching(attributes)
        ]
        end = datetime.combine(day + timedelta(days=1), time())
        events = (
            self.env["lead.score.event"]
            .search([("lead_id", "=", self.id), ("date", "<", end)])
            .sorted(lambda event: (event.date, event.id), reverse=True)
        )
        for rule in behaviours:
            line = self._score_signal_line(rule, definition, events, day, names[rule["id"]])
            if line["documents"]:
                lines.append(line)
        if line := self._score_inactivity_line(definition, events, day):
            lines.append(line)
        return lines

    def _score_rule_names(self, definition):
        """Names of rules in the user's language, or as published if they are gone."""
        rules = self.env["lead.score.rule"].with_context(active_test=False)
        known = rules.browse([rule["id"] for rule in definition["rules"]]).exists()
        names = {rule.id: rule.name for rule in known}
        return {rule["id"]: names.get(rule["id"], rule["name"]) for rule in definition["rules"]}

    def _score_matching(self, attributes):
        """The rules on fields that this lead matches."""
        if not attributes:
            return []
        judge = self.env["lead.score.judge"]
        conditions = [SQL("(%s) IS TRUE", judge._condition(rule["domain"])) for rule in attributes]
        [row] = self.env.execute_query(
            SQL("SELECT %s FROM crm_lead WHERE id = %s", SQL(", ").join(conditions), self.id)
        )
        return [rule for rule, matches in zip(attributes, row, strict=True) if matches]

    def _score_signal_line(self, rule, definition, events, day, name):
        window = rule["window_days"]
        ages = {event: max((day - event.date.date()).days, 0) for event in events}
        mine = [
            event
            for event in events
            if event.signal_id.id == rule["signal_id"] and (not window or ages[event] <= window)
        ]
        counts = counted(
            [event.quantity for event in mine],
            rule["frequency"],
            rule["repeat"],
            rule["max_count"],
        )
        documents = []
        for event, count in zip(mine, counts, strict=True):
            if count <= 0:
                continue
            left = remaining(definition["decay"], ages[event], half_life(rule, definition))
            points = whole(cents(rule["points"]) * count * left)
            documents.append(
                {
                    "event_id": event.id,
                    "date": fields.Datetime.to_string(event.date),
                    "name": event.signal_id.name,
                    "ref": event.ref or False,
                    "count": count,
                    "points": points,
                    "full_points": whole(cents(rule["points"]) * count),
                    "left": round(left * 100),
                }
            )
        return self._score_line(
            "signal",
            name,
            sum(document["points"] for document in documents),
            rule["dimension"],
            full_points=sum(document["full_points"] for document in documents),
            rule_id=rule["id"],
            documents=documents,
        )

    def _score_inactivity_line(self, definition, events, day):
        if not definition["inactivity_days"]:
            return None
        signals = self.env["lead.score.judge"]._signals()
        alive = [event.date for event in events if signals.get(event.signal_id.id)]
        idle = (day - max(alive, default=self.create_date).date()).days
        if idle < definition["inactivity_days"]:
            return None
        name = self.env._("Nothing happened for %s days or more", definition["inactivity_days"])
        points = -100 * definition["inactivity_points"]
        return self._score_line("inactivity", name, points, "negative")

    def _score_limit_lines(self, definition, lines):
        """What the limits of the dimensions and of the total take away or add."""
        limits, total = [], 0
        for dimension in DIMENSIONS:
            points = sum(line["points"] for line in lines if line["dimension"] == dimension)
            floor, cap = (definition[f"{dimension}_{end}"] * 100 for end in ("floor", "cap"))
            kept = clamp(points, floor, cap)
            total += kept
            if kept != points:
                text = (
                    self.env._("Counts at most %s points", cap / 100)
                    if kept == cap
                    else self.env._("Counts at least %s points", floor / 100)
                )
                limits.append(self._score_line("limit", text, kept - points, dimension))
        kept = clamp(total, 0, TOP)
        if kept != total:
            text = self.env._("A score lies between 0 and 100")
            limits.append(self._score_line("total", text, kept - total))
        return limits

    def _score_name_documents(self, lines):
        """Add the names of the documents that the user may read."""
        for line in lines:
            for document in line["documents"]:
                name, number = (document["ref"] or ",").split(",")
                if name not in self.env or self.env[name]._abstract or not number:
                    continue
                record = self.env[name].browse(int(number)).exists()
                if record and record.has_access("read"):
                    document["name"] = f"{document['name']}: {record.display_name}"
        return lines

    # ------------------------------------------------------------------
    # Set by hand
    # ------------------------------------------------------------------

    @checked(reason=text)
    def score_set(self, score, reason, until=None):
        """Set the score of these leads by hand; the counted score is kept beside it.

        :param float score: from 0 to 100
        :param str reason: why
        :param date until: last day on which it holds; for good if missing
        :return: True
        :raise UserError: if the score or the day is out of range, a reason is missing, or one of
            the leads is closed or judged by no scorecard; then no score is set
        """
        self.check_access("write")
        score, until = self._score_check_override(score, reason, until)
        self.env.flush_all()
        self.sudo()._score_update("refresh")
        self._score_check_judged()
        self._score_override_store(
            SQL(
                "override_set = true, override_score = %s, override_until = %s,"
                " override_reason = %s, override_user_id = %s",
                score,
                until,
                reason,
                self.env.uid,
            )
        )
        return True

    @checked()
    def score_unset(self):
        """Let the counted score of these leads hold again.

        :return: True
        """
        self.check_access("write")
        self.env.flush_all()
        self.sudo()._score_update("refresh")
        self._score_override_store(
            SQL(
                "override_set = false, override_score = NULL, override_until = NULL,"
                " override_reason = NULL, override_user_id = NULL"
            )
        )
        return True

    @api.model
    def _score_check_override(self, score, reason, until):
        number = isinstance(score, (int, float)) and not isinstance(score, bool)
        # A comparison with "not a number" is never true.
        if not (number and 0 <= score <= 100):
            raise UserError(self.env._("A score is a number from 0 to 100."))
        if not (isinstance(reason, str) and reason.strip()):
            raise UserError(self.env._("Say why the score is set by hand."))
        try:
            until = fields.Date.to_date(until) if until else None
        except (TypeError, ValueError, AttributeError) as error:
            raise UserError(self.env._("This is not a day: %s", until)) from error
        if until and until < self._score_today():
            raise UserError(self.env._("The last day on which the score holds is past."))
        return round(score, 2), until

    def _score_check_judged(self):
        closed = self.filtered(lambda lead: not lead.active or lead.won_status != "pending")
        if closed:
            names = ", ".join(closed[:NAMED].mapped("name"))
            raise UserError(self.env._("A closed lead keeps its score: %s", names))
        if unjudged := self.filtered(lambda lead: not lead.score_card_id):
            names = ", ".join(unjudged[:NAMED].mapped("name"))
            raise UserError(self.env._("No scorecard judges these leads: %s", names))

    def _score_override_store(self, changes):
        self.env.cr.execute(
            SQL(
                "UPDATE lead_score SET %s, next_date = %s WHERE id IN %s",
                changes,
                # To be looked at now, whatever the new values make of the score.
                self._score_today(),
                tuple(self.ids) or (0,),
            )
        )
        self._score_forget(self.ids)
        self.sudo()._score_update("override")
