//! The state systems, as clients.
