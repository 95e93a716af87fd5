"""The sandbox that tests and programs hold: its settings, its ASGI app, its counters."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from os import PathLike, fspath
from typing import get_args

import httpx
from starlette.types import ASGIApp

from .app import App
from .calls import PROVIDERS, Program, ProgramType, Provider
from .conditions import Conditions, RateLimit
from .courier import Courier
from .delivery import Delivery
from .faults import Fault
from .journal import Entry, Journal
from .newsletter_seeding import seed as fill_newsletter
from .nouns import ROUTES, SCHEMA
from .referral_seeding import seed as fill_referral
from .routing import RouteTable
from .seeding import seed as fill_affiliate
from .stats import Counters, Stats
from .store import Store

DEFAULT_API_KEYS: Mapping[str, ProgramType] = {
    "sandbox_affiliate": "affiliate",
    "sandbox_referral": "referral",
    "sandbox_newsletter": "newsletter",
}


class Sandbox:
    """A local Partnero.

    - `path`: a file for its state, which then survives restarts; only an empty one is seeded. A file of
      another version gets the tables that it lacks; if it has different ones, `StateError` is raised.
    - `customers`, `partners`, `seed`: what every affiliate program starts with, and without partners every
      refer-a-friend program; same seed, same data.
    - `subscribers`: how many every newsletter starts with.
    - `api_keys`: API keys, and the type of each one's program: `affiliate`, `referral` or `newsletter`.
    - `commission_percent`: what a sale earns its partner.
    - `providers`: what every program is connected to, so that coupons can be made there too: `stripe`,
      `shopify`, `woocommerce`, `paddle`.
    - `referral_reward`: what a sale earns who referred its buyer, in a refer-a-friend program.
    - `unique_emails`: whether two customers of a program cannot have the same e-mail address.
    - `latency`: the shortest and longest time a request takes, in seconds.
    - `rate_limit`: (requests, per_seconds, whether headers show it), a fixed window per API key.
    - `faults`: rules of misbehaviour, see `Fault`.
    - `webhook_retries`: seconds before each further attempt to deliver a webhook; after the last one it is
      given up.
    - `deliver_to`: hosts beside this machine that webhooks may be delivered to.
    - `on_request`: called with each request when it was answered: `method`, `target`, `outcome`,
      `milliseconds`;
    - `control`: whether the endpoints under `/_sandbox` are served, and the inspector at `/`.
    """

    def __init__(
        self,
        path: str | PathLike[str] = ":memory:",
        *,
        customers: int = 0,
        partners: int = 10,
        subscribers: int = 0,
        seed: int = 1,
        api_keys: Mapping[str, ProgramType] | None = None,
        commission_percent: Decimal = Decimal("30"),
        providers: Iterable[Provider] = (),
        referral_reward: Decimal = Decimal("10"),
        unique_emails: bool = False,
        latency: tuple[float, float] = (0.0, 0.0),
        rate_limit: tuple[int, float, bool] | None = None,
        faults: Iterable[Fault] = (),
        webhook_retries: Sequence[float] = (1.0, 2.0, 4.0, 8.0),
        deliver_to: Iterable[str] = (),
        control: bool = True,
        on_request: Callable[[Entry], None] | None = None,
    ) -> None:
        if subscribers < 0:
            raise ValueError("subscribers must not be negative")
        connected = _providers(providers)
        programs = _programs(DEFAULT_API_KEYS if api_keys is None else api_keys)
        _check_numbers(programs, customers=customers, partners=partners, referral_reward=referral_reward)
        self._conditions = Conditions(seed=seed, latency=latency, rate_limit=rate_limit, faults=faults)
        self._counters = Counters()
        self._store = Store(fspath(path), SCHEMA)
        try:
            self._courier = Courier(self._store, retries=webhook_retries, deliver_to=deliver_to)
        except ValueError:
            self._store.close()
            raise
        if self._store.is_new:
            for program in programs.values():
                if program.type == "affiliate":
                    fill_affiliate(
                        self._store,
                        program,
                        seed=seed,
                        partners=partners,
                        customers=customers,
                        commission_percent=commission_percent,
                    )
                elif program.type == "referral":
                    fill_referral(
                        self._store, program, seed=seed, customers=customers, referral_reward=referral_reward
                    )
                else:
                    fill_newsletter(self._store, program, seed=seed, subscribers=subscribers)
        self._app = App(
            store=self._store,
            table=RouteTable(ROUTES),
            programs=programs,
            commission_percent=commission_percent,
            providers=connected,
            referral_reward=referral_reward,
            unique_emails=unique_emails,
            conditions=self._conditions,
            counters=self._counters,
            courier=self._courier,
            journal=Journal(on_request),
            control=control,
        )

    @property
    def app(self) -> ASGIApp:
        """The ASGI application, for `httpx.ASGITransport` or any server."""
        return self._app

    @property
    def stats(self) -> Stats:
        """What was asked and answered so far."""
        return self._counters.snapshot()

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The rules of misbehaviour; assign others at any time."""
        return self._conditions.faults

    @faults.setter
    def faults(self, faults: Iterable[Fault]) -> None:
        self._conditions.faults = tuple(faults)

    @property
    def latency(self) -> tuple[float, float]:
        """The shortest and longest time of a request, in seconds; can be assigned at any time."""
        return self._conditions.latency

    @latency.setter
    def latency(self, latency: tuple[float, float]) -> None:
        self._conditions.latency = latency

    @property
    def rate_limit(self) -> RateLimit | None:
        """The rate limit; assigning one starts new windows."""
        return self._conditions.rate_limit

    @rate_limit.setter
    def rate_limit(self, rate_limit: tuple[int, float, bool] | None) -> None:
        self._conditions.rate_limit = rate_limit

    @property
    def deliveries(self) -> tuple[Delivery, ...]:
        """What was emitted to webhook subscriptions, in order, and what became of it."""
        return self._courier.deliveries

    async def deliver(self, transport: httpx.AsyncBaseTransport | None = None) -> tuple[Delivery, ...]:
        """Send what is due now, each once, and return what was tried.

        A served sandbox delivers by itself; one in memory only when it is asked. `transport` leads to the app
        under test, such as `httpx.ASGITransport(app)`, whatever host the subscription names.
        """
        return await self._courier.deliver(transport)

    def resend(self, number: int) -> Delivery:
        """Make a delivery due at once, with the same bytes, whatever became of it.

        Raises `LookupError` when there is none with this number, and `NotSubscribed` when its subscription
        was deleted or switched off.
        """
        return self._courier.resend(number)

    async def run_deliveries(self) -> None:
        """Deliver whatever is due, as soon as it is, until cancelled; `serve` and `running` do so."""
        await self._courier.run()

    def close(self) -> None:
        """Close the database; a second time does nothing."""
        self._store.close()


