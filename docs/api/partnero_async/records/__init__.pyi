__all__ = [
    "Balance",
    "BalanceAmount",
    "ConnectedProgram",
    "ConnectedProgramType",
    "Coupon",
    "CouponDiscountType",
    "CouponDurationType",
    "CouponPromotionCodes",
    "CouponSynchronization",
    "CurrencyAmount",
    "Customer",
    "CustomerBalance",
    "CustomerStatus",
    "FreeFormSettings",
    "FrozenMapping",
    "KeyCheck",
    "Lead",
    "LeadAnswer",
    "LeadCommission",
    "LeadContact",
    "LeadCustomer",
    "LeadField",
    "LeadFieldType",
    "LeadForm",
    "LeadStatus",
    "LeadSubmitter",
    "LinkDomain",
    "Partner",
    "PartnerCommissions",
    "PartnerReferrals",
    "PartnerReward",
    "PartnerStatus",
    "PayoutRequest",
    "PayoutStatus",
    "PortalSettings",
    "Program",
    "ProgramDeletion",
    "ProgramDetails",
    "ProgramSettings",
    "ProgramStats",
    "ProgramType",
    "PromotionCode",
    "PromotionCodeCoupon",
    "PromotionCodeInfo",
    "PromotionCodeRedemption",
    "Record",
    "Redemption",
    "ReferralCustomer",
    "ReferralCustomerStats",
    "ReferralCustomerStatus",
    "ReferralLink",
    "ReferralTransaction",
    "ReferringCustomer",
    "Reward",
    "RewardFulfillment",
    "RewardStatus",
    "SignInUrl",
    "SigningSecret",
    "Subscriber",
    "SubscriberStatus",
    "Tag",
    "Transaction",
    "TransactionReward",
    "TransactionRewardStatus",
    "WebhookEventName",
    "WebhookSubscription",
]

class Balance(Record):
    currency: tuple[BalanceAmount, ...]

class BalanceAmount(Record):
    amount: DecimalOrText | None
    amount_units: str | None
    is_currency: bool | None

class ConnectedProgram(Record):
    pub_id: str
    type: ConnectedProgramType | str | None

class ConnectedProgramType(StrEnum):
    AFFILIATE = 'affiliate'
    REFER_A_FRIEND = 'refer_a_friend'
    @classmethod
    def spellings(cls) -> Mapping[str, Self]: ...

class Coupon(Record):
    identified_by: str | None
    envelope: str | None
    uuid_code: str
    id: IntOrText | None
    name: str | None
    active: bool | None
    coupon_discount_type: CouponDiscountType | str | None
    coupon_discount_amount: DecimalOrText | None
    coupon_duration_type: CouponDurationType | str | None
    coupon_duration_value: IntOrText | None
    redemption_specific_date_status: bool | None
    redemption_specific_date_value: date | None
    redemption_times_status: bool | None
    redemption_times_value: IntOrText | None
    metadata: Mapping[str, Any] | tuple[Any, ...]
    additional_info: Mapping[str, Any] | tuple[Any, ...]
    times_redeemed: IntOrText | None
    promotion_codes: CouponPromotionCodes | None
    created_at: datetime | None
    updated_at: datetime | None
    deleted_at: datetime | None
    synchronization: CouponSynchronization | None

class CouponDiscountType(StrEnum):
    PERCENT = 'percent'
    STATIC = 'static'
    @classmethod
    def spellings(cls) -> Mapping[str, Self]: ...

class CouponDurationType(StrEnum):
    ONCE = 'once'
    HOURS = 'hours'
    DAYS = 'days'
    MONTHS = 'months'
    YEARS = 'years'
    LIFETIME = 'lifetime'
    @classmethod
    def spellings(cls) -> Mapping[str, Self]: ...

class CouponPromotionCodes(Record):
    data: tuple[PromotionCode, ...]

class CouponSynchronization(Record):
    message: str | None
    synchronization_enabled: bool | None
    synchronization_successful: bool | None
    synchronization_message: str | None

