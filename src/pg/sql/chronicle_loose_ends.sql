-- $1 at most so many; after chronicle_planner. The numbers are those of enum chronicle_loose: constraints promise all this, and
-- a superuser can take them away.
WITH key AS (
    SELECT r.id * 32 + k.n - 1 AS id, k.citizen_ref, k.wrapped, k.erasure, r.master, r.created_at
    FROM mentord.citizen_key r, unnest(r.citizen_ref, r.wrapped, r.erasure) WITH ORDINALITY AS k (citizen_ref, wrapped, erasure, n)
)
SELECT o.loose, o.citizen_ref, coalesce(o.progress_id, -1), coalesce(o.source_offset, -1), coalesce(o.number, -1)
FROM (
    SELECT CASE WHEN c.ref IS NULL THEN 1 ELSE 0 END AS loose, coalesce(c.ref, k.citizen_ref) AS citizen_ref, NULL::bigint AS progress_id,
        NULL::bigint AS source_offset, coalesce(c.key_id, k.id) AS number
    FROM (SELECT z.ref, z.key_id FROM mentord.citizen z WHERE z.key_id IS NOT NULL) AS c
    FULL JOIN (SELECT y.id, y.citizen_ref FROM key y WHERE y.wrapped IS NOT NULL AND y.citizen_ref IS NOT NULL) AS k
        ON k.id = c.key_id AND k.citizen_ref = c.ref
    WHERE c.ref IS NULL OR k.id IS NULL
    UNION ALL
    SELECT 2, k.citizen_ref, NULL, NULL, k.id
    FROM key k
    LEFT JOIN (:part_erasures) AS e ON e.id = k.erasure AND e.citizen_ref = k.citizen_ref
        AND k.created_at <= e.until -- an erasure ends no key that was made after it
    WHERE (k.wrapped IS NULL OR k.erasure IS NOT NULL) AND (e.id IS NULL OR k.wrapped IS NOT NULL)
    UNION ALL
    SELECT 3, NULL, b.progress_id, b.first_offset, b.id
    FROM mentord.batch b
    WHERE NOT EXISTS (SELECT FROM mentord.rulebook r WHERE r.sha256 = b.rulebook)
    UNION ALL
    SELECT 4, NULL, q.progress_id, q.source_offset, q.erasure
    FROM mentord.quarantine q
    WHERE q.erasure IS NOT NULL AND NOT EXISTS ( -- as in chronicle_refusals
        SELECT
        FROM (:part_erasures) AS e
        LEFT JOIN mentord.citizen_key y ON y.id = q.key_id >> 5
        WHERE e.id = q.erasure
            AND q.at_ms <= e.until_ms AND (e.citizen_ref IN (q.citizen_ref, y.citizen_ref[(q.key_id & 31)::integer + 1])
                OR q.state <> 'open' AND q.at_ms < e.before_ms)
    )
    UNION ALL
    SELECT 5, NULL, q.progress_id, q.source_offset, q.batch
    FROM mentord.quarantine q
    WHERE (q.state IN ('open', 'redriven', 'dismissed')) IS NOT TRUE
        OR (q.state = 'open') <> (q.closed_at IS NULL) OR (q.state = 'open') <> (coalesce(q.closed_by, '') = '')
        OR (q.state = 'open') <> (coalesce(q.why, '') = '')
        OR (q.state = 'redriven') <> (q.redriven_progress_id IS NOT NULL)
        OR (q.state = 'redriven') <> (q.redriven_offset IS NOT NULL)
        OR (q.state = 'redriven') <> (q.redriven_batch IS NOT NULL)
        OR q.redriven_index < 0 OR q.state <> 'redriven' AND q.redriven_index IS NOT NULL
    UNION ALL
    SELECT 6, min(k.citizen_ref::text)::bytea, NULL, NULL, k.id FROM key k GROUP BY k.id HAVING count(*) > 1
    UNION ALL
    SELECT 7, k.citizen_ref, NULL, NULL, k.id
    FROM key k
    WHERE NOT EXISTS (SELECT FROM mentord.master_key m WHERE m.id = k.master)
    UNION ALL
    SELECT 8, d.citizen_ref, d.progress_id, d.source_offset, d.index FROM mentord.decision d WHERE d.batch IS NULL
) AS o
LIMIT $1::integer;
