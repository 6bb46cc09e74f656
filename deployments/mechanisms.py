"""The mechanisms of an installation: all there are, in the order in which people are shown them."""

from models.matters.kinds import Kinds
from models.mechanisms.circulars import CIRCULARS
from models.mechanisms.extensions import EXTENSIONS
from models.mechanisms.leads.duties import LEADS

KINDS = Kinds((LEADS, EXTENSIONS, CIRCULARS))
