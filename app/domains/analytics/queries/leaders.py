"""Invariants 7 and 9: who serves whom while leaders come, rest and go, and that what was decided of them holds."""

from app.domains.analytics.values import Check
from app.domains.recruitment.rules import FIRST_CONTRACT, sha256_of

#: Nothing that a resident waits for lies with somebody who has left, and she is not let in any more.
_GONE = """
    SELECT l.id::text AS id, format('%s is removed, and %s %s', l.code, of_her.many, of_her.what) AS detail
    FROM communities_leader l
    JOIN (
      SELECT leader_id, 'residents belong to her' AS what, count(*) AS many
      FROM communities_home WHERE until_at IS NULL GROUP BY 1
      UNION ALL SELECT leader_id, 'unpaid orders are hers', count(*)
        FROM orders_order WHERE status = 'placed' GROUP BY 1
      UNION ALL SELECT leader_id, 'orders are to be fetched from her', count(*)
        FROM logistics_pickup WHERE state IN ('expected', 'ready', 'partly') GROUP BY 1
      UNION ALL SELECT leader_id, 'trucks come to her', count(*)
        FROM logistics_handover WHERE state = 'expected' GROUP BY 1
      UNION ALL SELECT account_id, 'sign-ins of hers are good', count(*)
        FROM accounts_sign_in WHERE revoked_at IS NULL AND expires_at > CAST(:now AS timestamptz) GROUP BY 1
      UNION ALL SELECT id, 'account of hers is open', 1 FROM accounts_account WHERE disabled_at IS NULL
    ) of_her ON of_her.leader_id = l.id
    WHERE l.status = 'removed'
"""

#: The table forbids the same person twice; it does not ask for two.
_TWO_PERSONS = """
    SELECT r.id::text AS id,
      format('replacement of %s is %s, proposed by %s, confirmed by %s', l.code, r.state, coalesce(r.proposed_by, '?'),
             coalesce(nullif(r.confirmed_by, ''), 'nobody')) AS detail
    FROM replacements_replacement r JOIN communities_leader l ON l.id = r.leader_id
    WHERE r.state IN ('planned', 'done', 'told', 'rolled_back')
      AND (r.proposed_by_id IS NULL OR r.confirmed_by_id IS NULL)
    UNION ALL
    SELECT r.id::text, format('%s is %s although her replacement is %s', l.code, l.status, r.state)
    FROM replacements_replacement r JOIN communities_leader l ON l.id = r.leader_id
    WHERE r.state IN ('done', 'told') AND l.status <> 'removed'
"""

_SEATED = """
    SELECT r.id::text AS id, format('resident %s had her leader replaced and belongs nowhere', h.pair ->> 0) AS detail
    FROM replacements_replacement r, jsonb_array_elements(r.undo -> 'homes') AS h (pair)
    WHERE r.state IN ('done', 'told', 'rolled_back') AND NOT EXISTS (
      SELECT FROM communities_home x WHERE x.resident_id = (h.pair ->> 0)::uuid AND x.until_at IS NULL)
"""

_AWAY = """
    SELECT x.id::text AS id, format('%s is away twice from %s to %s', l.code, y.first_on, x.last_on) AS detail
    FROM communities_absence x JOIN communities_leader l ON l.id = x.leader_id
    JOIN communities_absence y ON y.leader_id = x.leader_id AND y.id <> x.id AND y.state IN ('asked', 'agreed')
      AND daterange(x.first_on, x.last_on, '[]') && daterange(y.first_on, y.last_on, '[]')
    WHERE x.state IN ('asked', 'agreed') AND (x.first_on, x.id) <= (y.first_on, y.id)
    UNION ALL
    SELECT x.id::text, format('%s stands in from %s to %s and is away herself', l.code, x.first_on, x.last_on)
    FROM communities_absence x JOIN communities_leader l ON l.id = x.deputy_id
    JOIN communities_absence y ON y.leader_id = x.deputy_id AND y.state = 'agreed'
      AND daterange(x.first_on, x.last_on, '[]') && daterange(y.first_on, y.last_on, '[]')
    WHERE x.state = 'agreed'
"""

