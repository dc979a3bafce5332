//! Arguments to exit code, one file a command.
