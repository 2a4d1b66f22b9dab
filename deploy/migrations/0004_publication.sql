-- Rulebooks that people have put in force: from effective_from on, the newest of them by its name decides. Each once.
CREATE TABLE mentord.publication (
    rulebook bytea PRIMARY KEY REFERENCES mentord.rulebook (sha256),
    effective_from timestamptz NOT NULL,
    published_at timestamptz NOT NULL DEFAULT now(),
    published_by text NOT NULL DEFAULT session_user
);
CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON mentord.publication
    FOR EACH STATEMENT EXECUTE FUNCTION mentord.refuse_change();
GRANT SELECT ON mentord.publication TO mentord_worker, mentord_reader;
