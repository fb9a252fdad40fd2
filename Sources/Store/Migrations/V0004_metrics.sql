-- The time series, by day.

CREATE SEQUENCE metrics_summary_metric_id;

CREATE TABLE metrics_summary (
    metric_id    bigint NOT NULL DEFAULT nextval('metrics_summary_metric_id'),
    cluster_id   uuid NOT NULL,
    metric_type  text NOT NULL,
    value        numeric(30, 6) NOT NULL,
    "timestamp"  timestamptz NOT NULL,
    -- The job that took the sample; a job that runs twice leaves one sample.
    job_id       uuid NOT NULL
) PARTITION BY RANGE ("timestamp");

CREATE INDEX metrics_summary_by_cluster ON metrics_summary (cluster_id, metric_type, "timestamp" DESC);

-- Makes the day partitions of every partitioned table from one day to another, both included.
-- Safe to call by many processes at once, and again.
CREATE FUNCTION ensure_partitions(first_day date, last_day date) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
    day date := first_day;
    made int := 0;
    suffix text;
    midnight timestamptz;
    next_midnight timestamptz;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('cloudoptim.ensure_partitions'));
    WHILE day <= last_day LOOP
        suffix := to_char(day, 'YYYYMMDD');
        midnight := day::timestamp AT TIME ZONE 'UTC';
        next_midnight := (day + 1)::timestamp AT TIME ZONE 'UTC';
        IF to_regclass('jobs_' || suffix) IS NULL THEN
            EXECUTE format('CREATE TABLE %I PARTITION OF jobs FOR VALUES FROM (%L) TO (%L)',
                'jobs_' || suffix, uuid_floor(midnight), uuid_floor(next_midnight));
            made := made + 1;
        END IF;
        IF to_regclass('job_attempts_' || suffix) IS NULL THEN
            EXECUTE format('CREATE TABLE %I PARTITION OF job_attempts FOR VALUES FROM (%L) TO (%L)',
                'job_attempts_' || suffix, uuid_floor(midnight), uuid_floor(next_midnight));
            made := made + 1;
        END IF;
        IF to_regclass('metrics_summary_' || suffix) IS NULL THEN
            EXECUTE format('CREATE TABLE %I PARTITION OF metrics_summary FOR VALUES FROM (%L) TO (%L)',
                'metrics_summary_' || suffix, midnight, next_midnight);
            made := made + 1;
        END IF;
        day := day + 1;
    END LOOP;
    RETURN made;
END
$$;

SELECT ensure_partitions(((now() AT TIME ZONE 'UTC')::date - 1), ((now() AT TIME ZONE 'UTC')::date + 7));
