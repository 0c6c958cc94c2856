"""Who may pass: tokens and cookies become an actor, each call is counted, strangers stay outside closed routes."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from asperguide.adapters.http import fields
from asperguide.adapters.http.addresses import subscriber
from asperguide.adapters.http.calls import Call
from asperguide.adapters.http.credentials import (
    ACCESS_COOKIE,
    SAFE,
    Authentication,
    bearer_of,
    brings_our_cookies,
    cookie_of,
    demand_same_site,
)
from asperguide.adapters.http.problems import TokenNeeded
from asperguide.adapters.http.routes import Plan
from asperguide.adapters.measuring import Counter
from asperguide.shared.errors import DomainError, Throttled
from asperguide.shared.ports import Budget, RateLimiter


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeRules:
    """What operators decide about the edge. `budgets` are named extra limits: per client address, or per user on routes
    that are closed to strangers.

    A request that takes longer than `slow_seconds` is logged as a warning.
    """

    anonymous: Budget
    user: Budget
    budgets: Mapping[str, Budget] = field(default_factory=dict)
    public_url: str = ""
    cors_origins: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    slow_seconds: float = 1.0


class Gate:
    """Decides on each call before any handler runs."""

    def __init__(self, rules: EdgeRules, authentication: Authentication, limiter: RateLimiter) -> None:
        self._rules = rules
        self._authentication = authentication
        self._take = limiter.take
        self.refused = Counter("asperguide_rate_limit_refusals", "Calls that were over a budget.", "budget")
        ours = {rules.public_url.rstrip("/"), *rules.cors_origins} - {""}
        self._ours = frozenset(origin.encode() for origin in ours)
        self._user = fields.policy(rules.user)
        self._anonymous = fields.policy(rules.anonymous)
        self._extra = {name: fields.policy(budget) for name, budget in rules.budgets.items()}

    async def admit(self, plan: Plan, call: Call, method: str) -> None:
        """Find out who calls, count the call, then refuse strangers where the route is not public.

        Raises Throttled, CrossSiteRequest, TokenNeeded or what authentication raised.
        """
        refusal = await self._recognise(call)
        await self._count(plan, call)
        if call.by_cookie and method not in SAFE:
            demand_same_site(call.headers, self._ours, call.actor, self._authentication.csrf_matches)
        if call.actor is None and not plan.public:
            raise refusal or TokenNeeded
        if refusal is not None and plan.declared.optional:
            raise refusal

    async def _recognise(self, call: Call) -> DomainError | None:
        """Set the actor. A token that is no good matters only where a route needs somebody, so it is given back."""
        authorization, cookies = call.headers.get(b"authorization"), call.headers.get(b"cookie")
        if authorization is not None:
            token = bearer_of(authorization)
        elif cookies is not None and brings_our_cookies(cookies):
            call.by_cookie = True
            token = cookie_of(cookies, ACCESS_COOKIE)
        else:
            return None
        if token:
            call.presented = True
            try:
                call.actor = self._authentication.now(token) or await self._authentication.later(token)
            except DomainError as error:
                return error
        return None

    async def _count(self, plan: Plan, call: Call) -> None:
        """Spend one call of the caller's budget, and of the route's own. Raises Throttled."""
        actor = call.actor
        if plan.declared.apart:
            name = plan.declared.budget
            budget, policy, subject = self._rules.budgets[name], self._extra[name], subscriber(call.address)
        elif actor is None:
            budget, policy, subject = self._rules.anonymous, self._anonymous, subscriber(call.address)
        else:
            budget, policy, subject = self._rules.user, self._user, f"user:{actor.user.hex}"
        admission = await self._take(budget, subject)
        left = fields.rate_limit(budget, admission)
        if plan.declared.budget and not plan.declared.apart and admission.admitted:
            budget = self._rules.budgets[plan.declared.budget]
            policy += b", " + self._extra[plan.declared.budget]
            admission = await self._take(budget, subscriber(call.address) if plan.public else subject)
            left += b", " + fields.rate_limit(budget, admission)
        call.extra += ((b"ratelimit", left), (b"ratelimit-policy", policy))
        if not admission.admitted:
            self.refused.add(budget.name)
            raise Throttled(retry_after=admission.resets_in)
