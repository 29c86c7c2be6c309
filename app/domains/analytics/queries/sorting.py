"""Invariant 1 at the sorting tables: tasks plan what the sheets hold, and sheets, crates and tours tell the same."""

from app.domains.analytics.values import Check

#: Rounds that were sorted by tasks; sheets from before that have no puts and are not asked.
_PLANNED = """
    WITH planned AS (
      SELECT sheet_id, sku_id, sum(qty - moved_qty) AS qty, count(*) FILTER (WHERE put_at IS NULL) AS open
      FROM logistics_sort_put GROUP BY 1, 2
    )
    SELECT concat_ws(' ', g.code, p.code, s.zone, k.code) AS id,
      format('sheet version %s (%s) holds %s, tasks plan %s, %s open', s.version, s.state, coalesce(l.qty, 0),
             coalesce(planned.qty, 0), coalesce(planned.open, 0)) AS detail
    FROM planned FULL JOIN logistics_sheet_line l USING (sheet_id, sku_id)
    JOIN logistics_sheet s ON s.id = sheet_id JOIN groupbuys_group_buy g ON g.id = s.group_buy_id
    JOIN communities_pickup_point p ON p.id = s.pickup_point_id JOIN catalogue_sku k ON k.id = sku_id
    WHERE EXISTS (SELECT 1 FROM logistics_sort_put b WHERE b.sheet_id = s.id)
      AND (coalesce(planned.qty, 0) <> coalesce(l.qty, 0) OR (s.state = 'sorted' AND planned.open > 0))
"""

_TASKS = """
    SELECT t.id::text AS id, format('%s %s bay %s is %s with %s open puts', g.code, k.code, t.bay, t.state,
                                    count(p.id) FILTER (WHERE p.put_at IS NULL)) AS detail
    FROM logistics_sort_task t JOIN groupbuys_group_buy g ON g.id = t.group_buy_id
    JOIN catalogue_sku k ON k.id = t.sku_id LEFT JOIN logistics_sort_put p ON p.task_id = t.id
    GROUP BY t.id, g.code, k.code
    HAVING (t.state = 'done') <> (count(p.id) FILTER (WHERE p.put_at IS NULL) = 0)
"""

#: Load and deliver lists are made from stops, pick lists from sheets: once the trucks have left both must be equal.
#: What lies stranded after a breakdown, because no other truck could take it, is named in the plan.
_NIGHT = """
    WITH plan AS (SELECT id, group_buy_id, unplanned FROM logistics_route_plan WHERE state = 'dispatched'),
    parts AS (
      SELECT plan.group_buy_id, s.pickup_point_id, s.crates FROM logistics_stop s
      JOIN logistics_route t ON t.id = s.route_id JOIN plan ON plan.id = t.plan_id
      UNION ALL
      SELECT plan.group_buy_id, CAST(part ->> 'pickup_point_id' AS uuid), CAST(part ->> 'crates' AS integer)
      FROM plan CROSS JOIN jsonb_array_elements(plan.unplanned) AS part
    ),
    stops AS (SELECT group_buy_id, pickup_point_id, sum(crates) AS crates FROM parts GROUP BY 1, 2),
    sheets AS (
      SELECT s.group_buy_id, s.pickup_point_id, count(c.id) AS crates FROM logistics_sheet s
      JOIN logistics_crate c ON c.sheet_id = s.id
      WHERE s.group_buy_id IN (SELECT group_buy_id FROM plan) GROUP BY 1, 2
    )
    SELECT concat_ws(' ', g.code, p.code) AS id,
      format('on the tour %s crates, on the sheets %s', coalesce(stops.crates, 0), coalesce(sheets.crates, 0)) AS detail
    FROM stops FULL JOIN sheets USING (group_buy_id, pickup_point_id)
    JOIN groupbuys_group_buy g ON g.id = group_buy_id JOIN communities_pickup_point p ON p.id = pickup_point_id
    WHERE coalesce(stops.crates, 0) <> coalesce(sheets.crates, 0)
"""

_EMPTIES = """
    WITH brought AS (
      SELECT pickup_point_id, sum(crates) AS qty FROM logistics_handover WHERE state = 'counted' GROUP BY 1
    ),
    back AS (SELECT pickup_point_id, sum(qty) AS qty FROM logistics_crate_return GROUP BY 1)
    SELECT p.code AS id, format('%s crates brought, %s came back', coalesce(brought.qty, 0), back.qty) AS detail
    FROM back JOIN communities_pickup_point p ON p.id = pickup_point_id LEFT JOIN brought USING (pickup_point_id)
    WHERE back.qty > coalesce(brought.qty, 0)
"""

CHECKS = (
    Check(
        invariant=1, name="sort_tasks", sql=_PLANNED,
        what="Per sheet and SKU: what tasks plan is what the sheet holds; a sorted sheet has no open put.",
    ),
    Check(invariant=1, name="sort_queue", sql=_TASKS, what="A sorting task is done exactly when no put of it is open."),
    Check(
        invariant=1, name="night_plan", sql=_NIGHT,
        what="Pick, load and deliver agree: crates on tours that left, or stranded, = crates on the sheets, by point.",
    ),
    Check(invariant=1, name="empties", sql=_EMPTIES, what="No more empty crates come back than were brought."),
)  # fmt: skip
