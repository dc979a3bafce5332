-- Alarms by ISA-18.2: how each one stands, and every step that it took.

-- An occurrence says whether it was the first of a burst, how often it came back within the
-- deadband (the same occurrence then stands again), and whether anybody was told of it: not while
-- it was shelved, suppressed or out of service.
alter table alarm add column first_out integer not null default 0 check (first_out in (0, 1));
alter table alarm add column repeats integer not null default 0;
alter table alarm add column announced integer not null default 1 check (announced in (0, 1));

create index alarm_raised on alarm (line, raised_at);

-- One row an alarm of a line that was ever raised or touched. The words are those of
-- `alarm::State`; a test compares the two. `active` = its cause stands, whatever is shown of it.
-- `latched` = it stays until a person resets it. `person` and `note` say who shelved it or took it
-- out of service, and why; `until` is the end of the shelving.
create table alarm_state (
    line       text not null,
    kind       text not null,
    state      text not null check (state in ('normal', 'unacknowledged', 'acknowledged',
               'returned_unacknowledged', 'latched_unacknowledged', 'latched_acknowledged',
               'shelved', 'suppressed_by_design', 'out_of_service')),
    active     integer not null check (active in (0, 1)),
    latched    integer not null check (latched in (0, 1)),
    first_out  integer not null check (first_out in (0, 1)),
    repeats    integer not null,
    raised_at  integer,
    cleared_at integer,
    acked_at   integer,
    until      integer,
    person     text not null default '',
    note       text not null default '',
    primary key (line, kind),
    check ((state = 'shelved') = (until is not null))
) strict, without rowid;

create index alarm_shelved on alarm_state (until) where until is not null;

-- What happened to alarms, in order; never changed. `person` = '' where the line or the clock did it.
create table alarm_step (
    id     integer primary key,
    line   text not null,
    kind   text not null,
    at     integer not null,
    step   text not null,
    was    text not null,
    is_now text not null,
    person text not null,
    detail text not null
) strict;

create index alarm_step_of on alarm_step (line, id);

create trigger alarm_step_stays before update on alarm_step begin
    select raise(abort, 'what happened to an alarm is not changed');
end;

create trigger alarm_step_is_never_lost before delete on alarm_step begin
    select raise(abort, 'what happened to an alarm is not forgotten');
end;
