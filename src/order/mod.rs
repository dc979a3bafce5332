//! What a customer orders (pure): label orders, their states, price.
