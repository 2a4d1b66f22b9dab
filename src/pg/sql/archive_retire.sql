-- $1 milliseconds before which, $2 why.
SELECT true, e.decisions + e.refused > 0, 0::bigint, e.decisions, e.refused, 0::bigint, 0::bigint, ''
FROM mentord.retire_payloads(to_timestamp($1::bigint / 1000.0), $2::text) e;
