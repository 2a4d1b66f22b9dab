-- $1 ids, $2 seqs, $3 states. A row that exists after all: unique violation, which is stale (src/pg/sqlstate.c).
INSERT INTO mentord.application (id, seq, state)
SELECT g.id, g.seq, g.state FROM unnest($1::uuid[], $2::bigint[], $3::bytea[]) AS g (id, seq, state);
