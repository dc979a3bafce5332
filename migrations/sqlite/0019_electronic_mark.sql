-- Electronic Mark (datamark.by): small orders in groups, three reports in their strict order; and
-- reports by file, for systems without an interface.

-- The orders of a want: each of so few codes as the system gives at once. A row stands here before
-- the group that it goes with is placed; `upstream_id` = the system's number for it.
create table mark_order (
    want_id     integer not null references want (id),
    part        integer not null,
    quantity    integer not null check (quantity > 0),
    state       text not null default 'wanted'
                check (state in ('wanted', 'placing', 'placed', 'here', 'failed')),
    upstream_id text,
    problem     text,
    moved_at    integer not null,
    primary key (want_id, part)
) strict, without rowid;

create unique index mark_order_of on mark_order (upstream_id) where upstream_id is not null;

-- What a report says of all its codes. Kept as it was first said: a report that is sent again says
-- the same.
create table mark_report (
    report_id integer primary key references report (id),
    gtin      text not null,
    job_id    integer,
    params    text not null check (json_valid(params))
) strict;

-- The report of production that follows a labelling report whose codes were taken. The codes are
-- those of the labelling report that were told.
create table mark_production (
    report_id   integer primary key references mark_report (report_id),
    params      text not null check (json_valid(params)),
    state       text not null default 'made'
                check (state in ('made', 'sent', 'success', 'partially', 'failed', 'refused')),
    upstream_id text,
    sends       integer not null default 0,
    made_at     integer not null,
    sent_at     integer,
    ended_at    integer,
    problem     text
) strict;

create index mark_production_open on mark_production (state) where state in ('made', 'sent');

-- Codes that were labelled and not taken as produced: they cannot be shipped.
create table mark_unproduced (
    code_id   integer primary key references code (id),
    report_id integer not null references mark_production (report_id)
) strict;

-- Goods that a person sends off. `person` = who said so.
create table mark_shipment (
    id          integer primary key,
    waybill     text not null,
    number      text not null,
    agent       integer not null,
    country     text not null,
    day         text not null,
    papers      text not null check (json_valid(papers)),
    person      text not null,
    state       text not null default 'made'
                check (state in ('made', 'sent', 'success', 'refused')),
    upstream_id text,
    sends       integer not null default 0,
    made_at     integer not null,
    sent_at     integer,
    ended_at    integer,
    problem     text
) strict;

create index mark_shipment_open on mark_shipment (state) where state in ('made', 'sent');

-- A code leaves once. It is let go again only if the shipment was refused: then nothing was done.
create table mark_shipped (
    code_id     integer primary key references code (id),
    shipment_id integer not null references mark_shipment (id)
) strict;

create index mark_shipped_of on mark_shipped (shipment_id);

create trigger mark_shipped_stays before delete on mark_shipped
when (select state from mark_shipment where id = old.shipment_id) <> 'refused' begin
    select raise(abort, 'a code that was shipped is not shipped again');
end;

-- Reports that a person carries to a system without an interface. Nobody else sends them.
create table file_report (
    report_id integer primary key references report (id),
    job_id    integer,
    person    text not null,
    at        integer not null
) strict;
