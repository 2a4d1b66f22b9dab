-- $1 refs, $2 armed read: rows of citizens without a decision that nothing arms any longer.
WITH gone AS (
    DELETE FROM mentord.citizen c
    USING unnest($1::bytea[], $2::bigint[]) AS g (ref, armed_read)
    WHERE c.ref = g.ref AND c.seq = 0 AND c.armed = g.armed_read AND c.key_id IS NULL
    RETURNING 1
)
SELECT mentord.demand(count(*) = cardinality($1::bytea[]), 'MD002', 'a citizen has moved') FROM gone;
