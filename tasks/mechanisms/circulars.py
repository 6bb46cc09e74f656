"""The desk of circulars. Source: 通知§12(六)."""

from models.matters.facts import AcceptedAnswer
from models.mechanisms.circulars import CIRCULARS
from tasks.desks import Act, MatterFile
from tasks.petitions.desk import PetitionDesk


class CircularDesk(PetitionDesk):
    """A ruling publishes it word for word, or withholds it."""

    kind = CIRCULARS

    def answered(self, act: Act, file: MatterFile, accepted: AcceptedAnswer) -> None:
        """Let the ruling take effect."""
        # Imported when it happens: every command loads the desks, and few let anything take effect.
        from tasks.ladder.circulars import settle_circular

        settle_circular(act, file, accepted)

    def ended(self, act: Act, file: MatterFile, why: str) -> None:
        """Take the draft back."""
        # As above.
        from tasks.ladder.circulars import drop_circular

        drop_circular(act, file, why)
