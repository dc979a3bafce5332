//! Read back: picture sources and reading.
