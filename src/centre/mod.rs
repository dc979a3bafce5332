//! The labelling centre: accepted orders to codes wanted to jobs and files.
