DO $$ BEGIN CREATE ROLE mentord_reader LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
