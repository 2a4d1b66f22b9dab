-- All rulebooks with when they begin to decide, and whether they do now: per name the newest whose day has come.
SELECT r.name, r.version, r.sha256, floor(extract(epoch FROM r.stored_at) * 1000)::bigint,
    floor(extract(epoch FROM p.effective_from) * 1000)::bigint, floor(extract(epoch FROM p.published_at) * 1000)::bigint,
    p.published_by,
    p.effective_from <= now() AND NOT EXISTS (
        SELECT FROM mentord.publication o
        JOIN mentord.rulebook s ON s.sha256 = o.rulebook
        WHERE s.name = r.name AND o.effective_from <= now()
            AND (o.effective_from, o.published_at) > (p.effective_from, p.published_at)
    )
FROM mentord.rulebook r
LEFT JOIN mentord.publication p ON p.rulebook = r.sha256
ORDER BY r.name, p.effective_from NULLS FIRST, p.published_at, r.stored_at;
