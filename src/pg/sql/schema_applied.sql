-- The time as RFC 3339 in UTC.
SELECT migration, sha256, to_char(applied_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
FROM mentord.schema_version
ORDER BY migration;
