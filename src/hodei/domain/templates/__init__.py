"""Templates: stored job specs with typed parameters, and how they become jobs."""
