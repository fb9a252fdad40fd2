-- What customers are told of what we did to their machines, and where they want to hear it.

CREATE TABLE notification_channels (
    channel_id         uuid PRIMARY KEY,
    customer_id        uuid NOT NULL REFERENCES customers (customer_id),
    name               text NOT NULL,
    kind               text NOT NULL,
    -- As much of the target as may be shown: paths of webhooks are secrets.
    target_shown       text NOT NULL,
    -- Sealed with AES-256-GCM under the master key, bound to channel_id as associated data.
    target_sealed      bytea NOT NULL,
    secret_sealed      bytea,
    -- The kinds of events that are wanted; null for all.
    kinds              text[],
    enabled            boolean NOT NULL DEFAULT true,
    -- Why we switched it off; null if its owner did.
    disabled_reason    text,
    -- What went wrong last, since when, and how often in a row the receiver said that it is the request.
    problem            text,
    problem_since      timestamptz,
    refusals           int NOT NULL DEFAULT 0,
    last_delivered_at  timestamptz,
    created_at         timestamptz NOT NULL DEFAULT now(),
    updated_at         timestamptz NOT NULL DEFAULT now(),
    deleted_at         timestamptz,
    CONSTRAINT notification_channels_kind_known CHECK (kind IN ('slack', 'webhook', 'email'))
);

CREATE INDEX notification_channels_live ON notification_channels (customer_id) WHERE deleted_at IS NULL;

-- The outbox: written in the transaction of what it tells, one row a channel.
CREATE TABLE notifications (
    -- The order in which a channel hears of them.
    sequence         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    channel_id       uuid NOT NULL REFERENCES notification_channels (channel_id),
    customer_id      uuid NOT NULL REFERENCES customers (customer_id),
    -- Follows from what happened, so that what is told twice is written once.
    event_id         uuid NOT NULL,
    kind             text NOT NULL,
    facts            jsonb NOT NULL,
    occurred_at      timestamptz NOT NULL,
    state            text NOT NULL DEFAULT 'pending',
    attempts         int NOT NULL DEFAULT 0,
    next_at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_error       text,
    created_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at      timestamptz,
    CONSTRAINT notifications_once UNIQUE (channel_id, event_id),
    CONSTRAINT notifications_state_known CHECK (state IN ('pending', 'sent', 'failed', 'dropped'))
);

CREATE INDEX notifications_pending ON notifications (channel_id, sequence) WHERE state = 'pending';
CREATE INDEX notifications_by_customer ON notifications (customer_id, sequence DESC);
CREATE INDEX notifications_finished ON notifications (finished_at) WHERE state <> 'pending';
