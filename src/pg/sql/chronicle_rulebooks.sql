SELECT r.sha256, r.yaml, r.name, r.version FROM mentord.rulebook r ORDER BY r.sha256;
