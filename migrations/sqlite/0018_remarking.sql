-- A product that came back gets a new code: an order of one label, with what the document about it needs.

-- `old_code`: without its check part; '' = it cannot be read. `producer` = who owns the card of the trade item,
-- if it is somebody else.
create table remarking (
    order_id integer primary key references label_order (id),
    old_code text not null,
    cause    text not null,
    country  text not null default '',
    colour   text not null default '',
    size     text not null default '',
    producer text not null default '',
    at       integer not null
) strict;

-- An old code is replaced once, unless the order of the new label came to nothing.
create index remarking_of on remarking (old_code) where old_code <> '';
