-- $1 its number, $2 fingerprint, $3 why: the database's master key from now on.
INSERT INTO mentord.master_key (id, fingerprint, why) VALUES ($1::bigint, $2::bytea, $3::text);
