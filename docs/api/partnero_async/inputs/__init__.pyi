__all__ = [
    "By",
    "CodeHolder",
    "Crypto",
    "Gateway",
    "NewCustomer",
    "NewPromotionCode",
    "NewReferredCustomer",
    "Options",
    "PayPal",
    "PortalSettingsUpdate",
    "ProductRef",
    "ProgramSettingsUpdate",
    "RateLimit",
    "Ref",
    "Sale",
    "UNSET",
    "Unset",
    "Venmo",
    "Wise",
]
By: TypeAlias = Literal['id', 'key', 'email']

class CodeHolder:
    def __init__(self, *, id: str, full_name: str): ...
    id: str
    full_name: str
    def to_body(self, prefix: str) -> dict[str, str]: ...

class Crypto:
    def __init__(
        self,
        *,
        wallet_address: str,
        type: str | Unset = _UnsetType.UNSET,
        name: str | Unset = _UnsetType.UNSET,
    ): ...
    gateway: str
    wallet_address: str
    type: str | Unset
    name: str | Unset
    def to_settings(self) -> dict[str, Any]: ...
Gateway: TypeAlias = PayPal | Crypto | Venmo | Wise

class NewCustomer:
    def __init__(
        self,
        *,
        key: str,
        partner: Ref | Unset = _UnsetType.UNSET,
        email: str | Unset | None = _UnsetType.UNSET,
        name: str | Unset | None = _UnsetType.UNSET,
        surname: str | Unset | None = _UnsetType.UNSET,
        tags: Iterable[str] | Unset = _UnsetType.UNSET,
        created_at: datetime | int | Unset = _UnsetType.UNSET,
    ): ...
    key: str
    partner: Ref | Unset
    email: str | Unset | None
    name: str | Unset | None
    surname: str | Unset | None
    tags: Iterable[str] | Unset
    created_at: datetime | int | Unset
    def to_body(self) -> dict[str, Any]: ...

class NewPromotionCode:
    def __init__(
        self,
        *,
        code: str | Unset = _UnsetType.UNSET,
        first_time_order: bool | Unset = _UnsetType.UNSET,
        partner: CodeHolder | Unset = _UnsetType.UNSET,
        customer: CodeHolder | Unset = _UnsetType.UNSET,
        subscriber: CodeHolder | Unset = _UnsetType.UNSET,
        minimum_order_value: int | Unset = _UnsetType.UNSET,
        expiration_date_value: date | Unset = _UnsetType.UNSET,
        redemption_times_value: int | Unset = _UnsetType.UNSET,
        metadata: Mapping[str, Any] | Unset = _UnsetType.UNSET,
    ): ...
    code: str | Unset
    first_time_order: bool | Unset
    partner: CodeHolder | Unset
    customer: CodeHolder | Unset
    subscriber: CodeHolder | Unset
    minimum_order_value: int | Unset
    expiration_date_value: date | Unset
    redemption_times_value: int | Unset
    metadata: Mapping[str, Any] | Unset
    def to_body(self) -> dict[str, Any]: ...

class NewReferredCustomer:
    def __init__(
        self,
        *,
        id: str | Unset = _UnsetType.UNSET,
        key: str | Unset = _UnsetType.UNSET,
        email: str | Unset = _UnsetType.UNSET,
        referring_customer: Ref[Literal['id', 'key']] | Unset = _UnsetType.UNSET,
        name: str | Unset | None = _UnsetType.UNSET,
        surname: str | Unset | None = _UnsetType.UNSET,
        created_at: datetime | int | Unset = _UnsetType.UNSET,
    ): ...
    id: str | Unset
    key: str | Unset
    email: str | Unset
    referring_customer: Ref[Literal['id', 'key']] | Unset
    name: str | Unset | None
    surname: str | Unset | None
    created_at: datetime | int | Unset
    def to_body(self) -> dict[str, Any]: ...

class Options:
    def __init__(
        self,
        *,
        timeout: float | Unset | None = _UnsetType.UNSET,
        deadline: float | Unset | None = _UnsetType.UNSET,
        retries: int | Unset = _UnsetType.UNSET,
        safe_to_retry: Literal[True] | Unset = _UnsetType.UNSET,
    ): ...
    timeout: float | Unset | None
    deadline: float | Unset | None
    retries: int | Unset
    safe_to_retry: Literal[True] | Unset

