-- $1 ids, $2 seqs read, $3 seqs, $4 states.
WITH moved AS (
    UPDATE mentord.application a
    SET seq = g.seq, state = g.state
    FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bytea[]) AS g (id, seq_read, seq, state)
    WHERE a.id = g.id AND a.seq = g.seq_read
    RETURNING 1
)
SELECT mentord.demand(count(*) = cardinality($1::uuid[]), 'MD002', 'an application has moved') FROM moved;
