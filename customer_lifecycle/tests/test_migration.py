from pathlib import Path

from odoo.modules.module import load_script
from odoo.tests import TransactionCase, tagged
from odoo.tools import SQL
from odoo.tools.sql import create_index, make_index_name

SCRIPTS = Path(__file__).parents[1] / "migrations"


@tagged("post_install", "-at_install")
class TestMigration(TransactionCase):
    """Databases of earlier versions become like new ones."""

    def indexes(self, table):
        query = SQL("SELECT indexname FROM pg_indexes WHERE tablename = %s", table)
        return {name for [name] in self.env.execute_query(query)}

    def test_indexes_that_slow_the_run_are_dropped(self):
        script = load_script(str(SCRIPTS / "19.0.0.1.1" / "post-drop_indexes.py"), "drop_indexes")
        before = {table: self.indexes(table) for table in script.NEEDLESS}
        for table, columns in script.NEEDLESS.items():
            for column in columns:
                name = make_index_name(table, column)
                self.assertNotIn(name, before[table], "A new database has it")
                create_index(self.env.cr, name, table, [column])
        for _twice in range(2):
            script.migrate(self.env.cr, "19.0.0.1.0")
            self.assertEqual({table: self.indexes(table) for table in script.NEEDLESS}, before)
