-- $1: made for demos. Said once, when the database is made.
INSERT INTO mentord.meta (demo) VALUES ($1::boolean) ON CONFLICT DO NOTHING;
