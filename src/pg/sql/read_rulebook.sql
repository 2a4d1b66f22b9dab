-- $1 sha256.
SELECT r.name, r.version, r.yaml FROM mentord.rulebook r WHERE r.sha256 = $1::bytea;
