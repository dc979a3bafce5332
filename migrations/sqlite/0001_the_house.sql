-- The first shape of the store. Times are microseconds since 1970, UTC. Ids are numbers of ours;
-- names of upstream are kept exactly as received. States are words, each with its list, because
-- people read this database with a plain SQL shell when something went wrong.

-- What is made: one row a trade item.
create table goods (
    gtin          text primary key check (length(gtin) = 14),
    name          text not null,
    hs_code       text not null default '',
    product_group text not null,
    article       text not null default '',
    size          text not null default '',
    colour        text not null default '',
    composition   text not null default ''
) strict, without rowid;

-- The life of a code. The same arrows as `CodeState::after`; a test compares the two. The
-- trigger below lets no update leave this way, whoever writes it: "printed at most once" must
-- not hang on one function.
create table life (
    was text not null,
    is_now text not null,
    primary key (was, is_now)
) strict, without rowid;

insert into life (was, is_now) values
    ('stored', 'sent'),
    ('stored', 'scrapped'),
    ('sent', 'printed'),
    ('sent', 'doubtful'),
    ('sent', 'scrapped'),
    ('sent', 'rejected'),
    ('printed', 'applied'),
    ('printed', 'verified'),
    ('printed', 'doubtful'),
    ('printed', 'scrapped'),
    ('printed', 'rejected'),
    ('printed', 'sampled'),
    ('applied', 'verified'),
    ('applied', 'doubtful'),
    ('applied', 'rejected'),
    ('applied', 'sampled'),
    ('verified', 'doubtful'),
    ('verified', 'rejected'),
    ('verified', 'sampled'),
    ('doubtful', 'verified'),
    ('doubtful', 'scrapped'),
    ('doubtful', 'rejected'),
    ('doubtful', 'sampled');

-- Reports to the state system. A row stands here before the first byte is sent, so that a lost
-- answer is asked after and never guessed.
create table report (
    id            integer primary key,
    kind          text not null check (kind in ('utilisation', 'dropout')),
    product_group text not null,
    state         text not null default 'made'
                  check (state in ('made', 'sent', 'success', 'partially', 'failed', 'rejected', 'refused')),
    upstream_id   text,
    made_at       integer not null,
    sent_at       integer,
    ended_at      integer,
    problem       text
) strict;

create index report_open on report (state) where state in ('made', 'sent');

-- Codes. `pool` says who may print it: 'line:NAME' or 'order:NUMBER'. The key is (gtin, serial):
-- a unique index over the whole text costs five times the time and twice the space.
-- `settled` = its fate will not change any more, so that it may be told; `report_id` = the report
-- that tells it; `told_at` = the state system took notice.
create table code (
    id            integer primary key,
    pool          text not null,
    gtin          text not null,
    serial        text not null,
    text          text not null,
    product_group text not null,
    state         text not null default 'stored',
    settled       integer not null default 0 check (settled in (0, 1)),
    moved_at      integer not null,
    report_id     integer references report (id),
    told_at       integer,
    unique (gtin, serial)
) strict;

-- A question finds a partial index only when it repeats the index's condition word for word.
create index code_stock on code (pool, gtin, id) where state = 'stored';
create index code_under_way on code (pool, state) where state in ('sent', 'printed', 'applied');
create index code_doubtful on code (pool, id) where state = 'doubtful';
create index code_to_tell on code (product_group, state) where settled = 1 and report_id is null;
create index code_of_report on code (report_id) where report_id is not null;

create trigger code_starts_stored before insert on code when new.state <> 'stored' begin
    select raise(abort, 'a code starts as stored');
end;

create trigger code_lives before update of state on code
when old.state <> new.state
     and not exists (select 1 from life where was = old.state and is_now = new.state) begin
    select raise(abort, 'this step is not in the life of a code');
end;

-- What the state system is being told, or was told, is final.
create trigger code_stays_as_told before update of state on code
when old.state <> new.state and old.report_id is not null begin
    select raise(abort, 'the fate of this code is already in a report');
end;

create trigger code_is_never_lost before delete on code begin
    select raise(abort, 'a code is never lost');
