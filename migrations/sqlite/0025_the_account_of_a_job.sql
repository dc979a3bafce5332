-- Where a code from a file came from, who counted the bin for which job, and what stays with a job that
-- is closed.

-- Which rows of `code` one array brought: one row a stretch, not one a code, so that a bulk import stays
-- as fast as it was. `source` = the file's name as it was given; `person` = '' where nobody is known.
create table file_intake (
    first_code integer primary key,
    last_code  integer not null,
    source     text not null,
    person     text not null default '',
    at         integer not null
) strict;

-- For which job the bin was counted; null where it was emptied for none in particular.
alter table bin_emptied add column job_id integer;
create index bin_emptied_for on bin_emptied (job_id) where job_id is not null;

-- The documents of one code, and of the codes of a job.
create index paper_code_of on paper_code (code_id);

-- What people decided about codes: few rows of a large journal.
create index journal_decided on journal (code_id) where kind = 'decided';

-- Small grey pictures of the first rejects of a closed job: the files of a line's camera make room for
-- newer ones.
create table batch_picture (
    job_id  integer not null references job (id),
    picture integer not null,
    jpeg    blob not null,
    primary key (job_id, picture)
) strict, without rowid;

create trigger batch_picture_stays before update on batch_picture begin
    select raise(abort, 'a picture of a closed job is not changed');
end;
create trigger batch_picture_is_kept before delete on batch_picture begin
    select raise(abort, 'a picture of a closed job is not deleted');
end;
