__all__ = [
    "Coupons",
    "CustomerReferralLinks",
    "Customers",
    "FreeFormSettingsResource",
    "Leads",
    "PartnerReferralLinks",
    "Partners",
    "PayoutRequests",
    "ProgramResource",
    "PromotionCodes",
    "ReferralCustomers",
    "ReferralTransactions",
    "Rewards",
    "Subscribers",
    "Transactions",
    "WebhookSubscriptions",
]

class Coupons:
    async def get(self, uuid_code: str, /, *, options: Options | None = None) -> Coupon: ...
    def list(
        self,
        *,
        limit: int = 100,
        page: int = 1,
        options: Options | None = None,
    ) -> Pager[Coupon]: ...
    async def create(
        self,
        *,
        coupon_discount_type: CouponDiscountType | Literal['percent', 'static'],
        coupon_discount_amount: Decimal | int,
        coupon_duration_type: CouponDurationType | Literal['once', 'hours', 'days', 'months', 'years', 'lifetime'],
        coupon_duration_value: int | Unset = UNSET,
        uuid_code: str | Unset = UNSET,
        name: str | Unset = UNSET,
        active: bool | Unset = UNSET,
        redemption_specific_date_value: date | Unset = UNSET,
        redemption_times_value: int | Unset = UNSET,
        promotion_codes: Iterable[NewPromotionCode] | Unset = UNSET,
        metadata: Mapping[str, Any] | Unset = UNSET,
        sync_provider: str | Unset = UNSET,
        options: Options | None = None,
    ) -> Coupon: ...
    async def update(
        self,
        uuid_code: str,
        /,
        *,
        name: str | Unset = UNSET,
        active: bool | Unset = UNSET,
        metadata: Mapping[str, Any] | Unset = UNSET,
        options: Options | None = None,
    ) -> Coupon: ...
    async def delete(self, uuid_code: str, /, *, options: Options | None = None) -> None: ...
    def stream(
        self,
        keys: Iterable[K] | AsyncIterable[K],
        *,
        concurrency: int | None = None,
        ordered: bool = False,
        stop_after: int | None = 50,
        deadline: float | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        options: Options | None = None,
    ) -> Stream[Outcome[K, T]]: ...
    async def get_many(
        self,
        keys: Iterable[K] | AsyncIterable[K],
        *,
        concurrency: int | None = None,
        stop_after: int | None = 50,
        deadline: float | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        options: Options | None = None,
    ) -> Batch[K, T]: ...

class CustomerReferralLinks:
    async def get(self, id: str, /, *, options: Options | None = None) -> ReferralLink: ...
    def search(
        self,
        *,
        id: str | None = None,
        key: str | None = None,
        limit: int = 100,
        page: int = 1,
        options: Options | None = None,
    ) -> Pager[ReferralLink]: ...
    async def create(
        self,
        *,
        key: str,
        customer: Ref,
        domain_id: int | Unset | None = UNSET,
        is_additional: bool | Unset | None = UNSET,
        options: Options | None = None,
    ) -> ReferralLink: ...
    async def update(
        self,
        id: str,
        /,
        *,
        new_key: str | Unset = UNSET,
        domain_id: int | Unset | None = UNSET,
        is_additional: bool | Unset = UNSET,
        direct_tracking: bool | Unset = UNSET,
        direct_tracking_redirect: bool | Unset = UNSET,
        direct_tracking_redirect_url: str | Unset | None = UNSET,
        options: Options | None = None,
    ) -> ReferralLink: ...
    async def delete(self, id: str, /, *, options: Options | None = None) -> None: ...
    def stream(
        self,
        keys: Iterable[K] | AsyncIterable[K],
        *,
        concurrency: int | None = None,
        ordered: bool = False,
        stop_after: int | None = 50,
        deadline: float | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        options: Options | None = None,
    ) -> Stream[Outcome[K, T]]: ...
    async def get_many(
        self,
        keys: Iterable[K] | AsyncIterable[K],
        *,
        concurrency: int | None = None,
        stop_after: int | None = 50,
        deadline: float | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        options: Options | None = None,
    ) -> Batch[K, T]: ...

