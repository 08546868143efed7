"""The SSH gateway: `ssh JOB@host` opens a shell, or runs a command, inside a running job."""
