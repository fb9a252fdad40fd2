-- Machines that AWS takes back: what we heard, what we did, and how far we have come with it.

-- One row an event and machine. The same event may be told several times, by SQS or by whoever calls the API.
ALTER TABLE spot_events
    -- The id AWS gave the event; unique with customer and instance.
    ADD COLUMN source_event_id  text NOT NULL,
    ADD COLUMN queue_url        text,
    ADD COLUMN account_id       text,
    ADD COLUMN region           text,
    ADD COLUMN node_name        text,
    -- When the machine is lost: the event's time and two minutes for a warning.
    ADD COLUMN deadline         timestamptz,
    -- Whose work it is; several events of one interruption share a job.
    ADD COLUMN job_id           uuid,
    ADD COLUMN status           text NOT NULL DEFAULT 'accepted',
    ADD COLUMN reason           text,
    -- Seconds from the event to each thing done, by name.
    ADD COLUMN timings          jsonb,
    -- What became of each pod.
    ADD COLUMN pods             jsonb,
    -- accepted: a job has it. late: a job has it, but it came too late to save the pods. handled, failed: the job has
    -- ended. foreign, ignored: nothing was done; the reason says why.
    ADD CONSTRAINT spot_events_status_known
        CHECK (status IN ('accepted', 'handled', 'failed', 'late', 'foreign', 'ignored'));

CREATE UNIQUE INDEX spot_events_once ON spot_events (customer_id, source_event_id, instance_id);
CREATE INDEX spot_events_by_job ON spot_events (job_id) WHERE job_id IS NOT NULL;
-- Ids grow with time: pages are in their order.
CREATE INDEX spot_events_by_customer ON spot_events (customer_id, event_id DESC);
CREATE INDEX spot_events_by_instance ON spot_events (instance_id, event_id DESC);
-- Those that wait for the end of their job.
CREATE INDEX spot_events_open ON spot_events (event_id) WHERE job_id IS NOT NULL AND processed_at IS NULL;
DROP INDEX spot_events_by_cluster;
CREATE INDEX spot_events_by_cluster ON spot_events (cluster_id, event_id DESC);

-- How far a job has come that does several things to somebody's machines: whoever runs it next goes on from there.
CREATE TABLE job_steps (
    job_id       uuid NOT NULL,
    step         text NOT NULL,
    -- Of the claim that wrote it; one that was taken away writes no more.
    fence        bigint NOT NULL,
    content      jsonb NOT NULL,
    recorded_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT job_steps_pkey PRIMARY KEY (job_id, step)
);

-- What AWS could not provide lately, so that nobody asks for it again at once.
CREATE TABLE unavailable_offerings (
    account_id     text NOT NULL,
    region         text NOT NULL,
    market         text NOT NULL,
    instance_type  text NOT NULL,
    zone           text NOT NULL,
    reason         text NOT NULL,
    until          timestamptz NOT NULL,
    CONSTRAINT unavailable_offerings_pkey PRIMARY KEY (account_id, region, market, instance_type, zone)
);

-- Which scheduler takes messages from a customer's queue.
CREATE TABLE event_queue_leases (
    customer_id   uuid PRIMARY KEY REFERENCES customers (customer_id),
    holder        text NOT NULL,
    leased_until  timestamptz NOT NULL,
    -- What is wrong with the queue, for its owner; null while it can be read.
    problem       text,
    problem_since timestamptz,
    last_read_at  timestamptz
);

CREATE INDEX event_queue_leases_by_holder ON event_queue_leases (holder);

-- The schedulers among which the queues are shared.
CREATE TABLE event_queue_readers (
    holder      text PRIMARY KEY,
    seen_until  timestamptz NOT NULL
);

-- Messages that could not be read: kept with the reason, and deleted from the queue.
CREATE TABLE event_dead_letters (
    letter_id    uuid PRIMARY KEY,
    customer_id  uuid REFERENCES customers (customer_id),
    queue_url    text,
    message_id   text NOT NULL,
    reason       text NOT NULL,
    body         text NOT NULL,
    received_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT event_dead_letters_once UNIQUE (customer_id, message_id)
);