class Customers:
    async def get(self, key: str, /, *, options: Options | None = None) -> Customer: ...
    def list(
        self,
        *,
        partner: Ref[Literal['key', 'email']] | None = None,
        sort: Literal['asc', 'desc'] | None = None,
        limit: int = 100,
        page: int = 1,
        options: Options | None = None,
    ) -> Pager[Customer]: ...
    def search(
        self,
        *,
        email: str | None = None,
        id: str | None = None,
        key: str | None = None,
        limit: int = 100,
        page: int = 1,
        options: Options | None = None,
    ) -> Pager[Customer]: ...
    async def create(
        self,
        *,
        key: str,
        partner: Ref,
        email: str | Unset | None = UNSET,
        name: str | Unset | None = UNSET,
        surname: str | Unset | None = UNSET,
        tags: Iterable[str] | Unset = UNSET,
        referral_url: str | Unset = UNSET,
        options: Options | None = None,
    ) -> Customer: ...
    async def update(
        self,
        customer: str | Ref[Literal['key']],
        /,
        *,
        email: str | Unset | None = UNSET,
        name: str | Unset | None = UNSET,
        surname: str | Unset | None = UNSET,
        new_key: str | Unset = UNSET,
        tags: Iterable[str] | Unset | None = UNSET,
        options: Options | None = None,
    ) -> Customer: ...
    async def delete(
        self,
        customer: str | Ref[Literal['key']],
        /,
        *,
        options: Options | None = None,
    ) -> None: ...
    async def archive(self, key: str, /, *, options: Options | None = None) -> None: ...
    async def unarchive(self, key: str, /, *, options: Options | None = None) -> None: ...
    def transactions(
        self,
        key: str,
        /,
        *,
        limit: int = 100,
        page: int = 1,
        options: Options | None = None,
    ) -> Pager[Transaction]: ...
    def stream(
        self,
        keys: Iterable[K] | AsyncIterable[K],
        *,
        concurrency: int | None = None,
        ordered: bool = False,
        stop_after: int | None = 50,
        deadline: float | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        options: Options | None = None,
    ) -> Stream[Outcome[K, T]]: ...
    async def get_many(
        self,
        keys: Iterable[K] | AsyncIterable[K],
        *,
        concurrency: int | None = None,
        stop_after: int | None = 50,
        deadline: float | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        options: Options | None = None,
    ) -> Batch[K, T]: ...

class FreeFormSettingsResource:
    async def update(
        self,
        settings: Mapping[str, Any],
        /,
        *,
        options: Options | None = None,
    ) -> FreeFormSettings: ...

class Leads:
    async def form(self, *, options: Options | None = None) -> LeadForm: ...
    async def get(self, id: int, /, *, options: Options | None = None) -> Lead: ...
    def list(
        self,
        *,
        sort: Literal['asc', 'desc'] | None = None,
        limit: int = 100,
        page: int = 1,
        options: Options | None = None,
    ) -> Pager[Lead]: ...
    async def create(
        self,
        *,
        name: str,
        email: str,
        partner: Ref,
        cfields: Answers | Unset = UNSET,
        options: Options | None = None,
    ) -> Lead: ...
    async def delete(self, id: int, /, *, options: Options | None = None) -> None: ...
    async def convert(
        self,
        id: int,
        /,
        *,
        commission_transaction_amount: Decimal | int,
        options: Options | None = None,
    ) -> Lead: ...
    async def reject(self, id: int, /, *, options: Options | None = None) -> Lead: ...
    def stream(
        self,
        keys: Iterable[K] | AsyncIterable[K],
        *,
        concurrency: int | None = None,
        ordered: bool = False,
        stop_after: int | None = 50,
        deadline: float | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        options: Options | None = None,
    ) -> Stream[Outcome[K, T]]: ...
    async def get_many(
        self,
        keys: Iterable[K] | AsyncIterable[K],
        *,
        concurrency: int | None = None,
        stop_after: int | None = 50,
        deadline: float | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        options: Options | None = None,
    ) -> Batch[K, T]: ...

