"""What is owed when a lead is closed: the report to everybody who sent it, and a word to who worked on it.

Source: 通知§12(一).
"""

from models.codes import Outcome
from models.documents.vocabulary import DocumentKind
from models.messages.kinds import MessageKind
from tasks.desks import Act, MatterFile
from tasks.documents.issuing import NewDocument, issue_documents
from tasks.matters.reading import key_of
from tasks.mechanisms.leads.changes.concerned import at_work, merged_into
from tasks.messages.posting import Addressee, tell_unit
from tasks.messages.values import matter_values


def report_closing(act: Act, file: MatterFile) -> None:
    """Report to each level that sent the lead or one that was merged into it, and tell who worked on it."""
    session, office, last = act.session, act.office, file.assignments[-1].row
    if file.matter.outcome is Outcome.RECTIFIED:
        file.subject.look_back_on = office.policy.look_back.day_after(office.policy.day_of(act.now))
        session.add(file.subject)
    values = matter_values(office, file, last, last.unit_code)
    reports = [
        NewDocument(DocumentKind.CLOSING_REPORT, file.matter, superior, {**values, "source": source})
        for superior, source in _senders(act, file).items()
    ]
    numbers = issue_documents(session, office, reports, act.now)
    bureau = office.bureau().code
    for code in at_work(file):
        # The reports go upward through the bureau; nobody else is sent them.
        for place, document in enumerate(numbers if code == bureau else [""]):
            to = Addressee(code, occasion=str(place) if place else "")
            tell_unit(session, office, file, last, MessageKind.CLOSURE, to, act.now, document=document)


def _senders(act: Act, file: MatterFile) -> dict[str, str]:
    """Return what each superior has sent, by its name: the lead itself comes first."""
    merged = [lead for _, lead in merged_into(act.session, key_of(file.matter))]
    sent: dict[str, list[str]] = {}
    for lead in (file.subject, *merged):
        superior = act.office.policy.documents.superiors[lead.source_level]
        sent.setdefault(superior, []).append(lead.source)
    return {superior: "、".join(dict.fromkeys(sources)) for superior, sources in sent.items()}
