-- Packs of tobacco have no application identifiers: GTIN, serial number of seven, price and check,
-- one behind the other. What follows the serial number (`tail`) begins with a separator in every
-- other code, so that it says by itself which of the two a row is. No row changes, none becomes
-- longer.
alter table code drop column text;
alter table code add column text text generated always as (
    iif(substr(tail, 1, 1) = char(29), printf('01%014d21', gtin), printf('%014d', gtin)) || serial || tail
) virtual;

-- What says whether goods must be marked, beside their HS code: where they are sold, how long they
-- keep (days, or 'unlimited', or nothing said), and why they would be exempt.
alter table label_order add column country text not null default 'RU'
    check (country in ('AM', 'BY', 'KZ', 'KG', 'RU'));
alter table label_order add column shelf_life text not null default '';
alter table label_order add column exemption text not null default '';