class PartnerReferralLinks:
    async def get(self, id: str, /, *, options: Options | None = None) -> ReferralLink: ...
    def search(
        self,
        *,
        id: str | None = None,
        key: str | None = None,
        limit: int = 100,
        page: int = 1,
        options: Options | None = None,
    ) -> Pager[ReferralLink]: ...
    def domains(
        self,
        *,
        limit: int = 100,
        page: int = 1,
        options: Options | None = None,
    ) -> Pager[LinkDomain]: ...
    async def create(
        self,
        *,
        key: str,
        partner: Ref,
        domain_id: int | Unset | None = UNSET,
        is_additional: bool | Unset | None = UNSET,
        options: Options | None = None,
    ) -> ReferralLink: ...
    async def update(
        self,
        id: str,
        /,
        *,
        new_key: str | Unset = UNSET,
        domain_id: int | Unset | None = UNSET,
        is_additional: bool | Unset = UNSET,
        direct_tracking: bool | Unset = UNSET,
        direct_tracking_redirect: bool | Unset = UNSET,
        direct_tracking_redirect_url: str | Unset | None = UNSET,
        options: Options | None = None,
    ) -> ReferralLink: ...
    async def delete(self, id: str, /, *, options: Options | None = None) -> None: ...
    def stream(
        self,
        keys: Iterable[K] | AsyncIterable[K],
        *,
        concurrency: int | None = None,
        ordered: bool = False,
        stop_after: int | None = 50,
        deadline: float | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        options: Options | None = None,
    ) -> Stream[Outcome[K, T]]: ...
    async def get_many(
        self,
        keys: Iterable[K] | AsyncIterable[K],
        *,
        concurrency: int | None = None,
        stop_after: int | None = 50,
        deadline: float | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        options: Options | None = None,
    ) -> Batch[K, T]: ...

class Partners:
    async def get(self, id: str, /, *, options: Options | None = None) -> Partner: ...
    async def find(self, partner: Ref, /, *, options: Options | None = None) -> Partner: ...
    def list(
        self,
        *,
        sort: Literal['asc', 'desc'] | None = None,
        limit: int = 100,
        page: int = 1,
        options: Options | None = None,
    ) -> Pager[Partner]: ...
    def search(
        self,
        *,
        email: str | None = None,
        id: str | None = None,
        key: str | None = None,
        limit: int = 100,
        page: int = 1,
        options: Options | None = None,
    ) -> Pager[Partner]: ...
    async def create(
        self,
        *,
        email: str,
        name: str | Unset | None = UNSET,
        surname: str | Unset | None = UNSET,
        password: str | Unset = UNSET,
        id: str | Unset = UNSET,
        key: str | Unset = UNSET,
        tags: Iterable[str] | Unset = UNSET,
        referring_partner: Ref | Unset = UNSET,
        options: Options | None = None,
    ) -> Partner: ...
    async def update(
        self,
        partner: str | Ref[Literal['key', 'email']],
        /,
        *,
        email: str | Unset = UNSET,
        name: str | Unset | None = UNSET,
        surname: str | Unset | None = UNSET,
        password: str | Unset = UNSET,
        new_key: str | Unset = UNSET,
        tags: Iterable[str] | Unset | None = UNSET,
        options: Options | None = None,
    ) -> Partner: ...
    async def delete(
        self,
        partner: str | Ref[Literal['key', 'email']],
        /,
        *,
        options: Options | None = None,
    ) -> None: ...
    async def archive(self, id: str, /, *, options: Options | None = None) -> None: ...
    async def unarchive(self, id: str, /, *, options: Options | None = None) -> None: ...
    async def reward(
        self,
        id: str,
        /,
        *,
        amount: Decimal | int,
        date: datetime | Unset = UNSET,
        note: str | Unset = UNSET,
        options: Options | None = None,
    ) -> PartnerReward: ...
    async def sign_in_url(
        self,
        partner: Ref,
        /,
        *,
        expires_in: int | Unset = UNSET,
        options: Options | None = None,
    ) -> SignInUrl: ...
    def referral_links(
        self,
        id: str,
        /,
        *,
        limit: int = 100,
        page: int = 1,
        options: Options | None = None,
    ) -> Pager[ReferralLink]: ...
    def stream(
        self,
        keys: Iterable[K] | AsyncIterable[K],
        *,
        concurrency: int | None = None,
        ordered: bool = False,
        stop_after: int | None = 50,
        deadline: float | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        options: Options | None = None,
    ) -> Stream[Outcome[K, T]]: ...
    async def get_many(
        self,
        keys: Iterable[K] | AsyncIterable[K],
        *,
        concurrency: int | None = None,
        stop_after: int | None = 50,
        deadline: float | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        options: Options | None = None,
    ) -> Batch[K, T]: ...

