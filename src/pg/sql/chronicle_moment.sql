-- The moment's name, for other sessions to read at the same one.
SELECT pg_export_snapshot();
