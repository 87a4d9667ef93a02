from . import test_customer_churn_reason
