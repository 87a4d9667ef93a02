"""Every spreadsheet dashboard of ours names only what exists, and asks only what can be answered.

A wrong name in a dashboard file breaks nothing at install: it shows as an error in a cell, to the
manager. So all that a dashboard would ask the server is asked here.
"""

import json
import re

from odoo.fields import Domain
from odoo.tests import TransactionCase, new_test_user

from odoo.addons.spreadsheet.utils.validate_data import (
    fields_in_spreadsheet,
    menus_xml_ids_in_spreadsheet,
    odoo_charts,
    odoo_view_links,
)

from devkit import project
from devkit.cmd_dashboard import written

from ..common import ROOT, requires, top_level

PIVOT_VALUE = re.compile(r'PIVOT\.(?:VALUE|HEADER)\((\d+)(?:,"([^"]+)")?')
PIVOT_TABLE = re.compile(r"PIVOT\((\d+)")
LIST_CELL = re.compile(r'ODOO\.LIST(?:\.HEADER)?\((\d+),(?:\d+,)?"([^"]+)"')
REFERENCE = re.compile(r"(\w+)!([A-Z]+\d+)")


def dashboard_files(addon):
    """The dashboards of an addon, without those that show sample data."""
    files = (ROOT / addon / "data" / "files").glob("*_dashboard.json")
    return sorted(file for file in files if "sample" not in file.name)


class DashboardCheck:
    """Judges one dashboard; `problems` says in words what is wrong with it."""

    def __init__(self, env, data):
        self.env, self.data = env, data
        self.charts = odoo_charts(data)
        self.filters = {chosen["id"]: chosen for chosen in data["globalFilters"]}

    def problems(self):
        """All problems, best read from the first: later ones may follow from it."""
        if found := [*self._missing_names()]:
            return found
        return [
            *self._filters(),
            *self._formulas(),
            *self._cards(),
            *self._menus(),
            *self._links(),
            *self._questions(),
        ]

    def _missing_names(self):
        for model, chains in fields_in_spreadsheet(self.data).items():
            if model not in self.env:
                yield f"there is no model {model}"
                continue
            for chain in chains:
                if not self._field(model, chain):
                    yield f"{model} has no field {chain}"
        for menu in menus_xml_ids_in_spreadsheet(self.data):
            if not self.env.ref(menu, raise_if_not_found=False):
                yield f"there is no menu {menu}"

    def _field(self, model, chain):
        """The field at the end of `pool_id.team_id`, None if there is none."""
        field = None
        for name in chain.split("."):
            field = model in self.env and self.env[model]._fields.get(name)
            if not field:
                return None
            model = field.comodel_name
        return field

    def _sources(self):
        """(what it is, its model, by which fields the filters narrow it)"""
        for pivot in self.data["pivots"].values():
            yield f"pivot {pivot['name']}", pivot["model"], pivot["fieldMatching"]
        for number, shown in self.data["lists"].items():
            yield f"list {number}", shown["model"], shown["fieldMatching"]
        for chart in self.charts:
            yield f"chart {chart['title']}", chart["metaData"]["resModel"], chart["fieldMatching"]

    def _filters(self):
        for name, model, matching in self._sources():
            for filter_id, how in matching.items():
                chosen, field = self.filters.get(filter_id), self._field(model, how["chain"])
                if not chosen or not field:
                    yield f"{name}: filter {filter_id} by {how['chain']} leads nowhere"
                elif chosen["type"] == "date" and field.type not in ("date", "datetime"):
                    yield f"{name}: {how['chain']} is no date"
                elif chosen["type"] == "relation" and field.comodel_name != chosen["modelName"]:
                    yield f"{name}: {how['chain']} is no {chosen['modelName']}"

    def _formulas(self):
        measures = {
            pivot["formulaId"]: {measure["id"] for measure in pivot["measures"]}
            for pivot in self.data["pivots"].values()
        }
        for cell in self._cells():
            for number, measure in PIVOT_VALUE.findall(cell):
                if measure not in measures.get(number, ()):
                    yield f"{cell}: the pivot has no such measure"
            for number in PIVOT_TABLE.findall(cell):
                if number not in measures:
                    yield f"{cell}: there is no such pivot"
            for number, column in LIST_CELL.findall(cell):
                if column not in self.data["lists"].get(number, {}).get("columns", ()):
                    yield f"{cell}: the list has no such column"

    def _cells(self):
        for sheet in self.data["sheets"]:
            yield from sheet["cells"].values()

    def _cards(self):
        sheets = {sheet["name"]: sheet["cells"] for sheet in self.data["sheets"]}
        for sheet in self.data["sheets"]:
            for figure in sheet["figures"]:
                for key in ("keyValue", "baseline"):
                    if not (reference := figure["data"].get(key)):
                        continue
                    name, cell = REFERENCE.fullmatch(reference).groups()
                    if cell not in sheets.get(name, ()):
                        yield f"{figure['id']}: {reference} is empty"

    def _menus(self):
        figures = {figure["id"] for sheet in self.data["sheets"] for figure in sheet["figures"]}
        for figure, menu in self.data["chartOdooMenusReferences"].items():
            if figure not in figures:
                yield f"a menu for {figure}, which is not there"
            if not self.env.ref(menu).sudo().action:
                yield f"{menu} opens nothing"

    def _links(self):
        for link in odoo_view_links(self.data):
            views = [(view, kind) for view, kind in link["action"]["views"]]
            self.env[link["action"]["modelName"]].get_views(views)
            if not link["name"]:
                yield "a link without a name"

    def _questions(self):
        """Ask what the browser will ask, over all time and over no time."""
        for model, domain, by, measures in self._asked():
            for narrowed in (Domain(domain), Domain(domain) & Domain("id", "=", 0)):
                try:
                    self.env[model].formatted_read_group(narrowed, by, measures)
                except (ValueError, KeyError) as error:
                    yield f"{model} by {by}, {measures}: {error}"
        for shown in self.data["lists"].values():
            order = ", ".join(
                f"{part['name']} {'asc' if part['asc'] else 'desc'}" for part in shown["orderBy"]
            )
            specification = {column: {} for column in shown["columns"]}
            self.env[shown["model"]].web_search_read(
                shown["domain"], specification, limit=5, order=order
            )

    def _asked(self):
        for pivot in self.data["pivots"].values():
            by = [group["fieldName"] for group in (*pivot["rows"], *pivot["columns"])]
            yield pivot["model"], pivot["domain"], by, [m["id"] for m in pivot["measures"]]
        for chart in self.charts:
            asked = chart["metaData"]
            field = self.env[asked["resModel"]]._fields.get(asked["measure"])
            measure = f"{asked['measure']}:{field.aggregator}" if field else asked["measure"]
            yield asked["resModel"], chart["searchParams"]["domain"], asked["groupBy"], [measure]


