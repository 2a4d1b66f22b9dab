-- What mentord keeps. Run as mentord_owner in a database that has the schema mentord; mentord db migrate does both.

-- One row about the database itself.
CREATE TABLE mentord.meta (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    demo boolean NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- Every rulebook a worker has started with, by the hash that decisions pin.
CREATE TABLE mentord.rulebook (
    sha256 bytea PRIMARY KEY CHECK (octet_length(sha256) = 32),
    name text NOT NULL,
    version text NOT NULL,
    yaml bytea NOT NULL,
    stored_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (name, version)
);

-- The input topic as the workers found it. The newest opened_at is the one that people are shown.
CREATE TABLE mentord.topic (
    cluster text NOT NULL,
    topic text NOT NULL,
    partition_count integer NOT NULL CHECK (partition_count > 0), -- as far as they are read, see growth
    consumer_group text NOT NULL,
    opened_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (cluster, topic)
);

-- Each time the input topic got more partitions. A citizen's key may then belong to a new one, so the new ones are not read until
-- the old ones have passed these ends; then topic.partition_count becomes to_count. When to_count is no multiple of from_count, old
-- ones that have come to their ends wait for the others too. One at a time: a topic that grows again in the meantime waits its turn.
CREATE TABLE mentord.growth (
    cluster text NOT NULL,
    topic text NOT NULL,
    from_count integer NOT NULL CHECK (from_count > 0),
    to_count integer NOT NULL,
    ends bigint[] NOT NULL, -- where the old partitions' logs ended when it was noticed, or where the new count had its first record
    noted_by text NOT NULL, -- host/pid
    noted_at timestamptz NOT NULL DEFAULT now(),
    passed_at timestamptz,
    PRIMARY KEY (cluster, topic, from_count),
    FOREIGN KEY (cluster, topic) REFERENCES mentord.topic,
    CONSTRAINT growth_grows CHECK (to_count > from_count),
    CONSTRAINT growth_ends CHECK (cardinality(ends) = from_count)
);

-- The input position, one row a partition. Only its latest epoch may move it.
CREATE TABLE mentord.progress (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    cluster text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL CHECK (partition >= 0),
    consumer_group text NOT NULL,
    epoch bigint NOT NULL DEFAULT 0,
    first_offset bigint NOT NULL, -- where its ledger begins, part of its chain's genesis
    next_offset bigint NOT NULL, -- the first without a fate
    emitted_offset bigint NOT NULL, -- every output below it is acknowledged
    seen_offset bigint NOT NULL, -- what is below it is in no Kafka transaction of whose end nobody knows
    evaluated_at_ms bigint NOT NULL DEFAULT 0,
    last_offset bigint NOT NULL DEFAULT -1, -- the last real record below next_offset
    last_digest bytea NOT NULL DEFAULT decode(repeat('00', 32), 'hex') CHECK (octet_length(last_digest) = 32),
    batch bigint NOT NULL DEFAULT 0, -- the last one of it
    link bytea NOT NULL CHECK (octet_length(link) = 32), -- its link, the chain's head: core/chain.h
    takeovers integer NOT NULL DEFAULT 0, -- owners lost since the last batch was stored
    tried_offset bigint NOT NULL DEFAULT -1, -- the record last tried alone, said before it was looked into
    tries integer NOT NULL DEFAULT 0, -- by so many processes
    tried_by text NOT NULL DEFAULT '', -- the last of them, of whose name there is none other ever
    breaker bytea NOT NULL DEFAULT '', -- which of the last records were refused, core/breaker.h
    stopped_at timestamptz, -- by the breaker; null unless a person has to resume it
    owner text, -- host/pid; null when given back
    transactional_id text NOT NULL DEFAULT '', -- of the owner's Kafka producer; empty in idempotent mode
    -- Those of owners before, who have not given it back and may have left a transaction open, until somebody has ended it.
    orphan_ids text[] NOT NULL DEFAULT '{}',
    backend_pid integer,
    backend_start timestamptz,
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (cluster, topic, partition),
    CONSTRAINT progress_order CHECK (0 <= emitted_offset AND emitted_offset <= next_offset)
) WITH (fillfactor = 50);
ALTER TABLE mentord.progress
    ALTER COLUMN last_digest SET STORAGE PLAIN,
    ALTER COLUMN link SET STORAGE PLAIN,
    ALTER COLUMN breaker SET STORAGE PLAIN;

-- A Kafka transaction that may have counted as committed is about to be aborted, or was: which of the partition's outputs written since
-- then are out is read back from the output topics, by its next owner.
CREATE TABLE mentord.recall (
    progress_id bigint PRIMARY KEY,
    since_ms bigint NOT NULL, -- Unix
    noted_at timestamptz NOT NULL DEFAULT now()
);

-- Old partitions that a growth still waits for.
CREATE VIEW mentord.growth_behind AS
SELECT g.cluster, g.topic, (e.place - 1)::integer AS partition, coalesce(p.emitted_offset, 0) AS emitted_offset, e.end_offset
FROM mentord.growth g
CROSS JOIN LATERAL unnest(g.ends) WITH ORDINALITY AS e (end_offset, place)
LEFT JOIN mentord.progress p ON p.cluster = g.cluster AND p.topic = g.topic AND p.partition = e.place - 1
-- Emitted, not just decided: what a new partition says of a citizen may not overtake what an old one has still to say.
WHERE g.passed_at IS NULL AND coalesce(p.emitted_offset, 0) < e.end_offset;

-- The ledger: what became of every offset. One id a transaction, one row a partition in it.
CREATE SEQUENCE mentord.batch_id;
CREATE TABLE mentord.batch (
    id bigint NOT NULL,
    progress_id bigint NOT NULL,
    first_offset bigint NOT NULL,
    next_offset bigint NOT NULL,
    epoch bigint NOT NULL,
    evaluated_at_ms bigint NOT NULL,
    skipped bigint NOT NULL, -- offsets
    gap bigint NOT NULL, -- offsets
    decided integer NOT NULL,
    duplicate integer NOT NULL,
    dlq integer NOT NULL,
    owner text NOT NULL,
    rulebook bytea NOT NULL,
    entries bytea NOT NULL, -- include/mentor/port/ledger.h
    root bytea NOT NULL CHECK (octet_length(root) = 32), -- of the tree over the entries: core/chain.h
    link bytea NOT NULL CHECK (octet_length(link) = 32), -- after that of the batch that ends at first_offset, or the genesis
    PRIMARY KEY (id, progress_id),
    CONSTRAINT batch_range CHECK (first_offset < next_offset)
);
ALTER TABLE mentord.batch
    ALTER COLUMN entries SET STORAGE EXTERNAL, -- digests do not compress
    ALTER COLUMN root SET STORAGE PLAIN,
    ALTER COLUMN link SET STORAGE PLAIN;
CREATE INDEX batch_by_position ON mentord.batch (progress_id, next_offset, id);

-- Made once, never changed. No uniqueness but the place: so rows only append, and may be split by time later. The event's key
-- stands in the ledger, its ce_id in the headers.
-- Rows of 1.5 to 3 KB stay whole in their page, uncompressed: toast_tuple_target.
CREATE TABLE mentord.decision (
    batch bigint NOT NULL,
    progress_id bigint NOT NULL,
    source_offset bigint NOT NULL,
    version bigint NOT NULL,
    application_seq bigint NOT NULL,
    citizen_seq bigint NOT NULL,
    evaluated_at_ms bigint NOT NULL,
    late_ms bigint NOT NULL, -- -1 when not late
    total_ore bigint, -- null without a frame
    index integer NOT NULL,
    core_version integer NOT NULL,
    start_date date, -- null without a period
    end_date date,
    outcome smallint NOT NULL, -- mentor.v1.Outcome
    conflict boolean NOT NULL, -- D06
    quarantined boolean NOT NULL, -- Q01
    application_id uuid NOT NULL,
    decision_id uuid NOT NULL,
    citizen_ref bytea NOT NULL,
    rulebook bytea NOT NULL,
    periods bytea NOT NULL, -- history considered, core/history.h
    headers bytea NOT NULL, -- as they came, port/record.h
    trace bytea NOT NULL, -- carried over, port/record.h
    input bytea NOT NULL, -- Application, as it came
    output bytea NOT NULL, -- Decision, as emitted
    PRIMARY KEY (batch, index)
) WITH (toast_tuple_target = 8160);
ALTER TABLE mentord.decision
    ALTER COLUMN periods SET STORAGE EXTERNAL,
    ALTER COLUMN headers SET STORAGE EXTERNAL,
    ALTER COLUMN trace SET STORAGE EXTERNAL,
    ALTER COLUMN input SET STORAGE EXTERNAL,
    ALTER COLUMN output SET STORAGE EXTERNAL;

-- What serialises. Projections of the decisions: what the next one needs to know. State: core/history.h.
CREATE TABLE mentord.application (
    id uuid PRIMARY KEY,
    seq bigint NOT NULL CHECK (seq > 0),
    state bytea NOT NULL
) WITH (fillfactor = 80);
ALTER TABLE mentord.application ALTER COLUMN state SET STORAGE EXTERNAL;

-- A row that says nothing does not exist: so seq 0 and armed 0 means absent.
CREATE TABLE mentord.citizen (
    ref bytea PRIMARY KEY CHECK (octet_length(ref) = 16),
    seq bigint NOT NULL,
    armed bigint NOT NULL, -- open quarantine rows that leave a fact of the citizen unknown (Q01)
    state bytea NOT NULL,
    CONSTRAINT citizen_counts CHECK (seq >= 0 AND armed >= 0)
) WITH (fillfactor = 80);
ALTER TABLE mentord.citizen
    ALTER COLUMN ref SET STORAGE PLAIN,
    ALTER COLUMN state SET STORAGE EXTERNAL;

-- Every DLQ record, byte for byte, until a person or a redrive closes it.
CREATE TABLE mentord.quarantine (
    progress_id bigint NOT NULL,
    source_offset bigint NOT NULL,
    batch bigint NOT NULL,
    at_ms bigint NOT NULL,
    redrives bigint NOT NULL,
    status smallint NOT NULL, -- gRPC's code
    arms boolean NOT NULL, -- Q01 until closed
    reason text NOT NULL, -- mentor-reason
    citizen_ref bytea, -- where it could be read, also where nothing is armed: by it a citizen's rows are erased
    key bytea,
    value bytea,
    headers bytea NOT NULL, -- port/record.h
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'redriven', 'dismissed')),
    why text,
    closed_at timestamptz,
    closed_by text,
    -- redriven: where the record lies now, and the decision that came of it unless it was refused again or a duplicate
    redriven_progress_id bigint,
    redriven_offset bigint,
    redriven_batch bigint,
    redriven_index integer,
    PRIMARY KEY (progress_id, source_offset),
    CHECK ((state = 'open') = (closed_at IS NULL)),
    CHECK ((state = 'redriven') = (redriven_progress_id IS NOT NULL))
);
ALTER TABLE mentord.quarantine
    ALTER COLUMN value SET STORAGE EXTERNAL,
    ALTER COLUMN headers SET STORAGE EXTERNAL;
-- A key over 64 bytes is refused itself (contract.md section 2), so none is asked for; and an index cannot hold a large one.
CREATE INDEX quarantine_armed ON mentord.quarantine (progress_id, key)
    WHERE state = 'open' AND arms AND octet_length(key) <= 64;
CREATE INDEX quarantine_open ON mentord.quarantine (progress_id, source_offset) WHERE state = 'open';
