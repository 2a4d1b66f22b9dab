-- What refuses a change of what is stored, and is gone, off or not as the migrations made it: triggers, and functions. Null: nothing. $1 the
-- migrations, which say what a function is. What a session turns off for itself is not seen here.
WITH piece AS ( -- what stands between two $$ is the body of the function that was named last
    SELECT m.number AS migration, s.number, s.text AS body, lag(s.text) OVER (PARTITION BY m.number ORDER BY s.number) AS before
    FROM unnest($1::text[]) WITH ORDINALITY AS m (text, number), unnest(string_to_array(m.text, '$$')) WITH ORDINALITY AS s (text, number)
), said AS (
    SELECT DISTINCT ON (h.name) h.name, h.head, p.body
    FROM piece p, LATERAL (SELECT substring(p.before FROM '.*CREATE (?:OR REPLACE )?FUNCTION mentord[.](.*)$')) AS f (head),
        LATERAL (SELECT f.head, split_part(f.head, '(', 1)) AS h (head, name)
    WHERE p.number % 2 = 0 AND f.head IS NOT NULL
    ORDER BY h.name, p.migration DESC, p.number DESC
)
SELECT string_agg(bad.what, ', ' ORDER BY bad.kind, bad.what)
FROM (
    SELECT 1 AS kind, format('%s of mentord.%s', g.guard, g.name) AS what
    FROM (VALUES ('batch', 'never_changed', 'DELETE OR UPDATE OR TRUNCATE', 'STATEMENT', 'refuse_change'),
        ('citizen_key', 'never_removed', 'DELETE OR TRUNCATE', 'STATEMENT', 'refuse_change'),
        ('citizen_key', 'only_destroyed', 'UPDATE', 'ROW', 'only_destroyed'),
        ('decision', 'never_changed', 'UPDATE', 'STATEMENT', 'refuse_unless_erasing'),
        ('decision', 'never_removed', 'DELETE OR TRUNCATE', 'STATEMENT', 'refuse_change'),
        ('decision', 'only_emptied', 'UPDATE', 'ROW', 'only_emptied'),
        ('erasure', 'never_changed', 'DELETE OR UPDATE OR TRUNCATE', 'STATEMENT', 'refuse_change'),
        ('master_key', 'never_changed', 'DELETE OR UPDATE OR TRUNCATE', 'STATEMENT', 'refuse_change'),
        ('publication', 'never_changed', 'DELETE OR UPDATE OR TRUNCATE', 'STATEMENT', 'refuse_change'),
        ('quarantine', 'never_removed', 'DELETE OR TRUNCATE', 'STATEMENT', 'refuse_change'),
        ('quarantine', 'only_emptied', 'UPDATE OF progress_id, source_offset, batch, at_ms, redrives, status, arms, reason, citizen_ref, key, value, '
            'headers, key_id, erasure, value_sha256', 'ROW', 'only_emptied_refusal'),
        ('rekeyed', 'never_changed', 'DELETE OR UPDATE OR TRUNCATE', 'STATEMENT', 'refuse_change'),
        ('rulebook', 'never_changed', 'DELETE OR UPDATE OR TRUNCATE', 'STATEMENT', 'refuse_change')) AS g (name, guard, events, each, calls)
    WHERE NOT EXISTS (
        SELECT
        FROM pg_trigger t
        JOIN pg_class c ON c.oid = t.tgrelid AND c.relnamespace = 'mentord'::regnamespace AND c.relname = g.name
        WHERE t.tgname = g.guard AND t.tgenabled IN ('O', 'A')
            AND pg_get_triggerdef(t.oid) = format('CREATE TRIGGER %s BEFORE %s ON mentord.%s FOR EACH %s EXECUTE FUNCTION mentord.%s()',
                g.guard, g.events, g.name, g.each, g.calls)
    )
    UNION ALL
    SELECT 2, format('function mentord.%s', s.name)
    FROM said s
    LEFT JOIN pg_proc p ON p.pronamespace = 'mentord'::regnamespace AND p.proname = s.name
    LEFT JOIN pg_language l ON l.oid = p.prolang
    GROUP BY s.name
    HAVING bool_and(p.prosrc = s.body AND strpos(s.head, 'LANGUAGE ' || l.lanname) > 0
        AND p.prosecdef = (strpos(s.head, 'SECURITY DEFINER') > 0)
        AND p.proconfig IS NOT DISTINCT FROM CASE WHEN strpos(s.head, 'SET search_path = ''''') > 0 THEN ARRAY['search_path=""'] END) IS NOT TRUE
) AS bad;
