//! On the product: one task a PLC.
