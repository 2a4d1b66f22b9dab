-- $1 name, $2 version.
SELECT sha256 FROM mentord.rulebook WHERE name = $1::text AND version = $2::text;
