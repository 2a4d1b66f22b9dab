DO $$ BEGIN CREATE ROLE mentord_worker LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
