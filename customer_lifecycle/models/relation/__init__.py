from . import customer_contact_role
from . import res_company
from . import res_partner
from . import res_partner_satisfaction
from . import res_partner_referral
