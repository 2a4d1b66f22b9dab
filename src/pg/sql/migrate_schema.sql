-- The schema and the list of what was applied, before there is anything else.
DO $$
BEGIN
    IF to_regnamespace('mentord') IS NULL THEN
        CREATE SCHEMA mentord AUTHORIZATION mentord_owner;
    END IF;
    IF to_regclass('mentord.schema_version') IS NULL THEN
        SET LOCAL ROLE mentord_owner;
        CREATE TABLE mentord.schema_version (
            migration text PRIMARY KEY,
            sha256 bytea NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT now()
        );
    END IF;
END
$$;
