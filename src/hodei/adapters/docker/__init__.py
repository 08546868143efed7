"""The Docker provider: a worker is a container whose root file system is the job's image."""
