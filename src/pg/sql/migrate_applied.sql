INSERT INTO mentord.schema_version (migration, sha256) VALUES ($1::text, $2::bytea);
