//! Runs one line: the only place where facts become deeds.