class PayoutRequests:
    async def get(self, id: int, /, *, options: Options | None = None) -> PayoutRequest: ...
    def list(
        self,
        *,
        sort: Literal['asc', 'desc'] | None = None,
        limit: int = 100,
        page: int = 1,
        options: Options | None = None,
    ) -> Pager[PayoutRequest]: ...
    def search(
        self,
        *,
        partner: Ref | None = None,
        status: PayoutStatus | str | None = None,
        amount_units: str | None = None,
        sort: Literal['asc', 'desc'] | None = None,
        limit: int = 100,
        page: int = 1,
        options: Options | None = None,
    ) -> Pager[PayoutRequest]: ...
    async def create(
        self,
        *,
        partner: Ref,
        amount_units: str,
        gateway: Gateway | Unset = UNSET,
        reward_ids: Iterable[int] | Unset = UNSET,
        options: Options | None = None,
    ) -> PayoutRequest: ...
    async def approve(self, id: int, /, *, options: Options | None = None) -> PayoutRequest: ...
    async def mark_as_paid(
        self,
        id: int,
        /,
        *,
        options: Options | None = None,
    ) -> PayoutRequest: ...
    def stream(
        self,
        keys: Iterable[K] | AsyncIterable[K],
        *,
        concurrency: int | None = None,
        ordered: bool = False,
        stop_after: int | None = 50,
        deadline: float | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        options: Options | None = None,
    ) -> Stream[Outcome[K, T]]: ...
    async def get_many(
        self,
        keys: Iterable[K] | AsyncIterable[K],
        *,
        concurrency: int | None = None,
        stop_after: int | None = 50,
        deadline: float | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        options: Options | None = None,
    ) -> Batch[K, T]: ...

class ProgramResource:
    async def get(self, *, options: Options | None = None) -> ProgramDetails: ...
    async def update(
        self,
        *,
        name: str | Unset = UNSET,
        website: str | Unset = UNSET,
        program_settings: ProgramSettingsUpdate | Unset = UNSET,
        portal_settings: PortalSettingsUpdate | Unset = UNSET,
        options: Options | None = None,
    ) -> None: ...
    async def request_deletion(self, *, options: Options | None = None) -> ProgramDeletion: ...
    async def confirm_deletion(
        self,
        confirmation_code: str,
        /,
        *,
        options: Options | None = None,
    ) -> None: ...

class PromotionCodes:
    async def get(self, code: str, /, *, options: Options | None = None) -> PromotionCode: ...
    def list(
        self,
        *,
        limit: int = 100,
        page: int = 1,
        options: Options | None = None,
    ) -> Pager[PromotionCode]: ...
    async def create(
        self,
        *,
        coupon: str | int,
        code: str | Unset = UNSET,
        first_time_order: bool | Unset = UNSET,
        partner: CodeHolder | Unset = UNSET,
        customer: CodeHolder | Unset = UNSET,
        subscriber: CodeHolder | Unset = UNSET,
        minimum_order_value: int | Unset = UNSET,
        expiration_date_value: date | Unset = UNSET,
        redemption_times_value: int | Unset = UNSET,
        metadata: Mapping[str, Any] | Unset = UNSET,
        older_path: bool = False,
        options: Options | None = None,
    ) -> PromotionCode: ...
    async def update(
        self,
        code: str,
        /,
        *,
        partner: CodeHolder | Unset | None = UNSET,
        metadata: Mapping[str, Any] | Unset = UNSET,
        options: Options | None = None,
    ) -> PromotionCode: ...
    async def redeem(
        self,
        code: str,
        /,
        *,
        transaction_key: str | Unset = UNSET,
        options: Options | None = None,
    ) -> Redemption: ...
    async def delete(
        self,
        code: str,
        /,
        *,
        coupon: str,
        options: Options | None = None,
    ) -> None: ...
    def stream(
        self,
        keys: Iterable[K] | AsyncIterable[K],
        *,
        concurrency: int | None = None,
        ordered: bool = False,
        stop_after: int | None = 50,
        deadline: float | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        options: Options | None = None,
    ) -> Stream[Outcome[K, T]]: ...
    async def get_many(
        self,
        keys: Iterable[K] | AsyncIterable[K],
        *,
        concurrency: int | None = None,
        stop_after: int | None = 50,
        deadline: float | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        options: Options | None = None,
    ) -> Batch[K, T]: ...