class CurrencyAmount(Record):
    currency: str | None
    amount: DecimalOrText | None

class Customer(Record):
    identified_by: str | None
    key: str
    partner: str | None
    deleted: bool | None
    name: str | None
    surname: str | None
    email: str | None
    status: CustomerStatus | str | None
    tags: tuple[Tag, ...] | None
    created_at: datetime | None
    updated_at: datetime | None
    deleted_at: datetime | None

class CustomerBalance(Record):
    customer: ReferralCustomer | None
    balance: Balance | None
    amounts: tuple[BalanceAmount, ...]

class CustomerStatus(StrEnum):
    ACTIVE = 'active'
    @classmethod
    def spellings(cls) -> Mapping[str, Self]: ...

class FreeFormSettings(Record):
    ...

class FrozenMapping(Mapping[str, Any]):
    def __init__(self, items: Mapping[str, Any] | None = None) -> None: ...
    def __getitem__(self, name: str) -> Any: ...
    def __iter__(self) -> Iterator[str]: ...
    def __len__(self) -> int: ...

class KeyCheck(Record):
    program: ConnectedProgram | None

class Lead(Record):
    identified_by: str | None
    id: IntOrText
    status: LeadStatus | str | None
    created_at: date | None
    lead_info: LeadContact | None
    converted_to: LeadCustomer | None
    submitter: LeadSubmitter | None
    submission_form: tuple[LeadAnswer, ...]
    can_be_converted: bool | None
    can_be_rejected: bool | None

class LeadAnswer(Record):
    question: str | None
    answer: Any

class LeadCommission(Record):
    currency: str | None
    commission: DecimalOrText | None
    commission_type: str | None

class LeadContact(Record):
    name: str | None
    email: str | None

class LeadCustomer(Record):
    key: str | None
    name: str | None
    email: str | None

class LeadField(Record):
    id: int
    type: LeadFieldType | str | None
    title: str | None
    text: str | None
    description: str | None
    required: BoolOrText | None
    options: Mapping[str, Any] | tuple[Any, ...]

class LeadFieldType(StrEnum):
    TEXT = 'text'
    INPUT = 'input'
    TEXTAREA = 'textarea'
    CHECKBOX = 'checkbox'
    RADIO = 'radio'
    SELECT = 'select'
    COUNTRIES = 'countries'
    @classmethod
    def spellings(cls) -> Mapping[str, Self]: ...

class LeadForm(Record):
    leads_enabled: BoolOrText | None
    program_leads_commission_type: str | None
    leads_commission: LeadCommission | None
    leads_custom_form_fields: tuple[LeadField, ...]

class LeadStatus(StrEnum):
    SUBMITTED = 'submitted'
    CONVERTED = 'converted'
    REJECTED = 'rejected'
    @classmethod
    def spellings(cls) -> Mapping[str, Self]: ...

class LeadSubmitter(Record):
    id: str | None
    name: str | None
    email: str | None

class LinkDomain(Record):
    identified_by: str | None
    domain: str
    id: int | None
    url: str | None
    is_additional: bool | None

class Partner(Record):
    identified_by: str | None
    id: str
    key: str | None
    email: str | None
    name: str | None
    surname: str | None
    approved: bool | None
    status: PartnerStatus | str | None
    custom_fields: Mapping[str, Any] | tuple[Any, ...]
    created_at: datetime | None
    updated_at: datetime | None
    tos: bool | None
    referrals_count: int | None
    tags: tuple[Tag, ...] | None
    referral_link: str | None
    referral_links: tuple[str, ...] | None
    custom_field_values: Mapping[str, Any] | tuple[Any, ...]
    referrals: PartnerReferrals | None
    commissions: PartnerCommissions | None

class PartnerCommissions(Record):
    paid: DecimalOrText | None
    pending: tuple[CurrencyAmount, ...]
    not_paid: tuple[CurrencyAmount, ...]

