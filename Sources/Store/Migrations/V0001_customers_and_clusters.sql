-- Who we work for, and what we watch.
-- Times are timestamptz, money and measures numeric(20,6): a spot price of 0.0034 USD/h and a node's
-- memory in bytes both fit without loss.

CREATE TABLE customers (
    customer_id     uuid PRIMARY KEY,
    company_name    text NOT NULL,
    email           text,
    aws_role_arn    text,
    sqs_queue_url   text,
    aws_account_id  text,
    -- Made by us, never by the customer: it is what stops a third party from naming this role to us.
    external_id     text NOT NULL,
    status          text NOT NULL DEFAULT 'active',
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT customers_status_known CHECK (status IN ('active', 'suspended')),
    CONSTRAINT customers_external_id_unique UNIQUE (external_id)
);

CREATE TABLE customer_config (
    config_id     uuid PRIMARY KEY,
    customer_id   uuid NOT NULL REFERENCES customers (customer_id),
    config_key    text NOT NULL,
    config_value  jsonb NOT NULL,
    updated_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT customer_config_key_unique UNIQUE (customer_id, config_key)
);

CREATE TABLE clusters (
    cluster_id              uuid PRIMARY KEY,
    customer_id             uuid NOT NULL REFERENCES customers (customer_id),
    cluster_name            text NOT NULL,
    k8s_api_endpoint        text NOT NULL,
    k8s_ca_data             text,
    -- Sealed with AES-256-GCM under the master key, bound to cluster_id as associated data.
    k8s_token_sealed        bytea NOT NULL,
    k8s_token_expires_at    timestamptz,
    region                  text NOT NULL,
    aws_account_id          text,
    eks_cluster_name        text,
    launch_template_id      text,
    status                  text NOT NULL DEFAULT 'active',
    health                  text NOT NULL DEFAULT 'UNKNOWN',
    health_reason           text,
    node_count              int NOT NULL DEFAULT 0,
    estimated_cost_per_hour numeric(20, 6),
    unpriced_nodes          int,
    latest_metrics          jsonb,
    last_collected_at       timestamptz,
    created_at              timestamptz NOT NULL DEFAULT now(),
    updated_at              timestamptz NOT NULL DEFAULT now(),
    deleted_at              timestamptz,
    CONSTRAINT clusters_status_known CHECK (status IN ('active', 'paused', 'credential_expired', 'deleted')),
    CONSTRAINT clusters_health_known CHECK (health IN ('UNKNOWN', 'GREEN', 'YELLOW', 'RED'))
);

CREATE UNIQUE INDEX clusters_name_unique ON clusters (customer_id, cluster_name) WHERE deleted_at IS NULL;
CREATE INDEX clusters_live ON clusters (cluster_id) WHERE status = 'active';

-- A node is one Node object of Kubernetes: a re-used name with another uid is another node.
CREATE TABLE nodes (
    node_id                   uuid PRIMARY KEY,
    cluster_id                uuid NOT NULL REFERENCES clusters (cluster_id),
    node_uid                  text NOT NULL,
    node_name                 text NOT NULL,
    instance_id               text,
    instance_type             text,
    availability_zone         text,
    node_type                 text NOT NULL,
    status                    text NOT NULL,
    cpu_cores                 numeric(20, 6) NOT NULL,
    memory_gb                 numeric(20, 6) NOT NULL,
    cpu_allocatable           numeric(20, 6) NOT NULL,
    memory_allocatable_bytes  bigint NOT NULL,
    pods_allocatable          bigint NOT NULL,
    cpu_requested             numeric(20, 6) NOT NULL,
    memory_requested_bytes    bigint NOT NULL,
    pod_count                 int NOT NULL,
    hourly_price_usd          numeric(20, 6),
    first_seen_at             timestamptz NOT NULL DEFAULT now(),
    last_seen_at              timestamptz NOT NULL DEFAULT now(),
    gone_at                   timestamptz,
    created_at                timestamptz NOT NULL DEFAULT now(),
    updated_at                timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT nodes_uid_unique UNIQUE (cluster_id, node_uid),
    CONSTRAINT nodes_type_known CHECK (node_type IN ('spot', 'on-demand', 'reserved', 'unknown')),
    CONSTRAINT nodes_status_known CHECK (status IN ('ready', 'not_ready', 'cordoned', 'gone'))
);

CREATE INDEX nodes_by_instance ON nodes (instance_id) WHERE instance_id IS NOT NULL;
