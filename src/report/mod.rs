//! Told upstream: sends what the store says is untold.
