from . import lead_pool_report
