-- How well symbols are printed.

-- Every graded reading, in tenths of a grade (40 = A), growth in hundredths of its limit. Written
-- with the records of the line. Bounded: the oldest make room (src/store/grades.rs says how many),
-- so that nothing may hang on a row being there. Ids grow with time: what is old has small ones.
-- `code_id` = null where another code was read than should be there; `tag` = the product, or the
-- number of the trigger on a roll.
create table grade (
    id         integer primary key,
    line       text not null,
    job_id     integer,
    at         integer not null,
    code_id    integer,
    tag        integer not null,
    overall    integer not null check (overall between 0 and 40),
    decode     integer,
    sc         integer,
    mod        integer,
    rm         integer,
    anu        integer,
    gnu        integer,
    fpd        integer,
    uec        integer,
    growth_x   integer,
    growth_y   integer,
    calibrated integer not null check (calibrated in (0, 1)),
    picture    integer
) strict;

create index grade_at on grade (line, at);

-- The sums of a job. They stay when the single grades have gone.
create table grade_sum (
    job_id  integer not null,
    letter  text not null check (letter in ('A', 'B', 'C', 'D', 'F')),
    n       integer not null,
    overall integer not null,
    lowest  integer not null,
    primary key (job_id, letter)
) strict, without rowid;