end;

-- How many codes of a pool are in which state: kept by triggers, so that a page never counts
-- millions of rows.
create table tally (
    pool  text not null,
    state text not null,
    n     integer not null,
    primary key (pool, state)
) strict, without rowid;

create trigger code_counted after insert on code begin
    insert into tally (pool, state, n) values (new.pool, new.state, 1)
    on conflict (pool, state) do update set n = n + 1;
end;

create trigger code_recounted after update of state on code when old.state <> new.state begin
    update tally set n = n - 1 where pool = old.pool and state = old.state;
    insert into tally (pool, state, n) values (new.pool, new.state, 1)
    on conflict (pool, state) do update set n = n + 1;
end;

-- What else is counted of a pool: codes ever taken (never counted down, so that the sum of the
-- states has something to be held against), codes whose fate is settled, codes that the state
-- system was told of.
create table pool_count (
    pool    text primary key,
    taken   integer not null default 0,
    settled integer not null default 0,
    told    integer not null default 0
) strict, without rowid;

create trigger code_taken after insert on code begin
    insert into pool_count (pool, taken, settled) values (new.pool, 1, new.settled)
    on conflict (pool) do update set taken = taken + 1, settled = settled + new.settled;
end;

create trigger code_settled after update of settled on code when old.settled <> new.settled begin
    update pool_count set settled = settled + new.settled - old.settled where pool = new.pool;
end;

create trigger code_told after update of told_at on code
when (old.told_at is null) <> (new.told_at is null) begin
    update pool_count set told = told + (new.told_at is not null) - (old.told_at is not null)
    where pool = new.pool;
end;

-- Lines of an array that were not taken: named, counted, never printed.
create table set_aside (
    id     integer primary key,
    pool   text not null,
    source text not null,
    line   integer not null,
    reason text not null,
    at     integer not null
) strict;

create index set_aside_of on set_aside (pool);

-- Codes wanted from the state system, and how far each want has come. The row is written before
-- the order is placed: if the answer is lost, the row says what to look for.
create table want (
    id            integer primary key,
    pool          text not null,
    gtin          text not null,
    product_group text not null,
    quantity      integer not null check (quantity > 0),
    taken         integer not null default 0,
    state         text not null default 'wanted'
                  check (state in ('wanted', 'placing', 'placed', 'fetching', 'done', 'failed')),
    upstream_id   text,
    problem       text,
    made_at       integer not null,
    moved_at      integer not null
) strict;

create index want_open on want (state) where state not in ('done', 'failed');

-- Blocks of codes that were fetched: whatever the station lists and this table does not was lost
-- on the way and is fetched again.
create table block (
    upstream_id text primary key,
    want_id     integer not null references want (id),
    quantity    integer not null,
    at          integer not null
) strict, without rowid;

-- Lines: the state that the last record gave them, and the last PLC event that was dealt with.
create table line (
    name     text primary key,
    state    text not null default 'Stopped',
    job_id   integer,
    plc_boot integer,
    plc_seq  integer,
    moved_at integer not null
) strict, without rowid;

-- Jobs: what a line makes. `planned` 0 = until somebody stops it. `done` = good products, or
-- printed labels where the scenario ends at the printer.
create table job (
    id         integer primary key,
    line       text not null,
    scenario   text not null check (scenario in ('print_apply', 'roll')),
    pool       text not null,
    gtin       text not null,
    design     text not null,
    planned    integer not null default 0,
    done       integer not null default 0,
    state      text not null default 'waiting' check (state in ('waiting', 'running', 'done', 'cancelled')),
    made_at    integer not null,
    started_at integer,
    ended_at   integer
) strict;

create index job_next on job (line, state, id);
create unique index job_running on job (line) where state = 'running';

-- Products on the belt, by the tag that the PLC gave them.
create table product (
    id         integer primary key,
    line       text not null,
    job_id     integer,
    tag        integer not null,
    seen_at    integer not null,
    code_id    integer references code (id),
    verdict    text check (verdict is null or verdict in ('good', 'bad')),
    reason     text,
    picture    integer,
    judged_at  integer,
    fate       text check (fate is null or fate in ('verified', 'rejected', 'sampled', 'unaccounted')),
    settled_at integer
) strict;

