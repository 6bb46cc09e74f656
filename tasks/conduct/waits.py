"""Which form a matter waits with: kept in our database, so that no crash loses what was filled in."""

from dataclasses import dataclass

from sqlmodel import col, select

from models.matters.tables import Assignment
from tasks.matters.reading import find_matter
from tasks.workplace import Workplace

# A server of ours puts this among the names of a form: what was stored before the run was suspended is there.
KEPT = "kept"


def keys_of(row: Assignment) -> str:
    """Return what the keys of all forms of an assignment's step begin with; Prefect takes no underscores."""
    return f"{row.step.value.replace('_', '-')}-"


@dataclass(frozen=True)
class ShownForm:
    """A form shown in the Prefect UI and not yet taken in: its assignment, run and key."""

    assignment: Assignment
    flow_run_id: str
    key: str


def shown_form(place: Workplace, number: str) -> ShownForm | None:
    """Return the form last shown for a matter, None where it was taken in or never shown."""
    with place.reading() as session:
        matter = find_matter(session, number)
        row = session.exec(
            select(Assignment)
            .where(Assignment.matter_id == matter.id, col(Assignment.form_key).is_not(None))
            .order_by(col(Assignment.id).desc())
        ).first()
        if row is None or row.form_key is None or row.form_run_id is None:
            return None
        return ShownForm(row, row.form_run_id, row.form_key)


def show_form(place: Workplace, number: str, flow_run_id: str, run_count: int) -> ShownForm | None:
    """Note that a form is about to be shown, under a key that was never used before.

    Args:
        place: The workplace.
        number: The matter.
        flow_run_id: The run that will wait.
        run_count: How often the run was retried; a repeated key would never be answered again.

    Returns:
        The form, or None where nobody owes an answer any more or another run carries the matter.
    """
    with place.writing() as session:
        matter = find_matter(session, number, for_change=True)
        query = select(Assignment).where(Assignment.matter_id == matter.id)
        row = session.exec(query.order_by(col(Assignment.id).desc())).first()
        if row is None or row.answered_at or matter.outcome or matter.flow_run_id != flow_run_id:
            return None
        matter.waits += 1
        row.form_run_id = flow_run_id
        row.form_key = f"{keys_of(row)}r{run_count}-n{matter.waits}"
        session.add_all([matter, row])
        return ShownForm(row, flow_run_id, row.form_key)
