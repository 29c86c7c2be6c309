"""The way out for e-mail: an SMTP server, or files in an outbox for the demo and the tests."""

import smtplib
import ssl
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from app.domains.notifications.values import OutgoingMail
from app.infra.settings import Settings

#: Seconds that a mail server may take for one step.
PATIENCE_S = 20


class MailRefused(Exception):
    """This e-mail will never be taken: a wrong address, a wrong password, or no server at all."""


class MailDelayed(Exception):
    """The server could not be reached or asks to come back later."""


class MailGateway(Protocol):
    """Whatever takes an e-mail. Returns when it is taken; raises MailRefused for never, MailDelayed for not now."""

    def send(self, mail: OutgoingMail, at: datetime) -> None:
        """Hand over one e-mail, dated `at`."""


def gateway_for(settings: Settings) -> MailGateway:
    """The SMTP server of the settings; without one files under `var_dir`, and in production nothing at all."""
    if settings.smtp_url:
        return SmtpGateway(settings.smtp_url, settings.mail_from)
    return NoMail() if settings.mode == "production" else Outbox(settings.var_dir / "outbox", settings.mail_from)


def message_of(mail: OutgoingMail, sender: str, at: datetime) -> EmailMessage:
    """The e-mail as it goes over the wire. Its Message-ID is the same when it is sent again. Raises MailRefused."""
    message = EmailMessage(policy=SMTP)
    try:
        message["From"], message["To"], message["Subject"] = sender, mail.to_address, mail.subject
    except ValueError as wrong:  # a line break in a header, or an address that is none
        raise MailRefused(str(wrong)) from wrong
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{mail.key}@{sender.rpartition('@')[2].rstrip('>')}>"
    message.set_content(mail.text)
    for file in mail.attachments:
        kind, _, detail = file.mime.partition("/")
        message.add_attachment(file.content, maintype=kind, subtype=detail, filename=file.name)
    return message


class SmtpGateway:
    """A mail server: `smtps://` speaks TLS from the first byte, `smtp://` insists on STARTTLS, `smtp+plain://` on none.

    The plain one is for a server on the same machine; settings refuse it in production.
    """

    def __init__(self, url: str, sender: str) -> None:
        self._url = urlsplit(url)
        self._sender = sender

    def send(self, mail: OutgoingMail, at: datetime) -> None:
        """Hand one e-mail over."""
        message = message_of(mail, self._sender, at)
        try:
            with self._connected() as server:
                if self._url.username:
                    server.login(unquote(self._url.username), unquote(self._url.password or ""))
                server.send_message(message)
        except smtplib.SMTPRecipientsRefused as refused:
            code, text = next(iter(refused.recipients.values()))
            raise _failure(code, text) from refused
        except smtplib.SMTPResponseException as answer:
            raise _failure(answer.smtp_code, answer.smtp_error) from answer
        except (smtplib.SMTPException, OSError) as trouble:
            raise MailDelayed(f"{type(trouble).__name__}: {trouble}") from trouble

    def _connected(self) -> smtplib.SMTP:
        host, port = self._url.hostname or "", self._url.port
        if self._url.scheme == "smtps":
            return smtplib.SMTP_SSL(host, port or 465, timeout=PATIENCE_S, context=ssl.create_default_context())
        server = smtplib.SMTP(host, port or 587, timeout=PATIENCE_S)
        if self._url.scheme == "smtp":
            try:
                server.starttls(context=ssl.create_default_context())
            except BaseException:
                server.close()
                raise
        return server


def _failure(code: int, text: bytes | str) -> MailRefused | MailDelayed:
    """RFC 5321, 4.2.1: answers from 500 on are final, those from 400 on ask to try again."""
    told = f"{code} {text.decode('utf-8', 'replace') if isinstance(text, bytes) else text}"
    return MailRefused(told) if code >= 500 else MailDelayed(told)


class Outbox:
    """A directory of .eml files that any mail program opens; the file's name is the e-mail's key."""

    def __init__(self, place: Path, sender: str) -> None:
        self._place = place
        self._sender = sender

    def send(self, mail: OutgoingMail, at: datetime) -> None:
        """Write one e-mail; writing it again replaces it."""
        message = message_of(mail, self._sender, at)
        try:
            self._place.mkdir(parents=True, exist_ok=True)
            (self._place / f"{mail.key}.eml").write_bytes(message.as_bytes())
        except OSError as trouble:
            raise MailDelayed(str(trouble)) from trouble


class NoMail:
    """No mail server is named: every e-mail fails, and the page of what it was about says so."""

    def send(self, mail: OutgoingMail, at: datetime) -> None:
        """Refuse."""
        del mail, at
        raise MailRefused("no mail server is set up (LINLI_SMTP_URL)")
