"""Odoo's command line as a script: its prefork server starts itself again by this path."""

import odoo.cli

if __name__ == "__main__":
    odoo.cli.main()
