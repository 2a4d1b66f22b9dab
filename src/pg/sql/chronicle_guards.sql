-- Triggers that refuse what is never to be changed, and are gone or off. Null: none. What a session turns off for itself is not seen here.
SELECT string_agg(format('%s of mentord.%s', g.guard, g.name), ', ' ORDER BY g.name, g.guard)
FROM (VALUES ('batch', 'never_changed'), ('citizen_key', 'never_removed'), ('citizen_key', 'only_destroyed'), ('decision', 'never_changed'),
    ('decision', 'never_removed'), ('decision', 'only_emptied'), ('erasure', 'never_changed'), ('master_key', 'never_changed'),
    ('publication', 'never_changed'), ('quarantine', 'never_removed'), ('quarantine', 'only_emptied'), ('rekeyed', 'never_changed'),
    ('rulebook', 'never_changed')) AS g (name, guard)
WHERE NOT EXISTS (
    SELECT
    FROM pg_trigger t
    JOIN pg_class c ON c.oid = t.tgrelid AND c.relnamespace = 'mentord'::regnamespace AND c.relname = g.name
    WHERE t.tgname = g.guard AND t.tgenabled IN ('O', 'A')
);
