//! Who may do what (pure): roles as named permissions.
