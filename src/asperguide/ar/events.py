"""What prints announce."""

from asperguide.ar.model import ContentId, PublicId
from asperguide.shared.ports import Message
from asperguide.shared.tenancy import CompanyId


class ContentChanged(Message, frozen=True, kw_only=True):
    """Something about a content, or about what belongs to it, is another than before."""

    content: ContentId
    public_id: PublicId
    company: CompanyId
