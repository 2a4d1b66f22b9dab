DO $$ BEGIN CREATE ROLE mentord_owner NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