class PartnerReferrals(Record):
    clicks: int | None
    signups: int | None
    revenue: tuple[CurrencyAmount, ...]
    sales_count: int | None
    paid_accounts: int | None

class PartnerReward(Record):
    ...

class PartnerStatus(StrEnum):
    ACTIVE = 'active'
    PENDING = 'pending'
    ARCHIVED = 'archived'
    DELETED = 'deleted'
    @classmethod
    def spellings(cls) -> Mapping[str, Self]: ...

class PayoutRequest(Record):
    identified_by: str | None
    id: IntOrText | None
    status: PayoutStatus | str | None

class PayoutStatus(StrEnum):
    REQUESTED = 'requested'
    APPROVED = 'approved'
    FINISHED = 'finished'
    REJECTED = 'rejected'
    RESUBMIT_REQUESTED = 'resubmit_requested'
    RESUBMITTED = 'resubmitted'
    @classmethod
    def spellings(cls) -> Mapping[str, Self]: ...

class PortalSettings(Record):
    program_page_enabled: BoolOrText | None
    leads_page_enabled: BoolOrText | None
    registration_disabled: BoolOrText | None
    google_login_enabled: BoolOrText | None
    passwordless_login_enabled: BoolOrText | None
    sub_accounts_enabled: BoolOrText | None
    widget_enabled: BoolOrText | None
    signup_popup_enabled: BoolOrText | None
    embeddable_form_enabled: BoolOrText | None
    popup_form_enabled: BoolOrText | None

class Program(Record):
    public_id: str
    id: int | None
    website: str | None
    initial: str | None
    type: ProgramType | str | None
    name: str | None
    created_at: date | None
    last_edited: date | None

class ProgramDeletion(Record):
    confirmation_code: str

class ProgramDetails(Record):
    program: Program | None
    stats: ProgramStats | None
    program_settings: ProgramSettings | None
    portal_settings: PortalSettings | None

class ProgramSettings(Record):
    currency: str | None
    cookie_lifetime: IntOrText | None
    commission_description: str | None
    commission_value: Decimal | str | None
    has_multiple_commissions: BoolOrText | None
    payout_threshold: DecimalOrText | None
    welcome_email_enabled: BoolOrText | None
    onboarding_enabled: BoolOrText | None
    partner_email_notifications_enabled: BoolOrText | None
    referral_portal_enabled: BoolOrText | None
    rewards_notification_enabled: BoolOrText | None

class ProgramStats(Record):
    total_partners: IntOrText | None
    total_partners_growth: DecimalOrText | None
    total_purchases: IntOrText | None
    total_purchases_growth: DecimalOrText | None
    total_signups: IntOrText | None
    total_signups_growth: DecimalOrText | None
    total_paid_accounts: IntOrText | None
    total_paid_accounts_growth: DecimalOrText | None
    total_reward: Mapping[str, Any]
    total_reward_growth: DecimalOrText | None
    total_revenue: Mapping[str, Any]
    total_revenue_growth: DecimalOrText | None
    affiliate_referred_visitors_clicks: IntOrText | None
    affiliate_referred_visitors_clicks_growth: DecimalOrText | None
    click_to_signup_conversion: DecimalOrText | None
    click_to_signup_conversion_growth: DecimalOrText | None
    signup_to_sale_conversion: DecimalOrText | None
    signup_to_sale_conversion_growth: DecimalOrText | None
    total_paid: Mapping[str, Any]
    total_pending: Mapping[str, Any]
    net_profit: DecimalOrText | None
    net_profit_growth: DecimalOrText | None
    net_profit_formatted: str | None
    average_order_value: Mapping[str, Any]
    rewards_breakdown: Mapping[str, Any]
    partner_activity: Mapping[str, Any]
    payout_status_breakdown: Mapping[str, Any]

class ProgramType(StrEnum):
    AFFILIATE = 'Affiliate'
    REFERRAL = 'Referral'
    NEWSLETTER = 'Newsletter'
    @classmethod
    def spellings(cls) -> Mapping[str, Self]: ...

