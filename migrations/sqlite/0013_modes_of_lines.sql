-- The mode of a line outlives the process: a line that somebody took out of production must not
-- begin to print by itself after a power cut.
alter table line add column mode text not null default 'Production'
    check (mode in ('Production', 'Maintenance', 'Manual'));