class PayPal:
    def __init__(
        self,
        *,
        username: str,
        name: str | Unset = _UnsetType.UNSET,
        address: str | Unset = _UnsetType.UNSET,
        tax_id: str | Unset = _UnsetType.UNSET,
    ): ...
    gateway: str
    username: str
    name: str | Unset
    address: str | Unset
    tax_id: str | Unset
    def to_settings(self) -> dict[str, Any]: ...

class PortalSettingsUpdate(TypedDict):
    program_page_enabled: bool
    leads_page_enabled: bool
    registration_disabled: bool
    google_login_enabled: bool
    passwordless_login_enabled: bool
    sub_accounts_enabled: bool
    widget_enabled: bool
    signup_popup_enabled: bool
    embeddable_form_enabled: bool
    popup_form_enabled: bool
ProductRef: TypeAlias = str | int | Sequence[str | int]

class ProgramSettingsUpdate(TypedDict):
    currency: str
    cookie_lifetime: int
    welcome_email_enabled: bool
    onboarding_enabled: bool
    partner_email_notifications_enabled: bool
    referral_portal_enabled: bool
    rewards_notification_enabled: bool

class RateLimit:
    def __init__(self, requests: int, per_seconds: float = 60.0): ...
    requests: int
    per_seconds: float

class Ref(Generic[By_co]):
    def __init__(
        self,
        *,
        id: str | None = None,
        key: str | None = None,
        email: str | None = None,
    ): ...
    id: str | None
    key: str | None
    email: str | None
    by: By_co
    value: str
    def to_body(self) -> dict[str, str]: ...

class Sale:
    def __init__(
        self,
        *,
        key: str | Unset = _UnsetType.UNSET,
        amount: Decimal | int | Unset = _UnsetType.UNSET,
        reward: Decimal | int | Unset = _UnsetType.UNSET,
        amount_units: str | Unset = _UnsetType.UNSET,
        action: str | Unset = _UnsetType.UNSET,
        product_id: ProductRef | Unset = _UnsetType.UNSET,
        product_type: ProductRef | Unset = _UnsetType.UNSET,
        rewarded: bool | Unset = _UnsetType.UNSET,
        rewardable: bool | Unset = _UnsetType.UNSET,
        status: str | Unset = _UnsetType.UNSET,
        created_at: datetime | int | Unset = _UnsetType.UNSET,
        discount_amount: Decimal | int | Unset = _UnsetType.UNSET,
        gross_amount: Decimal | int | Unset = _UnsetType.UNSET,
        discount_code: str | Unset = _UnsetType.UNSET,
        customer: Ref | NewCustomer | NewReferredCustomer | Unset = _UnsetType.UNSET,
    ): ...
    key: str | Unset
    amount: Decimal | int | Unset
    reward: Decimal | int | Unset
    amount_units: str | Unset
    action: str | Unset
    product_id: ProductRef | Unset
    product_type: ProductRef | Unset
    rewarded: bool | Unset
    rewardable: bool | Unset
    status: str | Unset
    created_at: datetime | int | Unset
    discount_amount: Decimal | int | Unset
    gross_amount: Decimal | int | Unset
    discount_code: str | Unset
    customer: Ref | NewCustomer | NewReferredCustomer | Unset
    def to_body(self) -> dict[str, Any]: ...
UNSET: Final = _UnsetType.UNSET
Unset: TypeAlias = Literal[_UnsetType.UNSET]

class Venmo:
    def __init__(
        self,
        *,
        name: str,
        user_handle: str | Unset = _UnsetType.UNSET,
        email: str | Unset = _UnsetType.UNSET,
        phone: str | Unset = _UnsetType.UNSET,
    ): ...
    gateway: str
    name: str
    user_handle: str | Unset
    email: str | Unset
    phone: str | Unset
    def to_settings(self) -> dict[str, Any]: ...

class Wise:
    def __init__(self): ...
    gateway: str
    def to_settings(self) -> dict[str, Any]: ...
