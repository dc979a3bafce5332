-- Whether every case of a challenge test was passed with this one: the line says it, and nobody reckons
-- it a second time. A test that was passed before this column was there is asked for once more.
alter table challenge add column whole integer not null default 0 check (whole in (0, 1));
