-- What a line did with its time, and what came of it: the ground of availability, performance and
-- quality.

-- How long a line was in which state. `state` = 'NotKnown' while the program was not running.
-- `why` = the kind of the first cause. The last one of a line has no end.
create table line_span (
    id      integer primary key,
    line    text not null,
    job_id  integer,
    state   text not null,
    why     text,
    from_at integer not null,
    to_at   integer
) strict;

create index line_span_from on line_span (line, from_at);
create index line_span_runs on line_span (line, from_at) where state = 'Execute';
create unique index line_span_open on line_span (line) where to_at is null;

-- When the program was last known to run: written every few seconds, so that the time in which it
-- was dead is known after the next start.
create table program (
    id       integer primary key check (id = 1),
    alive_at integer not null
) strict;

-- What a person said about a stop: the stop that begins with this span. The last word counts; the
-- ones before it are in `audit`.
create table stop_reason (
    span_id integer primary key references line_span (id),
    reason  text not null,
    note    text not null default '',
    person  text not null,
    at      integer not null
) strict;

-- Products and labels by the minute in which they were first seen, and by what became of them:
-- 'seen', then 'verified', 'sampled', 'unaccounted' or 'rejected.REASON'. Of a roll, the labels that
-- came out of the printer. 'codes' and 'labels' are what was handed to the printer and what came
-- out of it, by the minute in which that was. Kept by triggers, like `product_tally`, so that
-- whoever changes a fate changes the count, and the sums close.
create table made (
    line   text not null,
    minute integer not null,
    job_id integer not null,
    what   text not null,
    n      integer not null,
    primary key (line, minute, job_id, what)
) strict, without rowid;

create trigger made_seen after insert on product begin
    insert into made (line, minute, job_id, what, n)
    values (new.line, new.seen_at / 60000000, coalesce(new.job_id, 0), 'seen', 1)
    on conflict (line, minute, job_id, what) do update set n = n + 1;
end;

create trigger made_fate after update of fate on product when old.fate is not new.fate begin
    update made set n = n - 1
    where line = old.line and minute = old.seen_at / 60000000
      and job_id = coalesce(old.job_id, 0)
      and what = iif(old.fate = 'rejected', 'rejected.' || coalesce(old.reason, 'none'), old.fate);
    insert into made (line, minute, job_id, what, n)
    select new.line, new.seen_at / 60000000, coalesce(new.job_id, 0),
           iif(new.fate = 'rejected', 'rejected.' || coalesce(new.reason, 'none'), new.fate), 1
    where new.fate is not null
    on conflict (line, minute, job_id, what) do update set n = n + 1;
end;

-- The same for the labels of a roll. `made_as` = what it counts as now; null = nobody knows yet.
alter table roll_label add column printed_at integer;
alter table roll_label add column made_as text;

create trigger made_label after update of printed_at on roll_label
when old.printed_at is null and new.printed_at is not null begin
    insert into made (line, minute, job_id, what, n)
    select line, new.printed_at / 60000000, new.job_id, 'seen', 1 from job where id = new.job_id
    on conflict (line, minute, job_id, what) do update set n = n + 1;
end;

create trigger made_label_as after update of made_as on roll_label
when old.made_as is not new.made_as and new.printed_at is not null begin
    update made set n = n - 1
    where line = (select line from job where id = new.job_id)
      and minute = new.printed_at / 60000000 and job_id = new.job_id and what = old.made_as;
    insert into made (line, minute, job_id, what, n)
    select line, new.printed_at / 60000000, new.job_id, new.made_as, 1 from job
    where id = new.job_id and new.made_as is not null
    on conflict (line, minute, job_id, what) do update set n = n + 1;
end;
