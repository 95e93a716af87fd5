__all__ = [
    "Answer",
    "Claim",
    "CustomerCreated",
    "CustomerCredited",
    "CustomerDeleted",
    "CustomerEvent",
    "CustomerRewarded",
    "CustomerUpdated",
    "DurableSeenStore",
    "Event",
    "ExpiredDeliveryError",
    "Kept",
    "LeadConverted",
    "LeadEvent",
    "LeadRejected",
    "LeadSubmitted",
    "MalformedDeliveryError",
    "MemorySeenStore",
    "PartnerApproved",
    "PartnerArchived",
    "PartnerCreated",
    "PartnerDeleted",
    "PartnerEvent",
    "PartnerRejected",
    "PartnerUpdated",
    "Receiver",
    "RedisSeenStore",
    "ReferralCustomerCreated",
    "ReferralCustomerCredited",
    "ReferralCustomerDeleted",
    "ReferralCustomerEvent",
    "ReferralCustomerRewarded",
    "ReferralCustomerUpdated",
    "ReferralTransactionCreated",
    "ReferralTransactionDeleted",
    "ReferralTransactionEvent",
    "ReferralTransactionUpdated",
    "RewardApproved",
    "RewardCreated",
    "RewardEvent",
    "RewardPaid",
    "SQLiteSeenStore",
    "SeenStore",
    "SeenStoreError",
    "SignatureError",
    "SubscriberCreated",
    "SubscriberDeleted",
    "SubscriberEvent",
    "SubscriberRewarded",
    "SubscriberUpdated",
    "TransactionCreated",
    "TransactionDeleted",
    "TransactionEvent",
    "TransactionUpdated",
    "UnknownEvent",
    "WebhookEndpoint",
    "WebhookError",
]

class Answer:
    def __init__(
        self,
        *,
        status: int,
        text: str,
        headers: Mapping[str, str] = _Nothing.NOTHING,
    ): ...
    status: int
    text: str
    headers: Mapping[str, str]

class Claim(Enum):
    OURS = auto()
    IN_HAND = auto()
    DONE = auto()

class CustomerCreated(CustomerEvent):
    ...

class CustomerCredited(CustomerEvent):
    ...

class CustomerDeleted(CustomerEvent):
    ...

class CustomerEvent(Event):
    def __init__(
        self,
        *,
        name: WebhookEventName | str,
        created_at: datetime | None,
        webhook_key: str | None,
        url: str | None,
        fingerprint: str,
        data: Customer,
    ): ...
    data: Customer

class CustomerRewarded(CustomerEvent):
    ...

class CustomerUpdated(CustomerEvent):
    ...

class DurableSeenStore(SeenStore, Protocol):
    async def keep(
        self,
        fingerprint: str,
        owner: str,
        lease: float,
        body: bytes,
        signer: str,
    ) -> Claim: ...
    async def postpone(self, fingerprint: str, owner: str, seconds: float) -> None: ...
    async def take(self, owner: str, lease: float, signers: Collection[str]) -> Kept | None: ...
    async def due_in(self, signers: Collection[str]) -> float | None: ...
    async def overdue(self, seconds: float, signers: Collection[str]) -> int: ...

class Event:
    def __init__(
        self,
        *,
        name: WebhookEventName | str,
        data: Any,
        created_at: datetime | None,
        webhook_key: str | None,
        url: str | None,
        fingerprint: str,
    ): ...
    name: WebhookEventName | str
    data: Any
    created_at: datetime | None
    webhook_key: str | None
    url: str | None
    fingerprint: str

class ExpiredDeliveryError(WebhookError):
    ...

class Kept:
    def __init__(self, *, fingerprint: str, owner: str, body: bytes, attempts: int): ...
    fingerprint: str
    owner: str
    body: bytes
    attempts: int

class LeadConverted(LeadEvent):
    ...

class LeadEvent(Event):
    def __init__(
        self,
        *,
        name: WebhookEventName | str,
        created_at: datetime | None,
        webhook_key: str | None,
        url: str | None,
        fingerprint: str,
        data: Lead,
    ): ...
    data: Lead

class LeadRejected(LeadEvent):
    ...

class LeadSubmitted(LeadEvent):
    ...

class MalformedDeliveryError(WebhookError):
    ...

class MemorySeenStore:
    def __init__(
        self,
        *,
        max_age: float = MAX_AGE,
        max_count: int = MAX_COUNT,
        clock: Callable[[], float] = time.monotonic,
    ) -> None: ...
    async def claim(self, fingerprint: str, owner: str, lease: float) -> Claim: ...
    async def finish(self, fingerprint: str, owner: str) -> None: ...
    async def release(self, fingerprint: str, owner: str) -> None: ...
    async def aclose(self) -> None: ...

class PartnerApproved(PartnerEvent):
    ...

class PartnerArchived(PartnerEvent):
    ...

class PartnerCreated(PartnerEvent):
    ...

class PartnerDeleted(PartnerEvent):
    ...

class PartnerEvent(Event):
    def __init__(
        self,
        *,
        name: WebhookEventName | str,
        created_at: datetime | None,
        webhook_key: str | None,
        url: str | None,
        fingerprint: str,
        data: Partner,
    ): ...
    data: Partner

class PartnerRejected(PartnerEvent):
    ...

class PartnerUpdated(PartnerEvent):
    ...

