-- Getting codes without losing one, and knowing how long they live.

-- The call for codes that is under way: how many were asked for, and how many blocks were known when it
-- was made. Written before the call, taken back when the block is here or known not to exist.
alter table want add column asked integer;
alter table want add column known_blocks integer;
-- When codes that are not applied die, in microseconds since 1970: 0 = never, null = not known.
-- `expired` = they are out of the stock.
alter table want add column expires_at integer;
alter table want add column expired integer not null default 0 check (expired in (0, 1));

create index want_expires on want (expires_at) where expired = 0 and expires_at > 0;

-- A block comes in parts, each its own transaction, so that lines do not wait for all of it. It is here
-- when as many lines are done as it has codes; null = it was stored in one go. The codes of a block have
-- numbers in a row, from `first_code` on.
alter table block add column lines_done integer;
alter table block add column last_code integer;

-- Codes that died are in a pool of their own, that no line and no order takes from.
create trigger code_expired_is_not_sent before update of state on code
when new.state = 'sent' and old.pool like 'expired:%' begin
    select raise(abort, 'this code has expired');
end;
