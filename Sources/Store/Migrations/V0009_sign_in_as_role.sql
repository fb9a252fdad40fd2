-- A cluster of EKS may be signed in to as its customer's role: then no token is stored.

ALTER TABLE clusters
    ALTER COLUMN k8s_token_sealed DROP NOT NULL,
    ADD CONSTRAINT clusters_sign_in_known CHECK (k8s_token_sealed IS NOT NULL OR eks_cluster_name IS NOT NULL);
