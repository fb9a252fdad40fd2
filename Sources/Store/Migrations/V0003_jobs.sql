-- The journal: append-only. A row of jobs is an accepted job, a row of job_attempts one run of it (or the
-- verdict that it will not run). A job is finished when it has its one terminal row.
--
-- Both are partitioned by the day inside the job's UUIDv7, so that the job's id alone is the primary key,
-- finds its partition, and old days can be dropped whole.

CREATE TABLE jobs (
    job_id         uuid NOT NULL,
    type           text NOT NULL,
    queue          text NOT NULL,
    cluster_id     uuid,
    customer_id    uuid,
    parameters     jsonb NOT NULL,
    priority       smallint NOT NULL,
    deadline       timestamptz,
    run_at         timestamptz NOT NULL,
    max_attempts   smallint NOT NULL,
    exclusive_key  text,
    dedupe_key     text,
    dry_run        boolean NOT NULL DEFAULT false,
    traceparent    text,
    submitted_at   timestamptz NOT NULL DEFAULT now(),
    submitted_by   text NOT NULL,
    CONSTRAINT jobs_pkey PRIMARY KEY (job_id),
    CONSTRAINT jobs_priority_range CHECK (priority BETWEEN 1 AND 10),
    CONSTRAINT jobs_max_attempts_range CHECK (max_attempts BETWEEN 1 AND 100)
) PARTITION BY RANGE (job_id);

-- Block ranges suffice: rows are appended in the order of their time.
CREATE INDEX jobs_by_submission ON jobs USING brin (submitted_at) WITH (pages_per_range = 16);

CREATE TABLE job_attempts (
    job_id            uuid NOT NULL,
    -- Unique over all claims of the fleet and ever growing: see queue_epoch. A claim has one row. When its
    -- lease is taken away, that row says 'lost', and there is no place left for a late result.
    fence             bigint NOT NULL,
    attempt           smallint NOT NULL,
    queue             text NOT NULL,
    worker_id         text,
    started_at        timestamptz NOT NULL,
    finished_at       timestamptz NOT NULL,
    duration_seconds  double precision NOT NULL,
    status            text NOT NULL,
    terminal          boolean NOT NULL,
    -- Used up its attempts, or was set aside: listed as dead until an operator retries or discards it.
    dead              boolean NOT NULL DEFAULT false,
    error_code        text,
    error_message     text,
    error_retryable   boolean,
    logs              text NOT NULL DEFAULT '',
    metadata          jsonb,
    recorded_at       timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT job_attempts_pkey PRIMARY KEY (job_id, fence),
    CONSTRAINT job_attempts_status_known
        CHECK (status IN ('success', 'failed', 'timeout', 'cancelled', 'lost', 'released'))
) PARTITION BY RANGE (job_id);

-- One terminal outcome a job, whoever asks.
CREATE UNIQUE INDEX job_attempts_one_outcome ON job_attempts (job_id) WHERE terminal;
CREATE INDEX job_attempts_dead ON job_attempts (queue) WHERE dead;

CREATE TABLE job_idempotency (
    scope         text NOT NULL,
    key           text NOT NULL,
    request_hash  bytea NOT NULL,
    job_id        uuid NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT job_idempotency_pkey PRIMARY KEY (scope, key)
);

CREATE INDEX job_idempotency_by_age ON job_idempotency USING brin (created_at);

CREATE TABLE job_dedupe (
    scope       text NOT NULL,
    dedupe_key  text NOT NULL,
    job_id      uuid NOT NULL,
    CONSTRAINT job_dedupe_pkey PRIMARY KEY (scope, dedupe_key)
);

-- The life of one Redis: a new number each time Redis is found empty or restored. It is also the lowest
-- fencing token of that life, made from the clock in microseconds so that no token is ever issued twice.
CREATE TABLE queue_epoch (
    singleton  boolean PRIMARY KEY DEFAULT true,
    epoch      bigint NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT queue_epoch_one_row CHECK (singleton)
);

INSERT INTO queue_epoch (epoch) VALUES ((extract(epoch FROM clock_timestamp()) * 1000000)::bigint);

CREATE TABLE schedules (
    name           text PRIMARY KEY,
    job_type       text NOT NULL,
    every_seconds  int NOT NULL,
    paused         boolean NOT NULL DEFAULT false,
    last_tick      timestamptz,
    updated_at     timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT schedules_interval_positive CHECK (every_seconds > 0)
);

-- The smallest UUIDv7 of an instant.
CREATE FUNCTION uuid_floor(instant timestamptz) RETURNS uuid
LANGUAGE sql IMMUTABLE STRICT
RETURN (lpad(to_hex((extract(epoch FROM instant) * 1000)::bigint), 12, '0') || '00000000000000000000')::uuid;
