-- What happened to the machines, what we advised, and which machines serve nobody.

CREATE TABLE spot_events (
    event_id                 uuid PRIMARY KEY,
    cluster_id               uuid REFERENCES clusters (cluster_id),
    customer_id              uuid REFERENCES customers (customer_id),
    instance_id              text NOT NULL,
    event_type               text NOT NULL,
    event_time               timestamptz NOT NULL,
    received_at              timestamptz NOT NULL DEFAULT now(),
    detail                   jsonb,
    action_taken             text,
    replacement_instance_id  text,
    drain_duration_seconds   int,
    processed_at             timestamptz
);

CREATE INDEX spot_events_by_cluster ON spot_events (cluster_id, event_time DESC);

CREATE TABLE optimization_history (
    optimization_id    uuid PRIMARY KEY,
    cluster_id         uuid NOT NULL REFERENCES clusters (cluster_id),
    optimization_type  text NOT NULL,
    recommendations    jsonb NOT NULL,
    execution_plan     jsonb NOT NULL,
    estimated_savings  numeric(20, 6),
    actual_savings     numeric(20, 6),
    status             text NOT NULL,
    executed_at        timestamptz NOT NULL DEFAULT now(),
    completed_at       timestamptz,
    CONSTRAINT optimization_history_type_known
        CHECK (optimization_type IN ('spot_optimize', 'bin_pack', 'rightsize', 'schedule'))
);

CREATE INDEX optimization_history_by_cluster ON optimization_history (cluster_id, executed_at DESC);

CREATE TABLE ghost_instances (
    ghost_id       uuid PRIMARY KEY,
    customer_id    uuid NOT NULL REFERENCES customers (customer_id),
    cluster_id     uuid REFERENCES clusters (cluster_id),
    instance_id    text NOT NULL,
    instance_type  text,
    region         text,
    reason         text,
    evidence       jsonb,
    scans_seen     int NOT NULL DEFAULT 1,
    first_seen_at  timestamptz NOT NULL DEFAULT now(),
    last_seen_at   timestamptz NOT NULL DEFAULT now(),
    detected_at    timestamptz NOT NULL DEFAULT now(),
    unflagged_at   timestamptz,
    terminated_at  timestamptz,
    status         text NOT NULL,
    CONSTRAINT ghost_instances_status_known CHECK (status IN ('detected', 'flagged', 'kept', 'unflagged', 'terminated'))
);

CREATE UNIQUE INDEX ghost_instances_open ON ghost_instances (customer_id, instance_id)
    WHERE status IN ('detected', 'flagged', 'kept');
