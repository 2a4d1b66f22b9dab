-- $1 progress ids, $2 keys. Places whose key has an open row that arms; looks for none when no row arms at all. LIMIT keeps it
-- an index look-up a key: without it the planner takes all rows that arm and compares each with every key.
SELECT k.n
FROM (
    SELECT unnest($1::bigint[]) AS progress_id, unnest($2::bytea[]) AS key, generate_series(1, cardinality($1::bigint[])) AS n
) AS k
CROSS JOIN LATERAL (
    SELECT FROM mentord.quarantine q
    WHERE q.progress_id = k.progress_id AND q.key = k.key AND q.state = 'open' AND q.arms AND octet_length(q.key) <= 64
    LIMIT 1
) AS armed
WHERE (
    SELECT EXISTS (SELECT FROM mentord.quarantine o WHERE o.state = 'open' AND o.arms AND octet_length(o.key) <= 64)
);