class PromotionCode(Record):
    identified_by: str | None
    code: str
    id: IntOrText | None
    first_time_order: bool | None
    limit_to_specific_partner: bool | None
    coupon_specific_partners: Mapping[str, Any] | tuple[Any, ...]
    limit_to_specific_customer: bool | None
    coupon_specific_customers: Mapping[str, Any] | tuple[Any, ...]
    limit_to_specific_subscriber: bool | None
    coupon_specific_subscribers: Mapping[str, Any] | tuple[Any, ...]
    minimum_order_status: bool | None
    minimum_order_value: DecimalOrText | None
    expiration_date_status: bool | None
    expiration_date_value: date | None
    redemption_times_status: bool | None
    redemption_times_value: IntOrText | None
    metadata: Mapping[str, Any] | tuple[Any, ...]
    additional_info: PromotionCodeInfo | None
    times_redeemed: IntOrText | None
    coupon: PromotionCodeCoupon | None
    created_at: datetime | None
    updated_at: datetime | None
    def redemption_of(self, transaction_key: str) -> PromotionCodeRedemption | None: ...

class PromotionCodeCoupon(Record):
    uuid_code: str | None
    name: str | None
    active: bool | None
    coupon_discount_type: str | None
    coupon_discount_amount: DecimalOrText | None
    coupon_duration_type: str | None
    coupon_duration_value: IntOrText | None
    created_at: datetime | None
    updated_at: datetime | None

class PromotionCodeInfo(Record):
    redemptions: tuple[PromotionCodeRedemption, ...]

class PromotionCodeRedemption(Record):
    redeemed_at: datetime | None
    transaction_key: str | None

class Record:
    identified_by: str | None
    envelope: str | None
    extra: Mapping[str, Any]
    unread: tuple[str, ...]
    def to_dict(self) -> dict[str, Any]: ...

class Redemption:
    def __init__(
        self,
        *,
        promotion_code: PromotionCode,
        recorded: bool | None,
        entry: PromotionCodeRedemption | None = None,
    ): ...
    promotion_code: PromotionCode
    recorded: bool | None
    entry: PromotionCodeRedemption | None

class ReferralCustomer(Record):
    identified_by: str | None
    id: str
    email: str | None
    name: str | None
    surname: str | None
    status: ReferralCustomerStatus | str | None
    approved: bool | None
    tos: bool | None
    referring_customer: ReferringCustomer | None
    referrals_count: int | None
    metadata: Mapping[str, Any] | tuple[Any, ...]
    custom_fields: Mapping[str, Any] | tuple[Any, ...]
    referral_link: str | None
    referral_links: tuple[str, ...]
    created_at: datetime | None
    updated_at: datetime | None

class ReferralCustomerStats(Record):
    clicks: IntOrText | None
    referrals_count: IntOrText | None

class ReferralCustomerStatus(StrEnum):
    ACTIVE = 'active'
    DELETED = 'deleted'
    @classmethod
    def spellings(cls) -> Mapping[str, Self]: ...

class ReferralLink(Record):
    identified_by: str | None
    key: str
    id: str | None
    url: str | None
    default: bool | None
    is_additional: bool | None
    direct_tracking: bool | None
    direct_tracking_redirect: bool | None
    direct_tracking_redirect_url: str | None

class ReferralTransaction(Record):
    key: str | None
    action: str | None
    amount: DecimalOrText | None
    referrer: str | None
    referred: str | None
    credit: bool | None
    is_currency: bool | None
    amount_units: str | None
    created_at: datetime | None
    deleted_at: datetime | None
    rewards: tuple[TransactionReward, ...]

class ReferringCustomer(Record):
    id: str | None
    key: str | None
    email: str | None
    name: str | None
    surname: str | None

