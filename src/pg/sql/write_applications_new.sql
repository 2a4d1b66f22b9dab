-- $1 ids, $2 seqs, $3 states. A row that exists after all: unique violation, which is stale (src/pg/sqlstate.c).
INSERT INTO mentord.application (id, seq, state)
SELECT unnest($1::uuid[]), unnest($2::bigint[]), unnest($3::bytea[]);