class ReferralCustomers:
    async def get(self, id: str, /, *, options: Options | None = None) -> ReferralCustomer: ...
    def list(
        self,
        *,
        refer_status: Literal['referred', 'non_referred'] | None = None,
        sort: Literal['asc', 'desc'] | None = None,
        limit: int = 100,
        page: int = 1,
        options: Options | None = None,
    ) -> Pager[ReferralCustomer]: ...
    def search(
        self,
        *,
        email: str | None = None,
        id: str | None = None,
        key: str | None = None,
        limit: int = 100,
        page: int = 1,
        options: Options | None = None,
    ) -> Pager[ReferralCustomer]: ...
    async def create(
        self,
        *,
        id: str | Unset = UNSET,
        key: str | Unset = UNSET,
        email: str | Unset = UNSET,
        name: str | Unset | None = UNSET,
        surname: str | Unset | None = UNSET,
        date_of_birth: date | Unset | None = UNSET,
        referring_customer: Ref[Literal['id', 'key']] | Unset = UNSET,
        options: Options | None = None,
    ) -> ReferralCustomer: ...
    async def update(
        self,
        customer: str | Ref[Literal['id']],
        /,
        *,
        email: str | Unset | None = UNSET,
        name: str | Unset | None = UNSET,
        surname: str | Unset | None = UNSET,
        new_key: str | Unset = UNSET,
        date_of_birth: date | Unset | None = UNSET,
        options: Options | None = None,
    ) -> ReferralCustomer: ...
    async def delete(self, id: str, /, *, options: Options | None = None) -> None: ...
    async def archive(self, id: str, /, *, options: Options | None = None) -> None: ...
    async def unarchive(self, id: str, /, *, options: Options | None = None) -> None: ...
    async def invite(
        self,
        *,
        email: str,
        id: str | Unset = UNSET,
        key: str | Unset = UNSET,
        name: str | Unset | None = UNSET,
        surname: str | Unset | None = UNSET,
        personalization: Mapping[str, str] | Unset = UNSET,
        options: Options | None = None,
    ) -> None: ...
    def referrals(
        self,
        id: str,
        /,
        *,
        limit: int = 100,
        page: int = 1,
        options: Options | None = None,
    ) -> Pager[ReferralCustomer]: ...
    async def stats(
        self,
        id: str,
        /,
        *,
        options: Options | None = None,
    ) -> ReferralCustomerStats: ...
    async def balance(self, id: str, /, *, options: Options | None = None) -> CustomerBalance: ...
    async def credit(
        self,
        id: str,
        /,
        *,
        amount: Decimal | int,
        amount_units: str,
        is_currency: bool = True,
        options: Options | None = None,
    ) -> CustomerBalance: ...
    def transactions(
        self,
        id: str,
        /,
        *,
        limit: int = 100,
        page: int = 1,
        options: Options | None = None,
    ) -> Pager[ReferralTransaction]: ...
    def referral_links(
        self,
        id: str,
        /,
        *,
        limit: int = 100,
        page: int = 1,
        options: Options | None = None,
    ) -> Pager[ReferralLink]: ...
    def stream(
        self,
        keys: Iterable[K] | AsyncIterable[K],
        *,
        concurrency: int | None = None,
        ordered: bool = False,
        stop_after: int | None = 50,
        deadline: float | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        options: Options | None = None,
    ) -> Stream[Outcome[K, T]]: ...
    async def get_many(
        self,
        keys: Iterable[K] | AsyncIterable[K],
        *,
        concurrency: int | None = None,
        stop_after: int | None = 50,
        deadline: float | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        options: Options | None = None,
    ) -> Batch[K, T]: ...

