from . import lead_score_competitor
from . import lead_score_influencer
from . import lead_score_motive
from . import lead_score_reject_reason
from . import lead_score_profile
from . import lead_score_signal_source
from . import lead_score_signal

from . import lead_score_card_process
from . import lead_score_card_simulation
from . import lead_score_card
from . import lead_score_card_version
from . import lead_score_rule
from . import lead_score_event
from . import lead_score_history
from . import lead_score
from . import lead_score_judge
from . import lead_score_mixin
from . import lead_score_engine
from . import lead_score_signalling
from . import lead_score_qualification
from . import lead_score_sla
from . import lead_score_listening
from . import mail_thread
from . import digest_digest

from . import lead_score_collector
from . import lead_score_collect
from . import lead_score_collect_activity
from . import lead_score_collect_event
from . import lead_score_collect_form
from . import lead_score_collect_link
from . import lead_score_collect_livechat
from . import lead_score_collect_mail
from . import lead_score_collect_mailing
from . import lead_score_collect_meeting
from . import lead_score_collect_quotation
from . import lead_score_collect_survey
from . import lead_score_collect_website

from . import lead_score_trigger_action
from . import lead_score_trigger_queue
from . import lead_score_trigger_log
from . import lead_score_trigger_wait
from . import lead_score_trigger
from . import lead_score_triggering

from . import crm_lead
