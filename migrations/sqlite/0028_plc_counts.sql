-- What a line's PLC had counted by itself whenever the belt stood: numbers that nobody of ours counted, to
-- be held against the sums. They run since the PLC program started (`boot`), and wrap at 32 bits.
create table plc_count (
    id               integer primary key,
    line             text not null,
    job_id           integer references job (id),
    at               integer not null,
    boot             integer not null,
    infeed           integer not null,
    applied          integer not null,
    passed           integer not null,
    reject_ordered   integer not null,
    reject_confirmed integer not null,
    verdict_late     integer not null
) strict;

create index plc_count_of_line on plc_count (line, id);
create index plc_count_of_job on plc_count (job_id, id);

create trigger plc_count_stays before update on plc_count begin
    select raise(abort, 'what a PLC has counted is not changed');
end;
create trigger plc_count_is_kept before delete on plc_count begin
    select raise(abort, 'what a PLC has counted is not deleted');
end;
