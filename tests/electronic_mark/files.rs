//! Reports that a person carries.
