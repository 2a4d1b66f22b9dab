-- $1 citizen ref, $2 why. What was erased of the citizen, and when and why it was before.
SELECT e.known, e.erasure IS NOT NULL, e.sealed, e.plain, e.refused, e.open_refused,
    coalesce(floor(extract(epoch FROM b.erased_at) * 1000)::bigint, 0), coalesce(b.why, '')
FROM mentord.erase_citizen($1::bytea, $2::text) e
LEFT JOIN LATERAL (
    SELECT o.erased_at, o.why FROM mentord.erasure o WHERE o.citizen_ref = $1::bytea AND o.id IS DISTINCT FROM e.erasure
    ORDER BY o.id DESC LIMIT 1
) AS b ON true;
