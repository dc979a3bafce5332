-- What changed in the sums of a job after somebody signed for them: the sums stay as they were signed,
-- and each change is a line of its own.

-- A code's state (tag is null), or a product's fate. Written by the triggers alone, whoever makes the
-- change; he gives his name and reason in the same transaction. '' = the line itself.
create table amendment (
    id      integer primary key,
    job_id  integer not null references job (id),
    at      integer not null,
    code_id integer references code (id),
    tag     integer,
    was     text,
    is_now  text not null,
    person  text not null default '',
    reason  text not null default ''
) strict;

create index amendment_of_job on amendment (job_id, code_id);
create index amendment_without_name on amendment (code_id) where person = '';
-- Who validated a label.
create index scan_of_code on scan (code_id, at) where verdict = 'good';

-- A job is closed when its line rests. What can still happen to its codes begins with one that is good
-- or in doubt, or ends in doubt or in the waste; so the steps of a running line do not look for closures.
create trigger code_is_amended after update of state on code
when old.state <> new.state and (old.state in ('verified', 'doubtful')
    or (old.state in ('sent', 'printed', 'applied') and new.state in ('doubtful', 'scrapped')))
begin
    insert into amendment (job_id, at, code_id, was, is_now)
    select closure.job_id, new.moved_at, new.id, old.state, new.state
    from closure join job_code on job_code.job_id = closure.job_id and job_code.code_id = new.id;
end;

-- A label that rests on a roll is read, thrown away or taken by a person, also long after its job.
create trigger label_is_amended after update of state on code
when old.state = 'printed' and new.state in ('verified', 'rejected', 'sampled')
begin
    insert into amendment (job_id, at, code_id, was, is_now)
    select closure.job_id, new.moved_at, new.id, old.state, new.state
    from roll_label join closure on closure.job_id = roll_label.job_id
    where roll_label.code_id = new.id;
end;

create trigger product_is_amended after update of fate on product
when old.fate is not new.fate and new.fate is not null
begin
    insert into amendment (job_id, at, code_id, tag, was, is_now)
    select closure.job_id,
        max(coalesce(new.settled_at, 0),
            coalesce((select moved_at from code where id = new.code_id), 0)),
        new.code_id, new.tag, old.fate, new.fate
    from closure where closure.job_id = new.job_id;
end;

create trigger amendment_stays before update of job_id, at, code_id, tag, was, is_now on amendment begin
    select raise(abort, 'an amendment is not changed');
end;
create trigger amendment_keeps_its_name before update of person, reason on amendment
when old.person <> '' begin
    select raise(abort, 'an amendment is not changed');
end;
create trigger amendment_is_kept before delete on amendment begin
    select raise(abort, 'an amendment is not deleted');
end;
