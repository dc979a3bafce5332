-- Two more scenarios: products that come with their labels ('preprinted'), and labels put on by hand
-- ('manual'). A check cannot be changed, so that the column is made anew.
alter table job add column way text not null default 'print_apply'
    check (way in ('print_apply', 'roll', 'preprinted', 'manual'));
update job set way = scenario;
alter table job drop column scenario;
alter table job rename column way to scenario;

-- A job that prints owns the codes that are handed over for it (as in 0012); one that does not, those
-- that were found on its products. What is left of their array stays `printed`.
drop trigger code_is_of_job;
create trigger code_is_of_job after update of state on code when new.state = 'sent' begin
    insert or ignore into job_code (job_id, code_id)
    select id, new.id from job
    where state = 'running' and pool = new.pool and scenario in ('print_apply', 'roll');
end;

create trigger code_on_product_is_of_job after update of code_id on product
when new.code_id is not null begin
    insert or ignore into job_code (job_id, code_id)
    select id, new.code_id from job
    where id = new.job_id and scenario in ('preprinted', 'manual');
end;
