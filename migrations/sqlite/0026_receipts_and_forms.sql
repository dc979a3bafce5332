-- What was ordered, and receipts that come later than the word about their report.

-- The number of the form that the order of a want named: what arrives is checked against it, whatever the
-- configuration says by then. Null: ordered before this was kept, any form of the group.
alter table want add column template integer;

-- Since when the station has said how a report ended, without saying what became of its codes.
alter table report add column receipt_late_at integer;