#: Orders that came to their point by a replacement, its rollback or an absence; their residents did not choose the day.
_BROUGHT = """
    brought AS (
      SELECT (o.row ->> 'id')::uuid AS order_id
      FROM replacements_replacement r, jsonb_array_elements(r.undo -> 'orders') AS o (row)
      UNION SELECT o.id
      FROM replacements_replacement r CROSS JOIN jsonb_array_elements(r.undo -> 'homes') AS h (pair)
      JOIN orders_order o ON o.resident_id = (h.pair ->> 0)::uuid AND o.placed_at <= coalesce(r.ended_at, r.done_at)
      UNION SELECT o.id
      FROM communities_absence a JOIN orders_order o ON o.leader_id IN (a.leader_id, a.deputy_id)
        AND o.pickup_on BETWEEN a.first_on AND a.last_on
      WHERE a.deputy_id IS NOT NULL
    )
"""

_RESTS = f"""
    WITH {_BROUGHT}
    SELECT o.id::text AS id, format('order %s: %s rests on %s, which was known since %s', o.no, p.code, o.pickup_on,
      r.created_at) AS detail
    FROM communities_point_rest r JOIN communities_pickup_point p ON p.id = r.pickup_point_id
    JOIN orders_order o ON o.pickup_point_id = r.pickup_point_id AND o.pickup_on BETWEEN r.from_on AND r.until_on
      AND o.placed_at > r.created_at AND o.status IN ('placed', 'paid')
    WHERE NOT EXISTS (SELECT FROM brought b WHERE b.order_id = o.id)
"""  # noqa: S608 - only this module's own text

#: Only orders placed since the limits were last noted: a lowered limit sends nobody away.
_ROOM = f"""
    WITH {_BROUGHT}, limits AS (
      SELECT p.id, p.code, one.zone, one.most, coalesce((
        SELECT max(a.at) FROM infra_audit a
        WHERE a.entity_id = p.id AND a.after ?| array['day_orders', 'day_ambient', 'day_chilled', 'day_frozen']
      ), '-infinity') AS since
      FROM communities_pickup_point p CROSS JOIN LATERAL (VALUES
        ('', p.day_orders), ('ambient', p.day_ambient), ('chilled', p.day_chilled), ('frozen', p.day_frozen)
      ) AS one (zone, most)
      WHERE one.most IS NOT NULL
    ), ranked AS (
      SELECT o.id, o.no, o.pickup_on, o.placed_at, l.code, l.zone, l.most, l.since,
        row_number() OVER (PARTITION BY l.id, l.zone, o.pickup_on ORDER BY o.placed_at, o.id) AS place
      FROM limits l JOIN orders_order o ON o.pickup_point_id = l.id AND o.status IN ('placed', 'paid')
      WHERE EXISTS (
          SELECT FROM orders_line i JOIN catalogue_sku s ON s.id = i.sku_id
          WHERE i.order_id = o.id AND i.qty > i.cut_qty AND l.zone IN ('', s.zone))
        AND NOT EXISTS (SELECT FROM brought b WHERE b.order_id = o.id)
    )
    SELECT id::text AS id, format('order %s is number %s of %s at %s on %s %s', no, place, most, code, pickup_on, zone)
      AS detail
    FROM ranked WHERE place > most AND placed_at > since
"""  # noqa: S608 - only this module's own text

_CITY_PLANS = """
    SELECT m.resident_id::text AS id, format('plan %s is %s, her move is %s', p.id, p.state, m.state) AS detail
    FROM communities_city_plan p JOIN communities_planned_move m ON m.plan_id = p.id
    WHERE (p.state IN ('applied', 'undoing', 'undone') AND m.state = 'planned')
      OR (p.state = 'undone' AND m.state = 'moved')
    UNION ALL
    SELECT m.resident_id::text, format('plan %s moved her to point %s, her home says otherwise', m.plan_id,
                                       m.to_point_id)
    FROM communities_planned_move m LEFT JOIN communities_home h ON h.id = m.new_home_id
    WHERE m.state IN ('moved', 'back', 'stayed')
      AND (h.resident_id, h.pickup_point_id) IS DISTINCT FROM (m.resident_id, m.to_point_id)
    UNION ALL
    SELECT m.resident_id::text, format('plan %s brought her back to point %s, her home says otherwise', m.plan_id,
                                       m.from_point_id)
    FROM communities_planned_move m LEFT JOIN communities_home h ON h.id = m.back_home_id
    WHERE m.state = 'back' AND (h.resident_id, h.pickup_point_id) IS DISTINCT FROM (m.resident_id, m.from_point_id)
"""

