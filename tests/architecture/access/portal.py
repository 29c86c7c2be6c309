"""Routes of the leader portal."""

from tests.architecture.access import LEADERS, PUBLIC, Table

TABLE: Table = {
    "leader.sign_in": PUBLIC,
    "leader.enter": PUBLIC,
    "leader.sign_out": LEADERS,
    "leader.today": LEADERS,
    "leader.share_picture": LEADERS,
    "leader.handovers": LEADERS,
    "leader.handover": LEADERS,
    "leader.count": LEADERS,
    "leader.slip": LEADERS,
    "leader.pickup": LEADERS,
    "leader.pickup_list": LEADERS,
    "leader.look_up": LEADERS,
    "leader.entry": LEADERS,
    "leader.hand_out": LEADERS,
    "leader.done": LEADERS,
    "leader.unclaimed": LEADERS,
    "leader.orders": LEADERS,
    "leader.order": LEADERS,
    "leader.earnings": LEADERS,
    "leader.statements": LEADERS,
    "leader.statement": LEADERS,
    "leader.score": LEADERS,
    "leader.inbox": LEADERS,
    "leader.read_all": LEADERS,
    "leader.me": LEADERS,
    "leader.own_account": LEADERS,
    "leader.change_password": LEADERS,
    "leader.sign_out_everywhere": LEADERS,
}
