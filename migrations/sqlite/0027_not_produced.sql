-- What Electronic Mark did not take as produced waits for a person, as every refusal does.

-- One row each time. `state`: 'open' = waits for a person; 'again' = goes along with the next report of
-- production, after which it is 'produced', or 'refused' with a new row beside it; 'written_off' and
-- 'ignored' = it is not told again.
create table mark_unproduced_of_people (
    id         integer primary key,
    code_id    integer not null references code (id),
    report_id  integer not null references mark_production (report_id),
    words      text not null,
    at         integer not null,
    state      text not null default 'open'
               check (state in ('open', 'again', 'produced', 'refused', 'written_off', 'ignored')),
    decided_at integer,
    person     text,
    reason     text,
    check ((state = 'open') = (decided_at is null))
) strict;

insert into mark_unproduced_of_people (code_id, report_id, words, at)
select code_id, report_id, coalesce(problem, 'no reason was kept'), coalesce(ended_at, made_at)
from mark_unproduced join mark_production using (report_id) order by code_id;

drop table mark_unproduced;
alter table mark_unproduced_of_people rename to mark_unproduced;

create index mark_unproduced_of on mark_unproduced (code_id);
create index mark_unproduced_told on mark_unproduced (report_id);
create unique index mark_unproduced_waits on mark_unproduced (code_id) where state in ('open', 'again');

create trigger mark_unproduced_is_decided_once before update on mark_unproduced
when old.state not in ('open', 'again') begin
    select raise(abort, 'this was decided');
end;
create trigger mark_unproduced_is_kept before delete on mark_unproduced begin
    select raise(abort, 'a refusal is not deleted');
end;

-- 1 = a person asked for another report of production; it says what job and configuration say then.
alter table mark_production add column again integer not null default 0 check (again in (0, 1));

-- What was packed into what, told to the station (aggregation). A row stands here, with its codes tied, before
-- it is sent; it is sent once. 'sent' without `upstream_id` = the answer was lost: a person looks.
create table box_report (
    id            integer primary key,
    product_group text not null,
    participant   text not null,
    units         text not null check (json_valid(units)),
    person        text not null,
    state         text not null default 'made'
                  check (state in ('made', 'sent', 'success', 'partially', 'failed', 'refused')),
    upstream_id   text,
    problem       text,
    refused       text not null default '[]' check (json_valid(refused)),
    made_at       integer not null,
    sent_at       integer,
    ended_at      integer
) strict;

-- A code lies in one box, and a box is told once; what was refused is let go.
create table boxed (
    code_id       integer primary key references code (id),
    box_report_id integer not null references box_report (id)
) strict;

create index boxed_in on boxed (box_report_id);

create table box_name (
    name          text primary key,
    box_report_id integer not null references box_report (id)
) strict, without rowid;

create trigger boxed_stays before delete on boxed
when (select state from box_report where id = old.box_report_id) not in ('partially', 'failed', 'refused') begin
    select raise(abort, 'this code is told in a box');
end;

-- Serial numbers of our own making, as they come back in codes: given to a want before its order is placed, and
-- never to another.
create table want_serial (
    gtin    integer not null,
    serial  text not null,
    want_id integer not null references want (id),
    primary key (gtin, serial)
) strict, without rowid;

create index want_serial_of on want_serial (want_id);

create trigger want_serial_stays before update on want_serial begin
    select raise(abort, 'a serial number stays with its order');
end;
create trigger want_serial_is_kept before delete on want_serial begin
    select raise(abort, 'a serial number stays with its order');
end;