_CYCLES = """
    SELECT s.id::text AS id, format('cycle %s is %s and neither judges nor says why not', c.no, c.stage) AS detail
    FROM appraisal_cycle c JOIN appraisal_seat s ON s.cycle_id = c.id
    WHERE c.stage IN ('final', 'closed') AND s.final_centi IS NULL AND jsonb_array_length(to_jsonb(s.unjudged)) = 0
    UNION ALL
    SELECT s.id::text, format('cycle %s is %s, her appeal is open', c.no, c.stage)
    FROM appraisal_cycle c JOIN appraisal_seat s ON s.cycle_id = c.id JOIN appraisal_appeal a ON a.seat_id = s.id
    WHERE c.stage IN ('final', 'closed') AND a.status = 'open'
    UNION ALL
    SELECT s.id::text, format('cycle %s is closed, %s is not decided', c.no, q.kind)
    FROM appraisal_cycle c JOIN appraisal_seat s ON s.cycle_id = c.id JOIN appraisal_consequence q ON q.seat_id = s.id
    WHERE c.stage = 'closed' AND q.state = 'proposed'
    UNION ALL
    SELECT s.id::text, format('told %s (%s), her scorecard says %s (%s)', s.final_centi, s.final_tier, d.total_centi,
                              d.tier)
    FROM appraisal_cycle c JOIN appraisal_seat s ON s.cycle_id = c.id AND s.final_centi IS NOT NULL
    LEFT JOIN scoring_scorecard d
      ON d.leader_id = s.leader_id AND d.period_from = c.first_on AND d.period_to = c.last_on
    WHERE (s.final_centi, s.final_tier::text) IS DISTINCT FROM (d.total_centi, d.tier::text)
"""

#: Commission follows `appraisal_tier`, a probation its plan, a replacement its two persons.
_FOLLOWED = """
    SELECT q.id::text AS id, format('%s %s of %s was confirmed and nothing follows', q.kind, q.tier, l.code) AS detail
    FROM appraisal_consequence q JOIN appraisal_seat s ON s.id = q.seat_id
    JOIN communities_leader l ON l.id = s.leader_id
    WHERE q.state = 'confirmed' AND CASE q.kind
      WHEN 'tier' THEN NOT EXISTS (
        SELECT FROM appraisal_tier t WHERE t.leader_id = s.leader_id AND t.from_at = q.from_at
          AND (t.tier = q.tier OR t.consequence_id <> q.id))
      WHEN 'probation' THEN NOT EXISTS (SELECT FROM appraisal_plan p WHERE p.seat_id = s.id)
      WHEN 'replacement' THEN NOT EXISTS (SELECT FROM replacements_replacement r WHERE r.appraisal_id = q.id)
      ELSE false END
    UNION ALL
    SELECT t.leader_id::text, format('%s from %s on is not what was decided', t.tier, t.from_at)
    FROM appraisal_tier t LEFT JOIN appraisal_consequence q ON q.id = t.consequence_id AND q.state = 'confirmed'
    WHERE t.consequence_id IS NOT NULL AND q.tier IS DISTINCT FROM t.tier
"""

#: Who handed out first keeps an order that was fetched in part; a later leader has its pickup.
_RATED = """
    SELECT r.id::text AS id,
      CASE WHEN NOT EXISTS (SELECT FROM logistics_pickup_event e WHERE e.pickup_id = p.id)
        THEN format('order %s was rated and nobody fetched it', o.no)
        ELSE format('order %s was rated by or for somebody else', o.no) END AS detail
    FROM ratings_rating r JOIN orders_order o ON o.id = r.order_id LEFT JOIN logistics_pickup p ON p.order_id = o.id
    WHERE NOT EXISTS (SELECT FROM logistics_pickup_event e WHERE e.pickup_id = p.id)
      OR r.resident_id <> o.resident_id
      OR (r.leader_id NOT IN (p.leader_id, o.leader_id) AND NOT EXISTS (
            SELECT FROM replacements_replacement x WHERE x.leader_id = r.leader_id AND x.done_at >= r.given_at))
"""

