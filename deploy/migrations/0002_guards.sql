-- What the database itself refuses, whoever asks: the owner and a superuser too.

-- Aborts the transaction with an SQLSTATE of our own: MD001 fenced, MD002 stale. src/pg/sqlstate.c reads them.
CREATE FUNCTION mentord.demand(holds boolean, sqlstate_ text, what text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF holds IS NOT TRUE THEN
        RAISE EXCEPTION USING ERRCODE = sqlstate_, MESSAGE = what;
    END IF;
END
$$;

CREATE FUNCTION mentord.refuse_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'MD003',
        MESSAGE = format('%s on mentord.%s is refused: what is stored there is never changed', TG_OP, TG_TABLE_NAME);
END
$$;

CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON mentord.decision
    FOR EACH STATEMENT EXECUTE FUNCTION mentord.refuse_change();
CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON mentord.batch
    FOR EACH STATEMENT EXECUTE FUNCTION mentord.refuse_change();
CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON mentord.rulebook
    FOR EACH STATEMENT EXECUTE FUNCTION mentord.refuse_change();
CREATE TRIGGER never_removed BEFORE DELETE OR TRUNCATE ON mentord.quarantine
    FOR EACH STATEMENT EXECUTE FUNCTION mentord.refuse_change();
