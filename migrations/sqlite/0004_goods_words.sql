-- What else labels say of goods, as it is printed; '' = nothing. Batch and dates of a job are those
-- of its own lot; where a job names none of the three, the lot of the goods is printed.
alter table goods add column country text not null default '';
alter table goods add column maker text not null default '';
alter table goods add column importer text not null default '';
alter table goods add column batch text not null default '';
alter table goods add column date text not null default '';
alter table goods add column best_before text not null default '';

alter table job add column batch text not null default '';
alter table job add column date text not null default '';
alter table job add column best_before text not null default '';
