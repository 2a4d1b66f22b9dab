-- $1 refs, $2 seqs, $3 armed, $4 states. A row that exists after all: unique violation, which is stale.
INSERT INTO mentord.citizen (ref, seq, armed, state)
SELECT g.ref, g.seq, g.armed, g.state
FROM unnest($1::bytea[], $2::bigint[], $3::bigint[], $4::bytea[]) AS g (ref, seq, armed, state);
