"""A load of jobs under random faults, and a checker that believes neither side's word alone."""
