"""Every table there is: importing this module makes them known to the metadata."""

from models.archive import tables as archive
from models.days import tables as days
from models.documents import tables as documents
from models.files import tables as files
from models.informants import tables as informants
from models.ladder import tables as ladder
from models.lookup import tables as lookup
from models.matters import tables as matters
from models.mechanisms.leads import tables as leads
from models.messages import tables as messages
from models.office import tables as office
from models.petitions import tables as petitions
from models.record import tables as record
from models.runs import tables as runs

# The tables of each room; whoever migrates, copies or writes has to know all of them.
ROOMS = (
    archive,
    days,
    documents,
    files,
    informants,
    ladder,
    lookup,
    matters,
    leads,
    messages,
    office,
    petitions,
    record,
    runs,
)
