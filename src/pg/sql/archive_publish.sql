-- $1 sha256, $2 ms from which it decides. No row: it is published already.
INSERT INTO mentord.publication (rulebook, effective_from)
VALUES ($1::bytea, to_timestamp($2::bigint / 1000.0))
ON CONFLICT (rulebook) DO NOTHING
RETURNING rulebook;
