-- Jobs are closed by a person with their sums, and by a second one where something is doubtful,
-- unaccounted or otherwise open.

-- `sums` = what the sums were, as JSON; `sums_sha256` names them for the signatures.
create table closure (
    job_id      integer primary key references job (id),
    at          integer not null,
    person      text not null,
    sums        text not null,
    sums_sha256 text not null
) strict;

create table signature (
    id          integer primary key,
    job_id      integer not null references job (id),
    at          integer not null,
    person      text not null,
    role        text not null,
    meaning     text not null check (meaning in ('closed', 'approved')),
    reason      text not null default '',
    sums_sha256 text not null,
    -- One person does not sign twice for one thing.
    unique (job_id, person)
) strict;

create trigger closure_stays before update on closure begin
    select raise(abort, 'a closed job stays as it was signed');
end;
create trigger closure_is_kept before delete on closure begin
    select raise(abort, 'a closed job stays closed');
end;
create trigger signature_stays before update on signature begin
    select raise(abort, 'a signature is not changed');
end;
create trigger signature_is_kept before delete on signature begin
    select raise(abort, 'a signature is not deleted');
end;
