-- $1 at most so many; after chronicle_planner.
SELECT coalesce(c.ref, q.ref), -1::bigint, -1::bigint, coalesce(q.armed, 0), coalesce(c.armed, 0)
FROM (
    SELECT o.citizen_ref AS ref, count(*) AS armed
    FROM mentord.quarantine o
    WHERE o.state = 'open' AND o.arms AND o.citizen_ref IS NOT NULL
    GROUP BY o.citizen_ref
) AS q
FULL JOIN (SELECT z.ref, coalesce(z.armed, -1) AS armed FROM mentord.citizen z WHERE z.armed IS DISTINCT FROM 0) AS c ON c.ref = q.ref
WHERE coalesce(c.armed, 0) <> coalesce(q.armed, 0)
LIMIT $1::integer;
