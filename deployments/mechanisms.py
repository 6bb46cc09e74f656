"""The mechanisms of an installation: all there are, in the order in which people are shown them."""

from tasks.desks import Mechanisms
from tasks.mechanisms.circulars import CircularDesk
from tasks.mechanisms.extensions import ExtensionDesk
from tasks.mechanisms.leads.desk import LeadDesk

MECHANISMS = Mechanisms((LeadDesk(), ExtensionDesk(), CircularDesk()))
KINDS = MECHANISMS.kinds
