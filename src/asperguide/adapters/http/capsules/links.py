"""Links that lead to a letter: out of a mail, into an account; and to a countdown that anybody may see.

What they end with is a secret: nothing but the pattern of the address is logged, traced or counted.
"""

from uuid import UUID

import msgspec
from litestar import Response
from litestar.params import FromPath

from asperguide.adapters.http.bodies import ApiRequest
from asperguide.adapters.http.capsules.parts import CAPSULES, CLAIM, COUNTDOWN, COUNTED, SHARED, SHUT, unkept
from asperguide.adapters.http.handlers import delete, get, post
from asperguide.adapters.http.once import Once
from asperguide.adapters.http.openapi_parts import CREATED
from asperguide.adapters.http.preconditions import single, version_of
from asperguide.adapters.http.routes import Given, route
from asperguide.capsules import (
    CapsuleId,
    CapsuleView,
    ClaimCapsule,
    ClaimView,
    CountdownId,
    CountdownView,
    ListCountdowns,
    MadeCountdown,
    RevokeCountdown,
    SeeCountdown,
    ShareCountdown,
    SharedCountdown,
    ShowClaim,
)
from asperguide.capsules.errors import (
    CapsuleInWrongState,
    CapsuleNotFound,
    ClaimExpired,
    ClaimNotFound,
    ClaimUsed,
    CountdownNotFound,
    LetterUnreadable,
    TooManyCountdowns,
)
from asperguide.shared.actor import Actor
from asperguide.shared.errors import EditedMeanwhile, Forbidden, NotWhileImpersonating

CLAIMING = (ClaimNotFound, ClaimUsed, ClaimExpired)
READY = {**SHUT, "state": "ready"}


class Countdowns(msgspec.Struct, frozen=True, kw_only=True):
    """The countdowns of a capsule that are shared."""

    items: tuple[SharedCountdown, ...]


@get(
    "/capsules/claims/{token:str}",
    tags=CAPSULES,
    **route("show_claim", ShowClaim, public=True, versioned="read", raises=CLAIMING, answer_example=CLAIM),
)
async def show_claim(token: FromPath[str], request: ApiRequest, show_claim: Given[ShowClaim]) -> Response[ClaimView]:
    claim = await show_claim(token)
    return unkept(single(request, claim, version_of(claim)))


@post(
    "/capsules/claims/{token:str}",
    status_code=200,
    tags=CAPSULES,
    **route(
        "claim_capsule", ClaimCapsule, answer_example=READY,
        raises=(*CLAIMING, EditedMeanwhile, NotWhileImpersonating, LetterUnreadable),
    ),
)  # fmt: skip
async def claim_capsule(token: FromPath[str], actor: Given[Actor], claim_capsule: Given[ClaimCapsule]) -> CapsuleView:
    return await claim_capsule(actor, token)


@post(
    "/capsules/{id:uuid}/countdowns",
    tags=CAPSULES,
    **route(
        "share_countdown", ShareCountdown, idempotent=True, answer_example=SHARED, answers=CREATED,
        raises=(CapsuleNotFound, CapsuleInWrongState, TooManyCountdowns, Forbidden, NotWhileImpersonating),
    ),
)  # fmt: skip
async def share_countdown(
    id: FromPath[UUID], actor: Given[Actor], share_countdown: Given[ShareCountdown], once: Given[Once]
) -> Response[MadeCountdown]:
    shared = await once(MadeCountdown, lambda: share_countdown(actor, CapsuleId(id)))
    return Response(shared, status_code=201, headers={"location": shared.url})


@get(
    "/capsules/{id:uuid}/countdowns",
    tags=CAPSULES,
    **route(
        "list_countdowns", ListCountdowns, versioned="read", raises=(CapsuleNotFound,),
        answer_example={"items": [COUNTDOWN]},
    ),
)  # fmt: skip
async def list_countdowns(
    id: FromPath[UUID], request: ApiRequest, actor: Given[Actor], list_countdowns: Given[ListCountdowns]
) -> Response[Countdowns]:
    countdowns = Countdowns(items=tuple(await list_countdowns(actor, CapsuleId(id))))
    return single(request, countdowns, version_of(countdowns))


@delete(
    "/capsules/{id:uuid}/countdowns/{countdown:uuid}",
    status_code=204,
    tags=CAPSULES,
    **route("revoke_countdown", RevokeCountdown, raises=(CapsuleNotFound, CountdownNotFound)),
)
async def revoke_countdown(
    id: FromPath[UUID],
    countdown: FromPath[UUID],
    actor: Given[Actor],
    revoke_countdown: Given[RevokeCountdown],
) -> None:
    await revoke_countdown(actor, CapsuleId(id), CountdownId(countdown))


@get(
    "/capsules/countdowns/{token:str}",
    tags=CAPSULES,
    **route(
        "see_countdown", SeeCountdown, public=True, versioned="read", raises=(CountdownNotFound,),
        answer_example=COUNTED,
    ),
)  # fmt: skip
async def see_countdown(
    token: FromPath[str], request: ApiRequest, see_countdown: Given[SeeCountdown]
) -> Response[CountdownView]:
    countdown = await see_countdown(token)
    return unkept(single(request, countdown, version_of(countdown)))


ROUTES = (
    show_claim,
    claim_capsule,
    share_countdown,
    list_countdowns,
    revoke_countdown,
    see_countdown,
)