@top_level
class TestDashboards(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        requires(cls.env, "spreadsheet_dashboard")
        cls.manager = new_test_user(
            cls.env, "board_manager", groups="base.group_user,sales_team.group_sale_manager"
        )

    def installed_files(self):
        installed = self.env["ir.module.module"]._installed()
        for addon in project.addons():
            if addon in installed:
                for file in dashboard_files(addon):
                    yield addon, file

    def test_a_dashboard_names_and_asks_only_what_exists(self):
        for addon, file in self.installed_files():
            with self.subTest(addon=addon, file=file.name):
                data = json.loads(file.read_text(encoding="utf-8"))
                check = DashboardCheck(self.env(user=self.manager), data)
                self.assertFalse(check.problems())

    def test_a_dashboard_is_loaded_and_not_for_everybody(self):
        for addon, file in self.installed_files():
            with self.subTest(addon=addon, file=file.name):
                data = self.env["ir.model.data"].search(
                    [("module", "=", addon), ("model", "=", "spreadsheet.dashboard")]
                )
                boards = self.env["spreadsheet.dashboard"].browse(data.mapped("res_id"))
                content = json.loads(file.read_text(encoding="utf-8"))
                found = boards.filtered(lambda b, c=content: json.loads(b.spreadsheet_data) == c)
                self.assertEqual(len(found), 1, "no record of the addon loads this file")
                self.assertTrue(found.is_published)
                self.assertTrue(found.dashboard_group_id)
                self.assertNotIn(self.env.ref("base.group_user"), found.group_ids)

    def test_the_check_finds_what_is_wrong(self):
        """The check itself would be no good if it let wrong names pass."""
        for _addon, file in self.installed_files():
            data = json.loads(file.read_text(encoding="utf-8"))
            break
        else:
            self.skipTest("no dashboard is installed")
        first = next(iter(data["pivots"].values()))
        wrong = {
            "field": lambda: first["domain"].append(["no_such_field", "=", 1]),
            "model": lambda: first.update(model="no.such.model"),
            "filter": lambda: first["fieldMatching"].update(
                {data["globalFilters"][0]["id"]: {"chain": "id"}}
            ),
            "measure": lambda: first["measures"][0].update(id="id:no_such_aggregator"),
            "cell": lambda: data["sheets"][1]["cells"].clear(),
        }
        for name, spoil in wrong.items():
            with self.subTest(wrong=name):
                before = json.dumps(data)
                spoil()
                env = self.env(user=self.manager)
                self.assertTrue(DashboardCheck(env, data).problems())
                data = json.loads(before)
                first = next(iter(data["pivots"].values()))


def test_files_are_as_described():
    for file, text in written().items():
        assert file.is_file() and file.read_text(encoding="utf-8") == text, "dev/dashboard mends it"
