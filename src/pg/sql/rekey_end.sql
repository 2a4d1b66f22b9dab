-- $1 the master key. Nothing when a data key is left that it does not wrap.
WITH ended AS (
    INSERT INTO mentord.rekeyed (master)
    SELECT $1::bigint
    WHERE NOT EXISTS (SELECT FROM mentord.citizen_key k, unnest(k.wrapped) AS w (one) WHERE k.master <> $1::bigint AND w.one IS NOT NULL)
    ON CONFLICT (master) DO NOTHING
)
SELECT NOT EXISTS (SELECT FROM mentord.citizen_key k, unnest(k.wrapped) AS w (one) WHERE k.master <> $1::bigint AND w.one IS NOT NULL);
