from . import base_partner_merge
from . import lead_pool_result
from . import lead_pool_result_line
from . import lead_pool_preview
from . import lead_pool_preview_line
from . import lead_pool_release
from . import lead_pool_assign
