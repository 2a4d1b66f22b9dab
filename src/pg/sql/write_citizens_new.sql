-- $1 refs, $2 seqs, $3 armed, $4 states, $5 keys. A row that exists after all: unique violation, which is stale.
INSERT INTO mentord.citizen (ref, seq, armed, state, key_id)
SELECT unnest($1::bytea[]), unnest($2::bigint[]), unnest($3::bigint[]), unnest($4::bytea[]), unnest($5::bigint[]);
