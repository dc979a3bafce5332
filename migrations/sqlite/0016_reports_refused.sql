-- Telling without telling twice: more kinds of reports, and what was refused, for people.

-- This file runs with foreign keys off (src/store/open.rs): `code` goes on naming `report`.
pragma legacy_alter_table = on;

-- `kind`: 'utilisation', 'dropout' (the station's own reports), 'write_off' (for groups without dropout: told
-- by a document of True API), 'automatic' (the station told itself when it gave the codes out). `about` = what
-- the report says of all its codes besides (dates, batch), as JSON; it does not change once it was sent.
create table report_of_more_kinds (
    id            integer primary key,
    kind          text not null check (kind <> ''),
    product_group text not null,
    state         text not null default 'made'
                  check (state in ('made', 'sent', 'success', 'partially', 'failed', 'rejected', 'refused')),
    upstream_id   text,
    sends         integer not null default 0,
    made_at       integer not null,
    sent_at       integer,
    ended_at      integer,
    problem       text,
    about         text not null default '{}',
    first_sent_at integer
) strict;

insert into report_of_more_kinds
    (id, kind, product_group, state, upstream_id, sends, made_at, sent_at, ended_at, problem, first_sent_at)
select id, kind, product_group, state, upstream_id, sends, made_at, sent_at, ended_at, problem, sent_at
from report order by id;

drop table report;
alter table report_of_more_kinds rename to report;
pragma legacy_alter_table = off;

create index report_open on report (state) where state <> 'success';
create index report_collects on report (kind, product_group) where state = 'made';

-- A code that the state system refused for good, one row each time. `result` = its number for why; null = it
-- turned the report down as a whole, or said nothing of this code. `state`: what a person did about it.
create table refused (
    id         integer primary key,
    code_id    integer not null references code (id),
    report_id  integer not null references report (id),
    result     integer,
    words      text not null,
    -- What a person can do.
    remedy     text not null default '',
    at         integer not null,
    state      text not null default 'open' check (state in ('open', 'again', 'written_off', 'ignored')),
    decided_at integer,
    person     text,
    reason     text,
    check ((state = 'open') = (decided_at is null))
) strict;

create index refused_open on refused (id) where state = 'open';
create unique index refused_of on refused (code_id, report_id);

create trigger refused_is_decided_once before update on refused when old.state <> 'open' begin
    select raise(abort, 'this was decided');
end;
create trigger refused_is_kept before delete on refused begin
    select raise(abort, 'a refusal is not deleted');
end;

-- Reports that ended badly before this table was there.
insert into refused (code_id, report_id, result, words, at)
select code.id, report.id, null, coalesce(report.problem, 'no reason was kept'), coalesce(report.ended_at, report.made_at)
from report join code on code.report_id = report.id
where report.state in ('partially', 'failed', 'rejected', 'refused') and code.told_at is null;

-- A code is told by one report. Only a person takes it out of one, and only after it was refused for good.
create trigger code_is_told_by_one_report before update of report_id on code
when old.report_id is not null and old.report_id is not new.report_id
     and (old.told_at is not null or not exists (
        select 1 from refused where code_id = old.id and report_id = old.report_id
                                and state in ('again', 'written_off'))) begin
    select raise(abort, 'this code is told by another report');
end;
