//! Sent and printed: one task a printer.
