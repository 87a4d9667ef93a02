from . import base_partner_merge
from . import customer_lifecycle_set
