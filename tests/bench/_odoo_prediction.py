"""Odoo's own prediction on plain rows, as the peer of ours: `crm.lead` in Odoo 19, section PLS.

Frequency tables per team and field, 0.1 added to both counts of a value, unset and unknown values
skipped, factors multiplied, cut to 0.01 % and 99.99 %, rounded to two decimals. All leads are in
one stage, whose factor is therefore the same for all and the prior.
"""

from collections import defaultdict

import numpy as np

NO_TEAM = -1


class OdooPrediction:
    """The tables that Odoo fills when leads are won or lost.

    :param rows: list of dicts (field: value), unset values are None
    :param won: 0 or 1 for each row
    :param str team: field that stands for the team; None when all leads are of one team
    """

    def __init__(self, rows, won, team=None):
        self.team = team
        self.tables = defaultdict(lambda: defaultdict(lambda: defaultdict(lambda: [0.0, 0.0])))
        self.stage = defaultdict(lambda: [0.1, 0.1])
        for row, is_won in zip(rows, won, strict=True):
            table = row.get(team) if team else None
            self.stage[table][0 if is_won else 1] += 1
            for field, value in self._values(row):
                self.tables[table][field][str(value)][0 if is_won else 1] += 1
        self._smooth()
        self._add_up()

    def _values(self, row):
        return [(field, value) for field, value in row.items() if value and field != self.team]

    def _smooth(self):
        for fields in self.tables.values():
            for values in fields.values():
                for counts in values.values():
                    counts[0] += 0.1
                    counts[1] += 0.1

    def _add_up(self):
        """A lead without known team is measured by the sum of all teams."""
        whole = defaultdict(lambda: defaultdict(lambda: [0.0, 0.0]))
        for fields in list(self.tables.values()):
            for field, values in fields.items():
                for value, counts in values.items():
                    whole[field][value][0] += counts[0]
                    whole[field][value][1] += counts[1]
        self.tables[NO_TEAM] = whole
        self.stage[NO_TEAM] = [sum(counts) for counts in zip(*self.stage.values(), strict=True)]
        self.totals = {
            team: {
                field: [sum(counts) for counts in zip(*values.values(), strict=True)]
                for field, values in fields.items()
            }
            for team, fields in self.tables.items()
        }

    def predict(self, rows):
        """Probability of each row, between 0 and 1."""
        return np.array([self._probability(row) for row in rows])

    def _probability(self, row):
        team = row.get(self.team) if self.team else None
        if team not in self.tables:
            team = NO_TEAM
        won, lost = np.array(self.stage[team]) / sum(self.stage[team])
        for field, value in self._values(row):
            counts = self.tables[team].get(field, {}).get(str(value))
            if counts:
                total = self.totals[team][field]
                won *= counts[0] / total[0]
                lost *= counts[1] / total[1]
        return min(max(round(100 * won / (won + lost), 2), 0.01), 99.99) / 100