_TICKED = """
    SELECT t.id::text AS id, format('"%s" is done without the proof that it asks for', s.title) AS detail
    FROM tasks_todo t JOIN tasks_step s ON s.id = t.step_id
    WHERE t.done_at IS NOT NULL AND s.needs_proof AND t.proof_text = '' AND t.proof_photo = ''
    UNION ALL
    SELECT t.id::text, format('"%s" was done on %s, before its day', s.title, t.done_at)
    FROM tasks_todo t JOIN tasks_step s ON s.id = t.step_id JOIN communities_hub h ON h.id = t.hub_id
    WHERE (t.done_at AT TIME ZONE h.timezone)::date < t.due_on
    UNION ALL
    SELECT t.id::text, format('"%s" was given out, its plan is a draft', s.title)
    FROM tasks_todo t JOIN tasks_step s ON s.id = t.step_id JOIN tasks_plan p ON p.id = s.plan_id
    WHERE p.published_at IS NULL OR t.plan_id <> p.id
"""

#: The first contract is no row: its text stands in the code, and must not change there either.
_FIRST = [sha256_of(FIRST_CONTRACT.text(locale)) for locale in ("zh", "en")]

_SIGNED = f"""
    WITH contract AS (
      SELECT {FIRST_CONTRACT.version} AS version, '{_FIRST[0]}' AS zh, '{_FIRST[1]}' AS en
      UNION ALL SELECT version, encode(sha256(convert_to(text_zh, 'UTF8')), 'hex'),
        encode(sha256(convert_to(text_en, 'UTF8')), 'hex') FROM recruitment_contract
    )
    SELECT a.id::text AS id, format('signed version %s in %s, whose text is another', a.contract_version,
                                    a.contract_locale) AS detail
    FROM recruitment_application a LEFT JOIN contract c ON c.version = a.contract_version
    WHERE a.signed_at IS NOT NULL
      AND a.contract_sha256 IS DISTINCT FROM CASE a.contract_locale WHEN 'en' THEN c.en ELSE c.zh END
    UNION ALL
    SELECT a.id::text, 'leads without identity card or training'
    FROM recruitment_application a
    WHERE a.status = 'active' AND (a.identity_at IS NULL OR (
      SELECT coalesce(bool_and(t.checked_at IS NOT NULL), false)
      FROM recruitment_training t WHERE t.application_id = a.id) IS NOT TRUE)
"""  # noqa: S608 - only this house's own text

_FORGOTTEN = """
    SELECT a.id::text AS id, 'was taken back, and something personal is left' AS detail
    FROM recruitment_application a
    WHERE a.status = 'withdrawn' AND (
      concat(a.phone, a.search_key, a.name, a.address, a.why, a.id_tail, a.signed_name) <> ''
      OR to_jsonb(a.typed) <> '{}' OR to_jsonb(a.photos) <> '[]' OR a.lat <> round(a.lat::numeric, 2)
      OR a.lon <> round(a.lon::numeric, 2)
      OR EXISTS (SELECT FROM recruitment_note n WHERE n.application_id = a.id))
"""

CHECKS = (
    Check(
        invariant=7, name="gone", sql=_GONE,
        what="A removed leader has no residents, no open orders, no trucks to come, and nothing that lets her in.",
    ),
    Check(invariant=7, name="two_persons", sql=_TWO_PERSONS, what="Two persons decided each replacement; it happened."),
    Check(invariant=7, name="seated", sql=_SEATED, what="Whose leader was replaced belongs somewhere."),
    Check(invariant=7, name="away", sql=_AWAY, what="Nobody is away twice, nor while she stands in for another."),
    Check(invariant=7, name="rests", sql=_RESTS, what="Nothing is ordered for a day on which a point rests."),
    Check(invariant=7, name="room", sql=_ROOM, what="Nothing is ordered above a pickup point's limits of a day."),
    Check(invariant=7, name="city_plans", sql=_CITY_PLANS, what="A city plan moved whom it says, and all of them."),
    Check(
        invariant=9, name="cycles", sql=_CYCLES,
        what="A final cycle judges by its scorecards or says why not; an ended one leaves nothing open.",
    ),
    Check(
        invariant=9, name="followed", sql=_FOLLOWED,
        what="Tiers, probations and replacements are what was decided, and what was decided followed.",
    ),
    Check(invariant=9, name="rated", sql=_RATED, what="Who rates a leader fetched the order from her."),
    Check(invariant=9, name="ticked", sql=_TICKED, what="A task is done on its day or later, with its proof."),
    Check(
        invariant=9, name="signed", sql=_SIGNED,
        what="Who began by an application was looked at, trained, and signed a text that is kept.",
    ),
    Check(invariant=9, name="forgotten", sql=_FORGOTTEN, what="An application that was taken back is forgotten."),
)  # fmt: skip
