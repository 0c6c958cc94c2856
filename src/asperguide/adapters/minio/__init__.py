"""Object storage behind the S3 protocol: MinIO, SeaweedFS, Ceph, Backblaze B2, AWS and their like."""
