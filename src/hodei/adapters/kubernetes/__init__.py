"""The Kubernetes provider: a worker is a pod whose main container is the job's image."""
