-- $1 refs, $2 seqs read, $3 armed read, $4 seqs, $5 armed, $6 states.
WITH moved AS (
    UPDATE mentord.citizen c
    SET seq = g.seq, armed = g.armed, state = g.state
    FROM unnest($1::bytea[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bytea[])
        AS g (ref, seq_read, armed_read, seq, armed, state)
    WHERE c.ref = g.ref AND c.seq = g.seq_read AND c.armed = g.armed_read
    RETURNING 1
)
SELECT mentord.demand(count(*) = cardinality($1::bytea[]), 'MD002', 'a citizen has moved') FROM moved;
