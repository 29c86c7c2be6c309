"""The switches of the double: what a test or the demo can turn while it runs."""

from dataclasses import asdict, dataclass, fields

from tools.stripe_double.wire import Json, Refusal


@dataclass(slots=True)
class Settings:
    """Switches, kept in memory only: a restart begins with the command line again."""

    #: Milliseconds between a change and the first try of its webhook.
    webhook_delay_ms: int = 0
    #: How often every event is delivered.
    webhook_copies: int = 1
    #: Tries per copy before the event is parked until the receiver takes another one, a flush, or a restart.
    webhook_tries: int = 8
    #: Deliver in random order, spread over a quarter of a second.
    shuffle: bool = False
    #: Keep webhooks back until flush, or until this is switched off.
    hold: bool = False
    #: Requests per second before 429; 0 is no limit.
    rate_limit: int = 0
    #: How many of the next requests fail.
    fail_next: int = 0
    #: Status of a forced failure: 500, 503, 429 …; 0 cuts the connection.
    fail_status: int = 500
    #: False: fail before anything is done. True: do the work, then lose the answer.
    fail_after: bool = False
    #: 1: the process dies as it takes up its next request to /v1. 2: when the work is stored, before the answer.
    die_at: int = 0
    #: Refuse transfers and payouts of more than there is, as Stripe does.
    check_balance: bool = False
    #: Milliseconds that every request to /v1 waits.
    latency_ms: int = 0
    #: Milliseconds in ``processing`` after the payer approved a redirect.
    processing_ms: int = 0
    #: Milliseconds that a refund stays ``pending``.
    refund_pending_ms: int = 0
    #: The provider's fee: basis points and minor units per payment.
    fee_bps: int = 290
    fee_fixed: int = 30
    #: Stripe's own next_action for Alipay and WeChat Pay instead of redirect_to_url.
    native_actions: bool = False

    def change(self, wishes: Json) -> None:
        """Turn some switches, all or none; refuses unknown names and values of another kind."""
        kinds = {one.name: type(getattr(self, one.name)) for one in fields(self)}
        for name, value in wishes.items():
            if name not in kinds:
                raise Refusal(400, f"Unknown setting: {name}", code="parameter_unknown", param=name)
            if type(value) is not kinds[name] or value < 0:
                raise Refusal(400, f"{name} must be a {kinds[name].__name__}, not below 0", param=name)
        for name, value in wishes.items():
            setattr(self, name, value)

    def as_json(self) -> Json:
        """All switches by name."""
        return asdict(self)