def _providers(providers: Iterable[Provider]) -> frozenset[Provider]:
    connected = frozenset(providers)
    if not connected <= set(PROVIDERS):
        raise ValueError(f"a provider is one of {', '.join(PROVIDERS)}, not {', '.join(sorted(connected))}")
    return connected


def _check_numbers(
    programs: Mapping[str, Program], *, customers: int, partners: int, referral_reward: Decimal
) -> None:
    need_partner = customers and any(program.type == "affiliate" for program in programs.values())
    if customers < 0 or partners < 0 or (need_partner and not partners):
        raise ValueError("customers and partners must not be negative, and customers need a partner")
    if not referral_reward.is_finite() or referral_reward < 0:
        raise ValueError("referral_reward must be an amount, and not negative")


def _programs(api_keys: Mapping[str, ProgramType]) -> dict[str, Program]:
    if not api_keys:
        raise ValueError("a sandbox needs at least one API key")
    for api_key, kind in api_keys.items():
        if kind not in get_args(ProgramType):
            raise ValueError(f"the type of a program is {', '.join(get_args(ProgramType))}, not {kind!r}")
        if not api_key.strip() or not api_key.isascii() or not api_key.isprintable():
            raise ValueError("an API key must be printable ASCII text")
    return {api_key: Program(api_key, kind) for api_key, kind in api_keys.items()}
