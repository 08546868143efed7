"""From a job's image to the root file system of its microVM."""
