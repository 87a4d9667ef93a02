import doctest

from odoo.tests import BaseCase, tagged

from ..tools import points


@tagged("post_install", "-at_install")
class TestPoints(BaseCase):
    def test_examples_in_the_documentation_hold(self):
        result = doctest.testmod(points)
        self.assertFalse(result.failed)
        self.assertTrue(result.attempted)
