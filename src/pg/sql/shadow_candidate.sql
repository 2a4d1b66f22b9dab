-- $1 sha256, $2 name, $3 version.
INSERT INTO mentord.shadow_candidate (sha256, name, version)
VALUES ($1::bytea, $2::text, $3::text)
ON CONFLICT DO NOTHING;
