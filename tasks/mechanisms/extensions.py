"""The desk of extensions. Source: 通知§12(四)."""

from models.matters.facts import AcceptedAnswer
from models.mechanisms.extensions import EXTENSIONS
from tasks.desks import Act, MatterFile
from tasks.petitions.desk import PetitionDesk


class ExtensionDesk(PetitionDesk):
    """A ruling moves the due date, or lets the ladder resume."""

    kind = EXTENSIONS

    def answered(self, act: Act, file: MatterFile, accepted: AcceptedAnswer) -> None:
        """Let the ruling take effect."""
        # Imported when it happens: every command loads the desks, and few let anything take effect.
        from tasks.petitions.extensions import settle_extension

        settle_extension(act, file, accepted)

    def ended(self, act: Act, file: MatterFile, why: str) -> None:
        """Let the overdue rungs go on: nothing is asked for any more."""
        del why
        file.subject.about.held = False
        act.session.add(file.subject.about)
