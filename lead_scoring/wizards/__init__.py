from . import lead_score_dialog
from . import lead_score_reject
from . import lead_score_override
from . import lead_score_simulation
from . import lead_score_simulation_lead
from . import lead_score_simulation_rule
