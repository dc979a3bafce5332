-- Jobs in the hands of people: the verbs of ISA-95, line clearance, challenge tests, samples, rework.

-- `allowed` = a line may take it (AllowedToStart; 0 = NotAllowedToStart). `chosen_at` = a person named
-- it to be the next one. `asked` = what a person asked of it and its line has not done yet. `ends` =
-- how it ends as soon as its line rests. `cleared_at` = it is off the list. Lots: what ribbon and
-- labels the job must be made with; '' = any.
alter table job add column allowed integer not null default 1 check (allowed in (0, 1));
alter table job add column chosen_at integer;
alter table job add column asked text
    check (asked is null or asked in ('pause', 'resume', 'stop', 'abort'));
alter table job add column ends text check (ends is null or ends in ('stop', 'abort'));
alter table job add column cleared_at integer;
alter table job add column ribbon_lot text not null default '';
alter table job add column label_lot text not null default '';

-- Which job a code was handed over for. Written by the trigger alone: a pool belongs to one line, and a
-- line is on one job. The job comes first, because a job's codes are what is asked for.
create table job_code (
    job_id  integer not null,
    code_id integer not null,
    primary key (job_id, code_id)
) strict, without rowid;

create trigger code_is_of_job after update of state on code when new.state = 'sent' begin
    insert or ignore into job_code (job_id, code_id)
    select id, new.id from job where state = 'running' and pool = new.pool;
end;

-- What was made before this table was there, as far as it is known.
insert or ignore into job_code (job_id, code_id) select job_id, code_id from roll_label;
insert or ignore into job_code (job_id, code_id)
    select job_id, code_id from product where job_id is not null and code_id is not null;

-- The first code that came with a block, so that a code's order can be named. Ids grow by one with
-- every code, and no code is ever deleted.
alter table block add column first_code integer;

create trigger block_begins after insert on block begin
    update block set first_code = (select coalesce(max(id), 0) + 1 from code)
    where upstream_id = new.upstream_id;
end;

create index product_of_job on product (job_id, id) where job_id is not null;
create index journal_of_states on journal (line, at) where kind = 'line';

-- Line clearance before and after a job. A row is there only if every item was right.
create table clearance (
    id           integer primary key,
    line         text not null,
    job_id       integer not null references job (id),
    phase        text not null check (phase in ('before', 'after')),
    at           integer not null,
    person       text not null,
    -- What a person counted in the bin, what the line had put there, and why they differ.
    bin_counted  integer not null,
    bin_expected integer not null,
    bin_reason   text not null default '',
    -- All rejects of the line up to then: what comes later is in the emptied bin.
    rejected     integer not null,
    ribbon_lot   text not null default '',
    label_lot    text not null default '',
    recipe       text not null default ''
) strict;

create index clearance_of on clearance (line, id);

create trigger clearance_stays before update on clearance begin
    select raise(abort, 'a clearance is not changed');
end;
create trigger clearance_is_kept before delete on clearance begin
    select raise(abort, 'a clearance is not deleted');
end;

-- One case of a challenge test: a product that must be rejected. `shows` = the code on its label, without
-- its check part; '' where it has none. `result`: null = under way.
create table challenge (
    id       integer primary key,
    line     text not null,
    job_id   integer not null references job (id),
    kind     text not null check (kind in ('no_symbol', 'bad_symbol', 'duplicate', 'foreign')),
    shows    text not null default '',
    person   text not null,
    begun_at integer not null,
    tag      integer,
    result   text check (result is null or result in ('rejected', 'failed', 'given_up')),
    why      text not null default '',
    ended_at integer
) strict;

create index challenge_of on challenge (job_id, id);
create index challenge_open on challenge (line) where result is null;

create trigger challenge_is_final before update on challenge when old.result is not null begin
    select raise(abort, 'the result of a challenge is final');
end;

-- Samples. `told` = the state system had heard of the code before: its state stays, and the product must
-- be withdrawn there.
create table sample (
    id          integer primary key,
    code_id     integer not null unique references code (id),
    line        text not null,
    job_id      integer,
    was         text not null,
    told        integer not null check (told in (0, 1)),
    at          integer not null,
    person      text not null,
    reason      text not null,
    returned_at integer,
    returned_by text,
    returned    text
) strict;

create index sample_of on sample (job_id) where job_id is not null;

-- Rejected products that went back for a new label. The old label is destroyed; its code stays rejected.
create table rework (
    code_id integer primary key references code (id),
    at      integer not null,
    person  text not null,
    note    text not null
) strict;
