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

-- Opens the new partitions when no old one is behind. Only so does a partition count change, and only upward.
CREATE FUNCTION mentord.growth_pass(cluster_ text, topic_ text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
    WITH passed AS (
        UPDATE mentord.growth g
        SET passed_at = now()
        WHERE g.cluster = cluster_ AND g.topic = topic_ AND g.passed_at IS NULL
            AND NOT EXISTS (SELECT FROM mentord.growth_behind b WHERE b.cluster = cluster_ AND b.topic = topic_)
        RETURNING g.from_count, g.to_count
    )
    UPDATE mentord.topic t
    SET partition_count = passed.to_count
    FROM passed
    WHERE t.cluster = cluster_ AND t.topic = topic_ AND t.partition_count = passed.from_count;
$$;