class ReferralTransactions:
    async def get(self, key: str, /, *, options: Options | None = None) -> ReferralTransaction: ...
    def list(
        self,
        *,
        key: str | None = None,
        sort: Literal['asc', 'desc'] | None = None,
        limit: int = 100,
        page: int = 1,
        options: Options | None = None,
    ) -> Pager[ReferralTransaction]: ...
    async def create(
        self,
        *,
        customer: Ref | NewReferredCustomer,
        key: str | Unset = UNSET,
        amount: Decimal | int | Unset = UNSET,
        reward: Decimal | int | Unset = UNSET,
        amount_units: str | Unset = UNSET,
        action: str | Unset = UNSET,
        product_id: ProductRef | Unset = UNSET,
        product_type: ProductRef | Unset = UNSET,
        rewarded: bool | Unset = UNSET,
        rewardable: bool | Unset = UNSET,
        created_at: datetime | int | Unset = UNSET,
        options: Options | None = None,
    ) -> ReferralTransaction: ...
    async def create_together(
        self,
        sales: Iterable[Sale],
        /,
        *,
        customer: Ref | NewReferredCustomer,
        options: Options | None = None,
    ) -> tuple[ReferralTransaction, ...]: ...
    async def delete(
        self,
        transaction: str | Ref[Literal['key']],
        /,
        *,
        options: Options | None = None,
    ) -> None: ...
    def stream(
        self,
        keys: Iterable[K] | AsyncIterable[K],
        *,
        concurrency: int | None = None,
        ordered: bool = False,
        stop_after: int | None = 50,
        deadline: float | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        options: Options | None = None,
    ) -> Stream[Outcome[K, T]]: ...
    async def get_many(
        self,
        keys: Iterable[K] | AsyncIterable[K],
        *,
        concurrency: int | None = None,
        stop_after: int | None = 50,
        deadline: float | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        options: Options | None = None,
    ) -> Batch[K, T]: ...

class Rewards:
    async def get(self, id: int, /, *, options: Options | None = None) -> Reward: ...
    def list(
        self,
        *,
        limit: int = 100,
        page: int = 1,
        options: Options | None = None,
    ) -> Pager[Reward]: ...
    async def create(
        self,
        *,
        name: str,
        description: str | Unset | None = UNSET,
        subscribers_count: int | Unset = UNSET,
        fulfillment_type: RewardFulfillment | str | Unset = UNSET,
        fulfillment_value: str | Unset | None = UNSET,
        options: Options | None = None,
    ) -> Reward: ...
    def stream(
        self,
        keys: Iterable[K] | AsyncIterable[K],
        *,
        concurrency: int | None = None,
        ordered: bool = False,
        stop_after: int | None = 50,
        deadline: float | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        options: Options | None = None,
    ) -> Stream[Outcome[K, T]]: ...
    async def get_many(
        self,
        keys: Iterable[K] | AsyncIterable[K],
        *,
        concurrency: int | None = None,
        stop_after: int | None = 50,
        deadline: float | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        options: Options | None = None,
    ) -> Batch[K, T]: ...

class Subscribers:
    async def get(self, id: str, /, *, options: Options | None = None) -> Subscriber: ...
    def list(
        self,
        *,
        refer_status: Literal['referred', 'non_referred'] | None = None,
        limit: int = 100,
        page: int = 1,
        options: Options | None = None,
    ) -> Pager[Subscriber]: ...
    def search(
        self,
        *,
        email: str | None = None,
        id: str | None = None,
        limit: int = 100,
        page: int = 1,
        options: Options | None = None,
    ) -> Pager[Subscriber]: ...
    async def create(
        self,
        *,
        email: str,
        id: str | Unset = UNSET,
        name: str | Unset | None = UNSET,
        tos: bool | Unset = UNSET,
        marketing_consent: bool | Unset = UNSET,
        approved: bool | Unset = UNSET,
        status: SubscriberStatus | str | Unset = UNSET,
        referral: Ref[Literal['id', 'email']] | Unset = UNSET,
        options: Options | None = None,
    ) -> Subscriber: ...
    async def update(
        self,
        subscriber: Ref[Literal['id', 'email']],
        /,
        *,
        new_email: str | Unset = UNSET,
        new_id: str | Unset = UNSET,
        name: str | Unset | None = UNSET,
        tos: bool | Unset = UNSET,
        marketing_consent: bool | Unset = UNSET,
        approved: bool | Unset = UNSET,
        status: SubscriberStatus | str | Unset = UNSET,
        options: Options | None = None,
    ) -> Subscriber: ...
    async def delete(
        self,
        subscriber: Ref[Literal['id', 'email']],
        /,
        *,
        options: Options | None = None,
    ) -> None: ...
    def stream(
        self,
        keys: Iterable[K] | AsyncIterable[K],
        *,
        concurrency: int | None = None,
        ordered: bool = False,
        stop_after: int | None = 50,
        deadline: float | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        options: Options | None = None,
    ) -> Stream[Outcome[K, T]]: ...
    async def get_many(
        self,
        keys: Iterable[K] | AsyncIterable[K],
        *,
        concurrency: int | None = None,
        stop_after: int | None = 50,
        deadline: float | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        options: Options | None = None,
    ) -> Batch[K, T]: ...

