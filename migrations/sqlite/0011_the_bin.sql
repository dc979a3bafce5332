-- What lies in the reject bin of a line since somebody emptied it. `rejected` are products whose fate
-- says so; `flushed` were pushed out without a name in the books; `not_ordered` fell without being
-- pushed out; `unseen` were pushed out and not seen falling: they may be there.
create table bin (
    line        text primary key,
    rejected    integer not null default 0,
    flushed     integer not null default 0,
    not_ordered integer not null default 0,
    unseen      integer not null default 0,
    emptied_at  integer
) strict, without rowid;

create trigger bin_filled after update of fate on product
when new.fate = 'rejected' and old.fate is not 'rejected' begin
    insert into bin (line, rejected) values (new.line, 1)
    on conflict (line) do update set rejected = rejected + 1;
end;

-- Who emptied it, how many products were counted in it, and how many should have been there.
create table bin_emptied (
    id          integer primary key,
    line        text not null,
    at          integer not null,
    person      text not null,
    counted     integer not null check (counted >= 0),
    rejected    integer not null,
    flushed     integer not null,
    not_ordered integer not null,
    unseen      integer not null
) strict;

create index bin_emptied_of on bin_emptied (line, id);