create index product_by_tag on product (line, tag, id);
create index product_open on product (line) where fate is null;
create index product_judged on product (line, id) where judged_at is not null;
create index product_of_code on product (code_id) where code_id is not null;

-- The fates of products, counted by triggers like the codes.
create table product_tally (
    line text not null,
    fate text not null,
    n    integer not null,
    primary key (line, fate)
) strict, without rowid;

create trigger product_counted after insert on product begin
    insert into product_tally (line, fate, n) values (new.line, 'seen', 1)
    on conflict (line, fate) do update set n = n + 1;
end;

create trigger product_recounted after update of fate on product when old.fate is not new.fate begin
    update product_tally set n = n - 1 where line = old.line and fate = old.fate;
    insert into product_tally (line, fate, n) values (new.line, new.fate, 1)
    on conflict (line, fate) do update set n = n + 1;
end;

-- Alarms and what became of them.
create table alarm (
    id         integer primary key,
    line       text not null,
    kind       text not null,
    words      text not null,
    raised_at  integer not null,
    cleared_at integer
) strict;

create index alarm_standing on alarm (line) where cleared_at is null;

-- Everything that a line recorded, in order.
create table journal (
    id      integer primary key,
    line    text not null,
    at      integer not null,
    kind    text not null,
    code_id integer,
    body    text not null
) strict;

create index journal_of_line on journal (line, id);
create index journal_of_code on journal (code_id, id) where code_id is not null;

-- What is still to be published. Written in the transaction of the records that it tells of.
-- `autoincrement`: a number is never given twice, so that "delete up to here" cannot reach a row
-- that came later.
create table outbox (
    id      integer primary key autoincrement,
    topic   text not null,
    payload text not null,
    retain  integer not null default 0,
    at      integer not null
) strict;

create index outbox_of_topic on outbox (topic);

-- People and their sessions.
create table person (
    id            integer primary key,
    name          text not null unique,
    password_hash text not null,
    role          text not null check (role in ('operator', 'manager', 'customer')),
    made_at       integer not null,
    failures      integer not null default 0,
    locked_until  integer
) strict;

create table session (
    id         text primary key,
    data       text not null,
    expires_at integer not null
) strict, without rowid;

-- Label orders of customers.
create table label_order (
    id            integer primary key,
    customer_id   integer not null references person (id),
    gtin          text not null,
    name          text not null,
    hs_code       text not null,
    product_group text not null,
    quantity      integer not null check (quantity > 0),
    design        text not null,
    delivery      text not null check (delivery in ('roll', 'pdf')),
    source        text not null check (source in ('issuer', 'array')),
    state         text not null check (state in ('submitted', 'declined', 'accepted', 'codes_received', 'in_print', 'printed', 'handed_over', 'closed', 'cancelled')),
    price_kopecks integer not null,
    reason        text,
    want_id       integer references want (id),
    job_id        integer references job (id),
    made_at       integer not null,
    moved_at      integer not null
) strict;

create index label_order_of on label_order (customer_id, id);

create table label_order_event (
    id        integer primary key,
    order_id  integer not null references label_order (id),
    person_id integer references person (id),
    at        integer not null,
    what      text not null,
    detail    text not null default ''
) strict;

create index label_order_event_of on label_order_event (order_id, id);

-- What a customer scanned when validating applied labels.
create table scan (
    id        integer primary key,
    order_id  integer not null references label_order (id),
    person_id integer not null references person (id),
    at        integer not null,
    verdict   text not null check (verdict in ('good', 'duplicate', 'foreign', 'malformed')),
    code_id   integer references code (id),
    words     text not null
) strict;

create index scan_of on scan (order_id, id);

-- What was done by whom, where it is not a record of a line: sign-ins, users, decisions.
create table audit (
    id     integer primary key,
    at     integer not null,
    person text not null,
    what   text not null,
    detail text not null default ''
) strict;
