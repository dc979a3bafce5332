//! Codes in: orders codes, fetches blocks, recovers lost answers.
