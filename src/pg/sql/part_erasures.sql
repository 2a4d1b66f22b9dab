-- Stands in others as a subquery: erasures, with what they reach. None is of what was made after `until`, in milliseconds until_ms: five minutes
-- more, which PostgreSQL's clock may have gone back in between (a failover). In a demo events bring their own time, which says nothing of it:
-- until_ms is endless. One by age is of what was made before before_ms.
SELECT e.id, e.citizen_ref, e.why, e.erased_at + interval '5 minutes' AS until,
    CASE WHEN (SELECT m.demo FROM mentord.meta m) THEN 'infinity' ELSE extract(epoch FROM e.erased_at + interval '5 minutes') * 1000 END AS until_ms,
    CASE WHEN e.citizen_ref IS NULL THEN floor(extract(epoch FROM e.decided_before) * 1000) END AS before_ms,
    CASE WHEN isfinite(e.erased_at) THEN floor(extract(epoch FROM e.erased_at) * 1000)::bigint END AS erased_ms
FROM mentord.erasure e
