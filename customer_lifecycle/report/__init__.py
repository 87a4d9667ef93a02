from . import customer_churn_report
from . import customer_lifecycle_movement
from . import customer_lifecycle_cohort
