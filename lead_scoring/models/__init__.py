from . import lead_score_competitor
from . import lead_score_influencer
from . import lead_score_motive
from . import lead_score_profile
from . import lead_score_signal

from . import crm_lead
