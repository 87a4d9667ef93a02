"""Writes spreadsheet dashboards: the JSON files that Odoo's Dashboards app shows.

A dashboard is described in `dev/dashboards/<addon>.py`; `dev/dashboard` writes it to
`<addon>/data/files/<name>_dashboard.json`. Ids follow from the order of things, so that the file
changes only where the description does.
"""

import json

FORMAT_VERSION = "18.5.10"  # of Odoo 19.0's own dashboard files; Odoo carries older ones over
WIDTH = 1000
GAP = 10
ROW_HEIGHT = 23
HEADER_HEIGHT = 60  # room for a long name on three lines
CARD_HEIGHT = 100
CHART_HEIGHT = 300
DATA_SHEET = "Data"
COLOURS = ("#EFF6FF", "#FFF7ED", "#ECFDF5", "#FEF2F2", "#F5F3FF", "#F8FAFC")


class Source:
    """A model to read from, and by which of its fields each filter narrows it.

    :param str model: name of the model
    :param dict filters: filter label -> field, also one reached over others (`pool_id.team_id`)
    :param list domain: what is always read
    """

    def __init__(self, model, filters, domain=()):
        self.model, self.filters, self.domain = model, filters, list(domain)

    def where(self, *conditions):
        """The same source, narrowed."""
        return Source(self.model, self.filters, [*self.domain, *conditions])


