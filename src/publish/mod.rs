//! What the outside hears: MQTT from a durable outbox.
