from . import customer_churn_reason
