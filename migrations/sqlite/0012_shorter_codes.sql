-- A code takes 234 bytes of the disk instead of 302 (footwear, 129 characters, with all indexes).
-- Nothing is kept twice: the text is put together from the GTIN as a number, the serial number and
-- what follows it (`tail`). Ask for `text` as before. The rows move as they are; the file becomes
-- smaller only with `vacuum`, until then the room is used again.
--
-- This file runs with foreign keys off (src/store/open.rs): other tables go on naming `code`.
pragma legacy_alter_table = on;

create table code_says_its_parts (every_text integer check (every_text)) strict;
insert into code_says_its_parts
select not exists (select 1 from code where substr(text, 1, 18 + length(serial)) <> '01' || gtin || '21' || serial
                                         or gtin <> printf('%014d', cast(gtin as integer)));
drop table code_says_its_parts;

-- `pool`: 'line:NAME' or 'order:NUMBER'. The rest: see the first shape.
create table code_shorter (
    id            integer primary key,
    pool          text not null,
    gtin          integer not null,
    serial        text not null,
    tail          text not null,
    product_group text not null,
    state         text not null default 'stored',
    settled       integer not null default 0 check (settled in (0, 1)),
    moved_at      integer not null,
    report_id     integer references report (id),
    told_at       integer,
    text          text not null generated always as (printf('01%014d21', gtin) || serial || tail) virtual,
    unique (gtin, serial)
) strict;

insert into code_shorter
    (id, pool, gtin, serial, tail, product_group, state, settled, moved_at, report_id, told_at)
select id, pool, cast(gtin as integer), serial, substr(text, 19 + length(serial)), product_group,
       state, settled, moved_at, report_id, told_at
from code order by id;

drop table code;
alter table code_shorter rename to code;
pragma legacy_alter_table = off;

-- A question finds a partial index only when it repeats the index's condition word for word. Every
-- index ends with the row's id by itself.
create index code_stock on code (pool, gtin) where state = 'stored';
create index code_under_way on code (pool, state) where state in ('sent', 'printed', 'applied');
create index code_doubtful on code (pool) where state = 'doubtful';
create index code_to_tell on code (product_group, state, moved_at, settled, report_id)
    where settled = 1 and report_id is null;
create index code_of_report on code (report_id) where report_id is not null;

create trigger code_starts_stored before insert on code when new.state <> 'stored' begin
    select raise(abort, 'a code starts as stored');
end;

create trigger code_lives before update of state on code
when old.state <> new.state
     and not exists (select 1 from life where was = old.state and is_now = new.state) begin
    select raise(abort, 'this step is not in the life of a code');
end;

-- What a label says was printed or will be: it never changes.
create trigger code_stays_what_it_says before update of gtin, serial, tail on code begin
    select raise(abort, 'what a code says does not change');
end;

create trigger code_stays_as_told before update of state on code
when old.state <> new.state and old.report_id is not null begin
    select raise(abort, 'the fate of this code is already in a report');
end;

create trigger code_is_never_lost before delete on code begin
    select raise(abort, 'a code is never lost');
end;

-- Has its one row while many codes are written that are counted all at once (src/store/intake.rs): a
-- trigger that counts costs as much as the row.
create table counted_at_once (id integer primary key check (id = 1)) strict;

create trigger code_counted after insert on code
when not exists (select 1 from counted_at_once) begin
    insert into tally (pool, state, n) values (new.pool, new.state, 1)
    on conflict (pool, state) do update set n = n + 1;
end;

create trigger code_recounted after update of state on code when old.state <> new.state begin
    update tally set n = n - 1 where pool = old.pool and state = old.state;
    insert into tally (pool, state, n) values (new.pool, new.state, 1)
    on conflict (pool, state) do update set n = n + 1;
end;

create trigger code_taken after insert on code
when not exists (select 1 from counted_at_once) begin
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

create trigger code_changes_pool after update of pool on code when old.pool <> new.pool begin
    update tally set n = n - 1 where pool = old.pool and state = old.state;
    insert into tally (pool, state, n) values (new.pool, new.state, 1)
    on conflict (pool, state) do update set n = n + 1;
    update pool_count set taken = taken - 1, settled = settled - old.settled where pool = old.pool;
    insert into pool_count (pool, taken, settled) values (new.pool, 1, new.settled)
    on conflict (pool) do update set taken = taken + 1, settled = settled + new.settled;
end;

create trigger code_stays_in_pool before update of pool on code
when old.pool <> new.pool and old.state <> 'stored' begin
    select raise(abort, 'a code that is under way stays in its pool');
end;

-- As in 0009.
create trigger code_is_of_job after update of state on code when new.state = 'sent' begin
    insert or ignore into job_code (job_id, code_id)
    select id, new.id from job where state = 'running' and pool = new.pool;
end;
