"""What lives in folders on this machine's disk."""

from asperguide.adapters.filesystem.mails import FileMailer, ReadMail, SentMail, SentMails

__all__ = ["FileMailer", "ReadMail", "SentMail", "SentMails"]
