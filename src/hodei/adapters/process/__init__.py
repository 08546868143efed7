"""Workers that are plain processes of this machine, without isolation."""
