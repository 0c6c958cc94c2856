"""`/dev/mails`: what would have been delivered, for developers. Mounted only while DEBUG."""

from html import escape

from litestar import Controller, Response
from litestar.params import FromPath

from asperguide.adapters.http.handlers import get
from asperguide.adapters.http.pages import POLICY, html_response, page
from asperguide.adapters.http.problems import RouteNotFound
from asperguide.adapters.http.routes import Given, public
from asperguide.operations import KeptMailContent, MailArchive

FRAMED = POLICY + "; frame-src 'self'"
INSIDE = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)


class DevMails(Controller):
    """Wants `mails`: a MailArchive."""

    path = "/dev/mails"
    include_in_schema = False

    @get("/", opt=public())
    async def overview(self, mails: Given[MailArchive]) -> Response[str]:
        """The latest mails, newest first."""
        rows = "".join(
            f"<tr><td>{mail.sent_at:%Y-%m-%d %H:%M:%S} UTC</td><td>{escape(mail.to)}</td>"
            f'<td><a href="/dev/mails/{escape(mail.id)}">{escape(mail.subject)}</a></td></tr>'
            for mail in await mails.list()
        )
        table = f"<table><tr><th>Sent</th><th>To</th><th>Subject</th></tr>{rows}</table>"
        return page("Mails", table if rows else "<p>No mail was sent yet.</p>")

    @get("/{id:str}", opt=public())
    async def show(self, id: FromPath[str], mails: Given[MailArchive]) -> Response[str]:
        """One mail: header fields, the HTML in a frame that can do nothing, the text."""
        mail = await _found(mails, id)
        fields = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in mail.headers)
        frame = f'<iframe title="HTML" sandbox="allow-popups" src="/dev/mails/{escape(mail.id)}/html"></iframe>'
        body = f"<table>{fields}</table>{'<h2>HTML</h2>' + frame if mail.html else ''}<h2>Text</h2>"
        return page("Mail", f"{body}<pre>{escape(mail.text)}</pre>", policy=FRAMED)

    @get("/{id:str}/html", opt=public())
    async def html(self, id: FromPath[str], mails: Given[MailArchive]) -> Response[str]:
        """The HTML of a mail as it came, sandboxed even when it is opened by itself."""
        response = html_response((await _found(mails, id)).html, INSIDE)
        response.headers["x-frame-options"] = "SAMEORIGIN"
        return response


async def _found(mails: MailArchive, id: str) -> KeptMailContent:
    mail = await mails.read(id)
    if mail is None:
        raise RouteNotFound("There is no such mail.")
    return mail
