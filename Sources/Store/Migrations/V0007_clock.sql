-- The clock: who ticks, and what.

-- One row a role. Its term grows with every change of the holder; whoever holds it has to renew it before it ends.
CREATE TABLE leadership (
    name         text PRIMARY KEY,
    holder       text NOT NULL,
    term         bigint NOT NULL,
    acquired_at  timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL
);

-- Until now all schedules were the program's own, for every cluster, and spread over 5 % to 75 % of their interval.
ALTER TABLE schedules
    ALTER COLUMN every_seconds DROP NOT NULL,
    ADD COLUMN cron            text,
    ADD COLUMN time_zone       text NOT NULL DEFAULT 'UTC',
    ADD COLUMN missed          text NOT NULL DEFAULT 'latest',
    ADD COLUMN max_catch_up    int NOT NULL DEFAULT 1,
    ADD COLUMN delay_seconds   double precision NOT NULL DEFAULT 0,
    ADD COLUMN jitter_seconds  double precision NOT NULL DEFAULT 0,
    ADD COLUMN parameters      jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN per_cluster     boolean NOT NULL DEFAULT false,
    ADD COLUMN built_in        boolean NOT NULL DEFAULT false,
    -- Ticks up to here are none of its own: it was made, or resumed, then.
    ADD COLUMN ticks_after     timestamptz,
    ADD COLUMN created_at      timestamptz NOT NULL DEFAULT now(),
    ADD CONSTRAINT schedules_interval_or_cron CHECK ((every_seconds IS NULL) <> (cron IS NULL)),
    ADD CONSTRAINT schedules_missed_known CHECK (missed IN ('latest', 'skip', 'all')),
    ADD CONSTRAINT schedules_max_catch_up_positive CHECK (max_catch_up > 0);

UPDATE schedules SET built_in = true, per_cluster = true,
    delay_seconds = every_seconds * 0.05, jitter_seconds = every_seconds * 0.7;
