-- $1 sha256, $2 name, $3 version, $4 the file's bytes.
INSERT INTO mentord.rulebook (sha256, name, version, yaml)
VALUES ($1::bytea, $2::text, $3::text, $4::bytea)
ON CONFLICT DO NOTHING;
