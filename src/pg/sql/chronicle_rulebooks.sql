SELECT r.sha256, r.yaml FROM mentord.rulebook r ORDER BY r.sha256;
