-- The master keys there were, the newest first, and whether every data key is wrapped with that one.
SELECT m.id, m.fingerprint, m.id = 1 OR EXISTS (SELECT FROM mentord.rekeyed r WHERE r.master = m.id)
FROM mentord.master_key m
ORDER BY m.id DESC;
