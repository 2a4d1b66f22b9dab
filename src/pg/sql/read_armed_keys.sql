-- $1 progress ids, $2 keys, $3 rows counted beyond the first. Places whose key has open rows that arm, and how many; looks for none
-- when no row arms at all. LIMIT keeps it a short index look-up a key, however many rows a bad sender has left there.
SELECT k.n, armed.count
FROM (
    SELECT unnest($1::bigint[]) AS progress_id, unnest($2::bytea[]) AS key, generate_series(1, cardinality($1::bigint[])) AS n
) AS k
CROSS JOIN LATERAL (
    SELECT count(*)::integer AS count
    FROM (
        SELECT FROM mentord.quarantine q
        WHERE q.progress_id = k.progress_id AND q.key = k.key AND q.state = 'open' AND q.arms
            AND octet_length(q.key) <= 64
        LIMIT 1 + $3::integer
    ) AS found
) AS armed
WHERE armed.count > 0 AND (
    SELECT EXISTS (SELECT FROM mentord.quarantine o WHERE o.state = 'open' AND o.arms AND octet_length(o.key) <= 64)
);
