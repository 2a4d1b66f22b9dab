-- The master keys there were, the newest first, and whether every data key is wrapped with that one.
SELECT coalesce(m.id, 0)::smallint, m.fingerprint, coalesce(m.id = 1, false) OR EXISTS (SELECT FROM mentord.rekeyed r WHERE r.master = m.id)
FROM mentord.master_key m
ORDER BY m.id DESC;
