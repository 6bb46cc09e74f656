"""Files beside a mail, under names that mail programs of any age can read."""

from email.header import Header
from email.message import EmailMessage
from email.policy import compat32
from mimetypes import guess_type

# So long may a line be that begins with a blank and a name in quotes. Source: RFC 2047, 2.
_LINE = 66


def attach(mail: EmailMessage, name: str, content: bytes) -> None:
    """Put a file beside the text of a mail.

    Its name stands there as RFC 2231 has it, and once more as encoded words: QQ Mail and older Outlook read
    no other. Words in quotes are against RFC 2047, and what those programs write themselves.
    """
    maintype, _, subtype = (guess_type(name)[0] or "application/octet-stream").partition("/")
    mail.add_attachment(content, maintype=maintype, subtype=subtype, filename=name)
    *_, part = mail.iter_attachments()
    words = Header(name, "utf-8", maxlinelen=_LINE).encode(linesep="\r\n")
    # Only the older policy keeps a header as it is written.
    written, part.policy = part.policy, compat32
    part.replace_header("Content-Type", f'{part.get_content_type()};\r\n name="{words}"')
    part.policy = written