class Dashboard:
    """A sheet that grows downwards: cards, charts and tables in the order they are added."""

    def __init__(self):
        self.filters, self.figures, self.menus = {}, [], {}
        self.pivots, self.lists = {}, {}
        self.cells, self.data, self.styles, self.borders = {}, {}, {}, {}
        self.top = GAP  # in pixels
        self.columns, self.rows = {}, {}

    # ------------------------------------------------------------------
    # Filters
    # ------------------------------------------------------------------

    def date_filter(self, label, default="last_90_days"):
        """Filter on a period; `default` is one of the periods that Odoo offers."""
        self.filters[label] = {"id": _id(label), "type": "date", "label": label}
        if default:
            self.filters[label]["defaultValue"] = default

    def relation_filter(self, label, model):
        """Filter on records of a model."""
        self.filters[label] = {
            "id": _id(label),
            "type": "relation",
            "label": label,
            "modelName": model,
            "defaultValueDisplayNames": [],
        }

    # ------------------------------------------------------------------
    # What is seen
    # ------------------------------------------------------------------

    def cards(self, *cards):
        """A row of key figures.

        :param cards: dictionaries with `title`, `source`, `menu` (what a click opens), and
            optionally `measure` (`field:aggregator`, default: number of rows), `digits`, and
            `compare=False` for what is now, whatever the period
        """
        width = (WIDTH - GAP * (len(cards) - 1)) // len(cards)
        for number, card in enumerate(cards):
            self._card(card, number * (width + GAP), width, COLOURS[number % len(COLOURS)])
        self.top += CARD_HEIGHT + GAP

    def charts(self, *charts):
        """A row of charts.

        :param charts: dictionaries with `title`, `kind` (`bar`, `line`, `pie`), `source`, `by`
            (fields to group by) and optionally `measure`, `stacked`, `action` (what a click
            opens), `order` (`ASC` or `DESC` by measure)
        """
        width = (WIDTH - GAP * (len(charts) - 1)) // len(charts)
        for number, chart in enumerate(charts):
            self._chart(chart, number * (width + GAP), width)
        self.top += CHART_HEIGHT + GAP

    def pivot_table(self, title, source, row, measures, sort=None, lines=10):
        """A table of the first `lines` groups; a click on a number opens its records.

        :param str row: field to group by
        :param list measures: `field:aggregator` each, or `__count`
        :param str sort: measure to sort by, the largest first (default: the first one)
        """
        # The name of a pivot stands over its groups, and Odoo does not translate it.
        pivot = self._pivot(" ", source, measures, row=row, sort=sort or measures[0])
        link = {
            "viewType": "pivot",
            "action": {
                "domain": source.domain,
                "context": {"group_by": [row], "pivot_measures": list(map(_field, measures))},
                "modelName": source.model,
                "views": [[False, "pivot"], [False, "list"], [False, "search"]],
            },
            "threshold": 0,
            "name": title,
        }
        first = self._heading(title, link, len(measures) + 1)
        self.cells[f"A{first}"] = f"=PIVOT({pivot},{lines},FALSE,FALSE)"
        self._table(first, lines, len(measures) + 1)

    def list_table(self, title, source, columns, order, lines=10):
        """A table of the first `lines` records; a click opens the record.

        :param list columns: fields
        :param order: (field, whether ascending)
        """
        number = str(len(self.lists) + 1)
        self.lists[number] = {
            "id": number,
            "model": source.model,
            "name": title,
            "columns": columns,
            "domain": source.domain,
            "context": {},
            "orderBy": [{"name": order[0], "asc": order[1]}],
            "fieldMatching": self._matching(source),
        }
        link = {
            "viewType": "list",
            "action": {
                "domain": source.domain,
                "context": {},
                "modelName": source.model,
                "views": [[False, "list"], [False, "form"], [False, "search"]],
            },
            "threshold": 0,
            "name": title,
        }
        first = self._heading(title, link, len(columns))
        for index, field in enumerate(columns):
            letter = chr(ord("A") + index)
            self.cells[f"{letter}{first}"] = f'=ODOO.LIST.HEADER({number},"{field}")'
            for line in range(1, lines + 1):
                self.cells[f"{letter}{first + line}"] = f'=ODOO.LIST({number},{line},"{field}")'
        self._table(first, lines, len(columns))

    # ------------------------------------------------------------------
    # The file
    # ------------------------------------------------------------------

    def content(self):
        """The dashboard as Odoo's spreadsheet reads it."""
        return {
            "version": FORMAT_VERSION,
            "sheets": [self._front(), self._back()],
            "styles": {
                "1": {"textColor": "#01666b", "bold": True, "fontSize": 16},
                "2": {
                    "textColor": "#434343",
                    "bold": True,
                    "fontSize": 10,
                    "wrapping": "wrap",
                    "verticalAlign": "bottom",
                },
            },
            "formats": {},
            "borders": {"1": {"bottom": {"style": "thin", "color": "#CCCCCC"}}},
            "revisionId": "START_REVISION",
            "uniqueFigureIds": True,
            "settings": {
                "locale": {
                    "name": "English (US)",
                    "code": "en_US",
                    "thousandsSeparator": ",",
                    "decimalSeparator": ".",
                    "dateFormat": "mm/dd/yyyy",
                    "timeFormat": "hh:mm:ss",
                    "formulaArgSeparator": ",",
                    "weekStart": 7,
                }
            },
            "pivots": self.pivots,
            "pivotNextId": len(self.pivots) + 1,
            "lists": self.lists,
            "listNextId": len(self.lists) + 1,
            "customTableStyles": {},
            "globalFilters": list(self.filters.values()),
            "chartOdooMenusReferences": self.menus,
        }

    def text(self):
        """The content of the file."""
        return json.dumps(self.content(), indent=1, ensure_ascii=False) + "\n"

    # ------------------------------------------------------------------
    # Parts
    # ------------------------------------------------------------------

    def _card(self, card, left, width, colour):
        measure = card.get("measure", "__count")
        row = len(self.data) // 3 + 1
        now = self._pivot(card["title"], card["source"], [measure])
        self.data[f"A{row}"] = f'=_t("{card["title"]}")'
        self.data[f"B{row}"] = _value(now, measure, card.get("digits", 0))
        figure = {
            "type": "scorecard",
            "title": {"text": card["title"], "bold": True, "color": "#434343"},
            "background": colour,
            "keyValue": f"{DATA_SHEET}!B{row}",
            "humanize": True,
            "baselineMode": "difference",
            "baselineColorUp": "#00A04A" if card.get("more_is_better", True) else "#DC6965",
            "baselineColorDown": "#DC6965" if card.get("more_is_better", True) else "#00A04A",
        }
        self.data[f"C{row}"] = ""
        if card.get("compare", True):
            before = self._pivot(card["title"], card["source"], [measure], offset=-1)
            self.data[f"C{row}"] = _value(before, measure, card.get("digits", 0))
            figure |= {
                "baseline": f"{DATA_SHEET}!C{row}",
                "baselineDescr": {"text": "since last period"},
            }
        figure_id = self._figure(figure, left, width, CARD_HEIGHT)
        self.menus[figure_id] = card["menu"]

    def _chart(self, chart, left, width):
        source, kind = chart["source"], chart["kind"]
        figure = {
            "type": f"odoo_{kind}",
            "title": {"text": chart["title"], "bold": True, "color": "#434343"},
            "background": "#FFFFFF",
            "legendPosition": "top" if len(chart["by"]) > 1 or kind == "pie" else "none",
            "metaData": {
                "groupBy": chart["by"],
                "measure": chart.get("measure", "__count"),
                "order": chart.get("order"),
                "resModel": source.model,
                "mode": kind,
            },
            "searchParams": {
                "comparison": None,
                "context": {},
                "domain": source.domain,
                "groupBy": chart["by"],
                "orderBy": [],
            },
            "dataSets": [],
            "fieldMatching": self._matching(source),
        }
        if kind != "pie":
            figure |= {"verticalAxisPosition": "left", "stacked": chart.get("stacked", False)}
        if chart.get("action"):
            figure["actionXmlId"] = chart["action"]
        self._figure(figure, left, width, CHART_HEIGHT)

    def _figure(self, data, left, width, height):
        figure_id = f"figure-{len(self.figures) + 1}"
        self.figures.append(
            {
                "id": figure_id,
                "tag": "chart",
                "col": 0,
                "row": 0,
                "offset": {"x": left, "y": self.top},
                "width": width,
                "height": height,
                "data": data | {"chartId": figure_id},
            }
        )
        return figure_id

    def _pivot(self, name, source, measures, row=None, sort=None, offset=0):
        number = str(len(self.pivots) + 1)
        self.pivots[number] = {
            "id": number,
            "formulaId": number,
            "type": "ODOO",
            "model": source.model,
            "name": name,
            "domain": source.domain,
            "context": {},
            "measures": [_measure(measure) for measure in measures],
            "columns": [],
            "rows": [{"fieldName": row}] if row else [],
            "sortedColumn": {"measure": sort, "order": "desc", "domain": []} if sort else None,
            "fieldMatching": self._matching(source, offset),
        }
        return number

    def _matching(self, source, offset=0):
        matching = {}
        for label, field in source.filters.items():
            chosen = self.filters[label]
            matching[chosen["id"]] = {"chain": field}
            if chosen["type"] == "date":
                matching[chosen["id"]] |= {"type": "datetime", "offset": offset}
            else:
                matching[chosen["id"]]["type"] = "many2one"
        return matching

    def _heading(self, title, link, columns):
        """Write a heading below everything so far; returns the row under it, counted from 1."""
        taller = len(self.rows) * (HEADER_HEIGHT - ROW_HEIGHT)
        row = -(-(self.top + GAP - taller) // ROW_HEIGHT) + 1
        self.cells[f"A{row}"] = f"[{title}](odoo://view/{json.dumps(link, separators=(',', ':'))})"
        self.styles[f"A{row}"] = 1
        last = chr(ord("A") + columns - 1)
        self.borders[f"A{row}:{last}{row}"] = 1
        self.styles[f"A{row + 1}:{last}{row + 1}"] = 2
        self.rows[str(row)] = {"size": HEADER_HEIGHT}  # Odoo counts rows from 0 here
        return row + 1

    def _table(self, first, lines, columns):
        rest = (WIDTH - 280) // max(columns - 1, 1)
        for index in range(columns):
            wanted = 280 if index == 0 else min(rest, 120)
            self.columns[str(index)] = {"size": max(wanted, 100)}
        taller = len(self.rows) * (HEADER_HEIGHT - ROW_HEIGHT)
        self.top = (first + lines) * ROW_HEIGHT + taller + GAP

    def _front(self):
        # As wide as the cards and charts: what lies beyond the last column is cut off.
        for index in range(7):
            self.columns.setdefault(str(index), {"size": 120})
        return _sheet("sheet1", "Dashboard") | {
            "colNumber": max(7, len(self.columns)),
            "rowNumber": self.top // ROW_HEIGHT + 3,
            "cols": self.columns,
            "rows": self.rows,
            "cells": self.cells,
            "styles": self.styles,
            "borders": self.borders,
            "figures": self.figures,
        }

    def _back(self):
        cells = {cell: content for cell, content in self.data.items() if content}
        return _sheet("sheet2", DATA_SHEET) | {
            "colNumber": 5,
            "rowNumber": len(self.data) // 3 + 3,
            "cols": {"0": {"size": 250}},
            "cells": cells,
        }


def _sheet(sheet_id, name):
    return {
        "id": sheet_id,
        "name": name,
        "rows": {},
        "merges": [],
        "styles": {},
        "formats": {},
        "borders": {},
        "conditionalFormats": [],
        "dataValidationRules": [],
        "figures": [],
        "tables": [],
        "areGridLinesVisible": False,
        "isVisible": True,
        "headerGroups": {"ROW": [], "COL": []},
        "comments": {},
    }


def _id(label):
    return "filter-" + label.lower().replace(" ", "-")


def _field(measure):
    return measure.split(":")[0]


def _measure(measure):
    field, _colon, aggregator = measure.partition(":")
    return {"id": measure, "fieldName": field} | ({"aggregator": aggregator} if aggregator else {})


def _value(pivot, measure, digits):
    # An average of nothing is no number: then the card stays empty.
    value = f'PIVOT.VALUE({pivot},"{measure}")'
    return f'=IF(ISNUMBER({value}),ROUND({value},{digits}),"")' if digits else f"={value}"
