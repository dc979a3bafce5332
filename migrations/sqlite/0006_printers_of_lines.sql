-- The printer of a line, where the configuration does not name it: the first one that answered, or the
-- one that a person said is the new one (`said_by`). Another one gets no labels.
create table line_printer (
    line      text primary key,
    unique_id text not null,
    known_at  integer not null,
    said_by   text
) strict;