class Reward(Record):
    identified_by: str | None
    id: int
    name: str | None
    description: str | None
    status: RewardStatus | str | None
    type: str | None
    fulfillment_type: RewardFulfillment | str | None
    fulfillment_type_name: str | None
    fulfillment_value: str | None
    subscriber_count: int | None
    times_triggered: int | None
    created_at: datetime | None
    updated_at: datetime | None

class RewardFulfillment(StrEnum):
    URL_LINK = 'url_link'
    GENERIC_COUPON = 'generic_coupon'
    AMAZON_GIFT_CARD = 'amazon_gift_card'
    @classmethod
    def spellings(cls) -> Mapping[str, Self]: ...

class RewardStatus(StrEnum):
    ACTIVE = 'active'
    @classmethod
    def spellings(cls) -> Mapping[str, Self]: ...

class SignInUrl(Record):
    url: str | None

class SigningSecret:
    def __init__(self, value: str) -> None: ...
    def reveal(self) -> str: ...

class Subscriber(Record):
    identified_by: str | None
    email: str
    id: str | None
    name: str | None
    is_referred: bool | None
    tos: bool | None
    marketing_consent: bool | None
    status: SubscriberStatus | str | None
    approved: bool | None
    portal_link: str | None
    share_link: str | None
    referrals_count: int | None
    reward: tuple[Any, ...]
    created_at: datetime | None
    updated_at: datetime | None
    deleted_at: datetime | None

class SubscriberStatus(StrEnum):
    ACTIVE = 'active'
    REJECTED = 'rejected'
    SUSPENDED = 'suspended'
    @classmethod
    def spellings(cls) -> Mapping[str, Self]: ...

class Tag(Record):
    value: str

class Transaction(Record):
    key: str | None
    action: str | None
    amount: DecimalOrText | None
    partner: str | None
    customer: str | None
    credit: bool | None
    is_currency: bool | None
    amount_units: str | None
    created_at: datetime | None
    deleted_at: datetime | None
    rewards: tuple[TransactionReward, ...]

class TransactionReward(Record):
    key: str | None
    action: str | None
    status: TransactionRewardStatus | str | None
    customer: str | None
    partner: str | None
    amount: DecimalOrText | None
    amount_units: str | None
    is_currency: bool | None
    credit: bool | None
    created_at: datetime | None
    deleted_at: datetime | None
    product_type_data: Mapping[str, Any] | tuple[Any, ...]

class TransactionRewardStatus(StrEnum):
    OK = 'ok'
    @classmethod
    def spellings(cls) -> Mapping[str, Self]: ...

class WebhookEventName(StrEnum):
    PARTNER_CREATED = 'partner.created'
    PARTNER_UPDATED = 'partner.updated'
    PARTNER_DELETED = 'partner.deleted'
    PARTNER_APPROVED = 'partner.approved'
    PARTNER_REJECTED = 'partner.rejected'
    PARTNER_ARCHIVED = 'partner.archived'
    CUSTOMER_CREATED = 'customer.created'
    CUSTOMER_UPDATED = 'customer.updated'
    CUSTOMER_DELETED = 'customer.deleted'
    CUSTOMER_CREDITED = 'customer.credited'
    CUSTOMER_REWARDED = 'customer.rewarded'
    TRANSACTION_CREATED = 'transaction.created'
    TRANSACTION_DELETED = 'transaction.deleted'
    LEAD_SUBMITTED = 'lead.submitted'
    LEAD_CONVERTED = 'lead.converted'
    LEAD_REJECTED = 'lead.rejected'
    SUBSCRIBER_CREATED = 'subscriber.created'
    SUBSCRIBER_UPDATED = 'subscriber.updated'
    SUBSCRIBER_DELETED = 'subscriber.deleted'
    SUBSCRIBER_REWARDED = 'subscriber.rewarded'
    @classmethod
    def spellings(cls) -> Mapping[str, Self]: ...

class WebhookSubscription(Record):
    identified_by: str | None
    key: str
    name: str | None
    url: str | None
    is_active: bool | None
    signature: SigningSecret | None
    events: tuple[WebhookEventName | str, ...]
