"""Mail over SMTP (RFC 5321), by submission on 587 or 465."""

from asperguide.adapters.smtp.mailer import Security, SmtpMailer

__all__ = ["Security", "SmtpMailer"]
