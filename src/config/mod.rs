//! What was written to what is meant; all problems at once.
