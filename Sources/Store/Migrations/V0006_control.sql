-- What clients and operators decide about accepted jobs: small tables beside the append-only journal.

-- A job that is taken back. The row stays until the job has its outcome, so that whatever Redis forgets, the
-- dispatcher tells it again.
CREATE TABLE job_cancellations (
    job_id        uuid PRIMARY KEY,
    queue         text NOT NULL,
    -- True: a newer job took its place. It goes if it waits; if it runs, it may finish.
    superseded    boolean NOT NULL DEFAULT false,
    requested_by  text NOT NULL,
    requested_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE queue_pauses (
    queue      text PRIMARY KEY,
    paused_by  text NOT NULL,
    paused_at  timestamptz NOT NULL DEFAULT now()
);

-- When a finished job was given another chance: the dispatcher looks for new jobs by the time of submission.
ALTER TABLE jobs ADD COLUMN reopened_at timestamptz;
CREATE INDEX jobs_reopened ON jobs (reopened_at) WHERE reopened_at IS NOT NULL;
