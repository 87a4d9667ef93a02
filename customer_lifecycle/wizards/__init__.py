from . import customer_lifecycle_dialog
from . import base_partner_merge
from . import customer_churn_close
from . import customer_playbook_preview
from . import customer_playbook_preview_line
from . import customer_lifecycle_set
from . import customer_lifecycle_set_churn
