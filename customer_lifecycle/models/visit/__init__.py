from . import customer_visit
from . import visit_feedback
from . import customer_visit_plan
from . import visit_planning
from . import sale_order
