-- A code changes its pool in one case only: its customer cancelled an order with an array of his
-- own, or it was declined, and he orders again with the same array. The code is still stored; the
-- counts go with it.
create trigger code_changes_pool after update of pool on code when old.pool <> new.pool begin
    update tally set n = n - 1 where pool = old.pool and state = old.state;
    insert into tally (pool, state, n) values (new.pool, new.state, 1)
    on conflict (pool, state) do update set n = n + 1;
    update pool_count set taken = taken - 1, settled = settled - old.settled where pool = old.pool;
    insert into pool_count (pool, taken, settled) values (new.pool, 1, new.settled)
    on conflict (pool) do update set taken = taken + 1, settled = settled + new.settled;
end;

-- Only what was never handed to a printer may go to another order.
create trigger code_stays_in_pool before update of pool on code
when old.pool <> new.pool and old.state <> 'stored' begin
    select raise(abort, 'a code that is under way stays in its pool');
end;
