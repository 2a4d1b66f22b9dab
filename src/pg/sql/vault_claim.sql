-- $1 fingerprint. The first master key that is used with a database is its first.
INSERT INTO mentord.master_key (fingerprint) VALUES ($1::bytea) ON CONFLICT (id) DO NOTHING;
