"""The mechanisms of an installation: all there are, in the order in which people are shown them."""

from collections.abc import Mapping

from tasks.desks import Mechanisms
from tasks.mechanisms.circulars import CircularDesk
from tasks.mechanisms.extensions import ExtensionDesk
from tasks.mechanisms.hand_backs import HandBackDesk
from tasks.mechanisms.leads.desk import LeadDesk
from tasks.mechanisms.look_backs import LookBackDesk

MECHANISMS = Mechanisms((LeadDesk(), ExtensionDesk(), CircularDesk(), HandBackDesk(), LookBackDesk()))
KINDS = MECHANISMS.kinds
# What people may start in them, by the name of its flow; imported where Prefect runs anyhow.
TRIGGERS: Mapping[str, str] = {
    "登记线索": "flows.mechanisms.leads.register_lead",
    "批量导入": "flows.mechanisms.leads.import_leads",
    "延期申请": "flows.mechanisms.extensions.ask_for_extension",
    "退办申请": "flows.mechanisms.hand_backs.ask_to_hand_back",
    "改派": "flows.mechanisms.lead_changes.redirect_by_hand",
    "更正登记": "flows.mechanisms.lead_changes.correct_by_hand",
    "终止办理": "flows.mechanisms.lead_changes.call_off_by_hand",
}