class Receiver:
    def __init__(
        self,
        secret: str | Secret,
        *older: str | Secret,
        program: Program = 'affiliate',
        max_age: float | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None: ...
    program: Program
    signers: tuple[str, ...]
    def receive(self, body: bytes, headers: Headers) -> Event: ...

class RedisSeenStore:
    def __init__(self, url: str, *, max_age: float = MAX_AGE, prefix: str = 'partnero') -> None: ...
    async def claim(self, fingerprint: str, owner: str, lease: float) -> Claim: ...
    async def finish(self, fingerprint: str, owner: str) -> None: ...
    async def release(self, fingerprint: str, owner: str) -> None: ...
    async def aclose(self) -> None: ...

class ReferralCustomerCreated(ReferralCustomerEvent):
    ...

class ReferralCustomerCredited(ReferralCustomerEvent):
    ...

class ReferralCustomerDeleted(ReferralCustomerEvent):
    ...

class ReferralCustomerEvent(Event):
    def __init__(
        self,
        *,
        name: WebhookEventName | str,
        created_at: datetime | None,
        webhook_key: str | None,
        url: str | None,
        fingerprint: str,
        data: ReferralCustomer,
    ): ...
    data: ReferralCustomer

class ReferralCustomerRewarded(ReferralCustomerEvent):
    ...

class ReferralCustomerUpdated(ReferralCustomerEvent):
    ...

class ReferralTransactionCreated(ReferralTransactionEvent):
    ...

class ReferralTransactionDeleted(ReferralTransactionEvent):
    ...

class ReferralTransactionEvent(Event):
    def __init__(
        self,
        *,
        name: WebhookEventName | str,
        created_at: datetime | None,
        webhook_key: str | None,
        url: str | None,
        fingerprint: str,
        data: ReferralTransaction,
    ): ...
    data: ReferralTransaction

class ReferralTransactionUpdated(ReferralTransactionEvent):
    ...

class RewardApproved(RewardEvent):
    ...

class RewardCreated(RewardEvent):
    ...

class RewardEvent(Event):
    def __init__(
        self,
        *,
        name: WebhookEventName | str,
        created_at: datetime | None,
        webhook_key: str | None,
        url: str | None,
        fingerprint: str,
        data: TransactionReward,
    ): ...
    data: TransactionReward

class RewardPaid(RewardEvent):
    ...

class SQLiteSeenStore:
    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        max_age: float = MAX_AGE,
        max_count: int = MAX_COUNT,
        clock: Callable[[], float] = time.time,
    ) -> None: ...
    async def claim(self, fingerprint: str, owner: str, lease: float) -> Claim: ...
    async def keep(
        self,
        fingerprint: str,
        owner: str,
        lease: float,
        body: bytes,
        signer: str,
    ) -> Claim: ...
    async def finish(self, fingerprint: str, owner: str) -> None: ...
    async def release(self, fingerprint: str, owner: str) -> None: ...
    async def postpone(self, fingerprint: str, owner: str, seconds: float) -> None: ...
    async def take(self, owner: str, lease: float, signers: Collection[str]) -> Kept | None: ...
    async def due_in(self, signers: Collection[str]) -> float | None: ...
    async def overdue(self, seconds: float, signers: Collection[str]) -> int: ...
    async def aclose(self) -> None: ...

class SeenStore(Protocol):
    async def claim(self, fingerprint: str, owner: str, lease: float) -> Claim: ...
    async def finish(self, fingerprint: str, owner: str) -> None: ...
    async def release(self, fingerprint: str, owner: str) -> None: ...
    async def aclose(self) -> None: ...

class SeenStoreError(WebhookError):
    ...

class SignatureError(WebhookError):
    ...

class SubscriberCreated(SubscriberEvent):
    ...

class SubscriberDeleted(SubscriberEvent):
    ...

class SubscriberEvent(Event):
    def __init__(
        self,
        *,
        name: WebhookEventName | str,
        created_at: datetime | None,
        webhook_key: str | None,
        url: str | None,
        fingerprint: str,
        data: Subscriber,
    ): ...
    data: Subscriber

class SubscriberRewarded(SubscriberEvent):
    ...

class SubscriberUpdated(SubscriberEvent):
    ...

class TransactionCreated(TransactionEvent):
    ...

class TransactionDeleted(TransactionEvent):
    ...

class TransactionEvent(Event):
    def __init__(
        self,
        *,
        name: WebhookEventName | str,
        created_at: datetime | None,
        webhook_key: str | None,
        url: str | None,
        fingerprint: str,
        data: Transaction,
    ): ...
    data: Transaction

class TransactionUpdated(TransactionEvent):
    ...

class UnknownEvent(Event):
    def __init__(
        self,
        *,
        name: WebhookEventName | str,
        data: Any,
        created_at: datetime | None,
        webhook_key: str | None,
        url: str | None,
        fingerprint: str,
    ): ...

class WebhookEndpoint:
    def __init__(
        self,
        receiver: Receiver,
        handle: Handle,
        *,
        seen: SeenStore | None = None,
        background: bool = False,
        timeout: float | None = None,
        max_body: int = MAX_BODY,
    ) -> None: ...
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...
    async def deliver(self, body: bytes, headers: Headers) -> Answer: ...
    async def run(self) -> None: ...
    async def aclose(self) -> None: ...

class WebhookError(PartneroError):
    ...
