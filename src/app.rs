//! The only place that knows everybody: config, bind, hire, drain.
