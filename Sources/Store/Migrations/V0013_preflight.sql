-- What a customer lets us do with a cluster, as it was last asked.
CREATE TABLE cluster_preflights (
    cluster_id  uuid PRIMARY KEY REFERENCES clusters (cluster_id) ON DELETE CASCADE,
    -- The job that asked.
    job_id      uuid NOT NULL,
    asked_at    timestamptz NOT NULL,
    -- All of it in a word, and the whole report.
    verdict     text NOT NULL CHECK (verdict IN ('ready', 'limited', 'blocked', 'unknown')),
    report      jsonb NOT NULL
);
