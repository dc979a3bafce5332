//! The fake PLC as a device on the network: Modbus TCP with its own hands, by `docs/plc/markwright.v1.md`.
pub mod memory;
pub mod modbus;
mod server;

pub use server::serve;
