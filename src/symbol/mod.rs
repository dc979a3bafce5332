//! What a symbol is (pure): text to modules, grey picture to text.
