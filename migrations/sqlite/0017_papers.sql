-- Documents for True API: introduction into circulation, remarking, write-off. A document stands here, with
-- the bytes that are signed and sent, before the first of them leaves; what it says never changes.

-- `origin`: 'job:N', 'order:N', 'report:N' (codes that a report of kind 'write_off' collected), 'remarking:N'
-- (N = the order of the new label). `facts` = what it says beside its codes, as JSON. `state`: 'sending' = True
-- API may have it, under a name that we do not know; 'done' = CHECKED_OK; 'not_done' = CHECKED_NOT_OK.
create table paper (
    id            integer primary key,
    kind          text not null
                  check (kind in ('LP_INTRODUCE_GOODS', 'LP_FTS_INTRODUCE', 'LK_REMARK', 'WRITE_OFF')),
    product_group text not null,
    origin        text not null,
    state         text not null default 'made'
                  check (state in ('made', 'sending', 'sent', 'done', 'not_done', 'refused', 'withdrawn')),
    facts         text not null,
    document      blob not null,
    upstream_id   text unique,
    sends         integer not null default 0,
    person        text not null,
    made_at       integer not null,
    first_sent_at integer,
    sent_at       integer,
    ended_at      integer,
    problem       text,
    errors        text not null default '[]'
) strict;

create index paper_open on paper (state) where state in ('made', 'sending', 'sent');
create index paper_of on paper (origin);

create trigger paper_says_the_same before update of kind, product_group, origin, facts, document on paper begin
    select raise(abort, 'what a document says does not change');
end;
create trigger paper_has_ended before update of state on paper
when old.state in ('done', 'not_done', 'refused', 'withdrawn') begin
    select raise(abort, 'this document is at its end');
end;
create trigger paper_is_kept before delete on paper begin
    select raise(abort, 'a document is not deleted');
end;

-- The codes of a document.
create table paper_code (
    paper_id integer not null references paper (id),
    code_id  integer not null references code (id),
    primary key (paper_id, code_id)
) strict, without rowid;

-- A code is introduced once, remarked once, written off once. The row goes when its document ends without
-- effect, and then another one may take the code.
create table paper_claim (
    code_id  integer not null references code (id),
    what     text not null check (what in ('introduced', 'remarked', 'written_off')),
    paper_id integer not null references paper (id),
    primary key (code_id, what)
) strict, without rowid;

create trigger paper_lets_go after update of state on paper
when new.state in ('not_done', 'refused', 'withdrawn') begin
    delete from paper_claim where paper_id = new.id;
end;
