-- What is no plain table, or is read by a rule: it would show something else than what is stored. Null: all is as migrations made it.
SELECT string_agg('mentord.' || t.name, ', ' ORDER BY t.name)
FROM unnest(ARRAY['application', 'batch', 'citizen', 'citizen_key', 'decision', 'erasure', 'growth', 'master_key', 'meta', 'progress',
    'publication', 'quarantine', 'rekeyed', 'rulebook', 'schema_version', 'topic']) AS t (name)
LEFT JOIN pg_class c ON c.relnamespace = 'mentord'::regnamespace AND c.relname = t.name
WHERE c.relkind IS DISTINCT FROM 'r' OR EXISTS (SELECT FROM pg_rewrite r WHERE r.ev_class = c.oid);
