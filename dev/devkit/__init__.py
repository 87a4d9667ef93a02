"""What `dev/run`, `dev/test`, `dev/lint` and `dev/bench` share.

Gets Odoo 19, a Python environment, PostgreSQL and databases onto a bare Debian or Ubuntu machine.
Standard library only, because it runs before anything is installed.
"""
