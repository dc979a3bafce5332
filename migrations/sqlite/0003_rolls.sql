-- Rolls: what a job asks of a roll, and where on it every label is.

-- So many labels in a hundred beyond the number planned; the roll is changed after so many good
-- labels (null = never); whether labels that say what the roll holds are printed before and after.
alter table job add column spare_percent integer not null default 0;
alter table job add column pause_after integer;
alter table job add column leader integer not null default 0 check (leader in (0, 1));
alter table job add column trailer integer not null default 0 check (trailer in (0, 1));
-- The printer that it was made on: its profile, and the number that it answers with, if known.
alter table job add column printer text;
alter table job add column printer_id text;

-- A label of a roll: which piece of the job's roll, and the number of the label on it (`place`). Written
-- when it is handed to the printer. `to_read` = it counts only when the camera behind the print
-- head has read it; `reading` says how that went. `grade` = print quality (ISO/IEC 15415 letter),
-- null where nobody graded it.
create table roll_label (
    code_id integer primary key references code (id),
    job_id  integer not null references job (id),
    piece   integer not null,
    place   integer not null,
    to_read integer not null check (to_read in (0, 1)),
    reading text check (reading is null or reading in ('good', 'bad')),
    reason  text,
    picture integer,
    read_at integer,
    grade   text check (grade is null or grade in ('A', 'B', 'C', 'D', 'F'))
) strict;

create index roll_label_of on roll_label (job_id, piece, place);
create index roll_label_unread on roll_label (job_id) where to_read = 1 and reading is null;
