"""With the point of sale installed, the glue addon comes by itself, and its own tests pass."""

from ..common import ROOT
from .other_apps import run_cases

CASES = ROOT / "customer_lifecycle_pos" / "tests" / "test_till.py"


def test_sales_at_the_till_move_customers():
    run_cases(CASES, ("point_of_sale",), "customer_lifecycle")