class Transactions:
    async def get(self, key: str, /, *, options: Options | None = None) -> Transaction: ...
    def list(
        self,
        *,
        key: str | None = None,
        partner: Ref[Literal['key', 'email']] | None = None,
        customer: Ref[Literal['key']] | None = None,
        sort: Literal['asc', 'desc'] | None = None,
        limit: int = 100,
        page: int = 1,
        options: Options | None = None,
    ) -> Pager[Transaction]: ...
    async def create(
        self,
        *,
        customer: Ref | NewCustomer,
        key: str | Unset = UNSET,
        amount: Decimal | int | Unset = UNSET,
        reward: Decimal | int | Unset = UNSET,
        amount_units: str | Unset = UNSET,
        action: str | Unset = UNSET,
        product_id: ProductRef | Unset = UNSET,
        product_type: ProductRef | Unset = UNSET,
        rewarded: bool | Unset = UNSET,
        rewardable: bool | Unset = UNSET,
        status: str | Unset = UNSET,
        created_at: datetime | int | Unset = UNSET,
        discount_amount: Decimal | int | Unset = UNSET,
        gross_amount: Decimal | int | Unset = UNSET,
        discount_code: str | Unset = UNSET,
        referral_url: str | Unset = UNSET,
        options: Options | None = None,
    ) -> Transaction: ...
    async def create_together(
        self,
        sales: Iterable[Sale],
        /,
        *,
        customer: Ref | NewCustomer,
        referral_url: str | Unset = UNSET,
        options: Options | None = None,
    ) -> tuple[Transaction, ...]: ...
    async def delete(
        self,
        transaction: str | Ref[Literal['key']],
        /,
        *,
        options: Options | None = None,
    ) -> None: ...
    async def archive(self, key: str, /, *, options: Options | None = None) -> None: ...
    async def unarchive(self, key: str, /, *, options: Options | None = None) -> None: ...
    def stream(
        self,
        keys: Iterable[K] | AsyncIterable[K],
        *,
        concurrency: int | None = None,
        ordered: bool = False,
        stop_after: int | None = 50,
        deadline: float | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        options: Options | None = None,
    ) -> Stream[Outcome[K, T]]: ...
    async def get_many(
        self,
        keys: Iterable[K] | AsyncIterable[K],
        *,
        concurrency: int | None = None,
        stop_after: int | None = 50,
        deadline: float | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        options: Options | None = None,
    ) -> Batch[K, T]: ...

class WebhookSubscriptions:
    async def get(self, key: str, /, *, options: Options | None = None) -> WebhookSubscription: ...
    def list(
        self,
        *,
        limit: int = 100,
        page: int = 1,
        options: Options | None = None,
    ) -> Pager[WebhookSubscription]: ...
    async def create(
        self,
        *,
        name: str,
        url: str,
        events: Iterable[WebhookEventName | str],
        key: str | Unset = UNSET,
        is_active: bool | Unset = UNSET,
        options: Options | None = None,
    ) -> WebhookSubscription: ...
    async def update(
        self,
        key: str,
        /,
        *,
        name: str | Unset = UNSET,
        url: str | Unset = UNSET,
        events: Iterable[WebhookEventName | str] | Unset = UNSET,
        is_active: bool | Unset = UNSET,
        options: Options | None = None,
    ) -> WebhookSubscription: ...
    async def delete(self, key: str, /, *, options: Options | None = None) -> None: ...
    def stream(
        self,
        keys: Iterable[K] | AsyncIterable[K],
        *,
        concurrency: int | None = None,
        ordered: bool = False,
        stop_after: int | None = 50,
        deadline: float | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        options: Options | None = None,
    ) -> Stream[Outcome[K, T]]: ...
    async def get_many(
        self,
        keys: Iterable[K] | AsyncIterable[K],
        *,
        concurrency: int | None = None,
        stop_after: int | None = 50,
        deadline: float | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        options: Options | None = None,
    ) -> Batch[K, T]: ...
