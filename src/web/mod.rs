//! Pages, JSON, live updates, sign-in.
