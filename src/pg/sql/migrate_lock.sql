-- One migration of this database at a time; held until the session ends.
SELECT pg_advisory_lock(hashtextextended('mentord db migrate', 0));
