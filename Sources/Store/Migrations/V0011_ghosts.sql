-- Machines and disks that serve nobody: how long that was seen, who keeps them, and what became of them.

ALTER TABLE ghost_instances
    -- instance: a machine. volume: a disk; instance_id is then the disk's id.
    ADD COLUMN resource_kind       text NOT NULL DEFAULT 'instance',
    ADD COLUMN availability_zone   text,
    ADD COLUMN market              text,
    ADD COLUMN auto_scaling_group  text,
    -- As it was last seen: another start, or other tags, and it is not what was flagged.
    ADD COLUMN launched_at         timestamptz,
    ADD COLUMN tags                jsonb NOT NULL DEFAULT '{}',
    -- Seconds between scans that both saw it, before and since it was flagged. Nothing else counts.
    ADD COLUMN observed_seconds    double precision NOT NULL DEFAULT 0,
    ADD COLUMN grace_seconds       double precision NOT NULL DEFAULT 0,
    ADD COLUMN flagged_at          timestamptz,
    -- When the grace ends if scans go on seeing it.
    ADD COLUMN due_at              timestamptz,
    ADD COLUMN kept_at             timestamptz,
    -- 'tag', or whoever called.
    ADD COLUMN kept_by             text,
    -- Who said that it need not wait for the end of its grace.
    ADD COLUMN waived_by           text,
    ADD COLUMN hourly_price_usd    numeric(20, 6),
    ADD COLUMN snapshot_id         text,
    -- The job that terminates it.
    ADD COLUMN job_id              uuid,
    ADD COLUMN problem             text,
    -- Grows with every change: who read an older one changes nothing.
    ADD COLUMN version             bigint NOT NULL DEFAULT 1,
    ADD CONSTRAINT ghost_instances_kind_known CHECK (resource_kind IN ('instance', 'volume')),
    DROP CONSTRAINT ghost_instances_status_known,
    ADD CONSTRAINT ghost_instances_status_known
        CHECK (status IN ('detected', 'flagged', 'kept', 'terminating', 'unflagged', 'terminated'));

DROP INDEX ghost_instances_open;
CREATE UNIQUE INDEX ghost_instances_open ON ghost_instances (customer_id, instance_id)
    WHERE status IN ('detected', 'flagged', 'kept', 'terminating');
-- Ids grow with time: pages are in their order.
CREATE INDEX ghost_instances_by_customer ON ghost_instances (customer_id, ghost_id DESC);
CREATE INDEX ghost_instances_by_cluster ON ghost_instances (cluster_id, ghost_id DESC);
CREATE INDEX ghost_instances_ended ON ghost_instances (customer_id, terminated_at) WHERE terminated_at IS NOT NULL;

-- What each scan saw, or why it decided nothing.
CREATE TABLE ghost_scans (
    job_id       uuid PRIMARY KEY,
    customer_id  uuid NOT NULL REFERENCES customers (customer_id),
    cluster_id   uuid NOT NULL REFERENCES clusters (cluster_id),
    scanned_at   timestamptz NOT NULL DEFAULT now(),
    status       text NOT NULL,
    reason       text,
    detail       text,
    machines     int,
    nodes        int,
    ghosts       int,
    CONSTRAINT ghost_scans_status_known CHECK (status IN ('done', 'aborted'))
);

CREATE INDEX ghost_scans_by_cluster ON ghost_scans (cluster_id, scanned_at DESC);
CREATE INDEX ghost_scans_by_customer ON ghost_scans (customer_id, scanned_at DESC);

-- Whatever people should hear of, written in the transaction that made it so: once each, in the order of ids.
CREATE TABLE ghost_events (
    event_id     uuid PRIMARY KEY,
    customer_id  uuid NOT NULL REFERENCES customers (customer_id),
    cluster_id   uuid REFERENCES clusters (cluster_id),
    -- null for what is about a scan.
    ghost_id     uuid REFERENCES ghost_instances (ghost_id),
    job_id       uuid,
    kind         text NOT NULL,
    detail       jsonb NOT NULL DEFAULT '{}',
    happened_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT ghost_events_kind_known CHECK (kind IN ('flagged', 'cleared', 'kept', 'unkept', 'waived', 'terminated',
        'termination_failed', 'scan_aborted', 'cap_reached', 'switched'))
);

CREATE INDEX ghost_events_by_customer ON ghost_events (customer_id, event_id DESC);
CREATE INDEX ghost_events_by_ghost ON ghost_events (ghost_id, event_id DESC) WHERE ghost_id IS NOT NULL;

-- What is switched off: 'fleet', or a customer's id. No row: it is on.
CREATE TABLE ghost_switches (
    scope       text PRIMARY KEY,
    is_off      boolean NOT NULL,
    reason      text,
    changed_by  text NOT NULL,
    changed_at  timestamptz NOT NULL DEFAULT now()
);
