//! People: who they are, their passwords (Argon2id), their sessions, and what they did.
use super::{Store, StoreError};
use crate::access::Role;
use crate::telemetry::clock::Micros;
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use std::sync::OnceLock;
use tokio::task::spawn_blocking;

/// Wrong passwords in a row before the door closes for a while.
pub const FAILURES_MAX: i64 = 5;

/// How long the door stays closed then, in microseconds: one minute.
pub const LOCKED_FOR_MICROS: i64 = 60_000_000;

/// The shortest password that is taken, in characters (NIST SP 800-63B §3.1.1.2 asks for eight).
pub const PASSWORD_CHARS_MIN: usize = 8;

/// The longest name and the longest password that are looked at, in characters.
pub const NAME_CHARS_MAX: usize = 64;
const PASSWORD_CHARS_MAX: usize = 256;

/// The number of a person in our store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PersonId(pub i64);

/// Somebody who can sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The number in our store.
    pub id: PersonId,
    /// The name to sign in with.
    pub name: String,
    /// What this person is here.
    pub role: Role,
}

/// The answer to a name and a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignIn {
    /// They belong together.
    Welcome(Person),
    /// They do not; which of the two is wrong is not said.
    Wrong,
    /// Too many wrong passwords; nothing was looked at.
    Locked {
        /// When the next try is looked at.
        until: Micros,
    },
}

type PersonRow = (i64, String, String, String, Option<i64>);

impl Store {
    /// Adds somebody who can sign in. Refused: an empty or too long name, a name that is taken, a
    /// password that is too short.
    pub async fn add_person(
        &self,
        name: &str,
        password: &str,
        role: Role,
    ) -> Result<Person, StoreError> {
        const WHAT: &str = "add a person";
        let name = name.trim().to_owned();
        if let Some(why) = name_problem(&name).or_else(|| password_problem(password)) {
            return Err(StoreError::Refused { what: WHAT, why });
        }
        let hash = hash_of(password.to_owned()).await?;
        let mut write = self.begin(WHAT).await?;
        let added: Option<(i64,)> = sqlx::query_as(
            "insert into person (name, password_hash, role, made_at) values (?, ?, ?, ?)
             on conflict (name) do nothing returning id",
        )
        .bind(&name)
        .bind(hash)
        .bind(role.word())
        .bind(Micros::now().0)
        .fetch_optional(&mut *write)
        .await
        .map_err(StoreError::asking(WHAT))?;
        let Some((id,)) = added else {
            let why = format!("somebody is called '{name}' already; choose another name");
            return Err(StoreError::Refused { what: WHAT, why });
        };
        note(&mut write, &name, "added", role.word()).await?;
        write.commit().await.map_err(StoreError::asking(WHAT))?;
        Ok(Person { id: PersonId(id), name, role })
    }

    /// Somebody by number; nothing if nobody has it.
    pub async fn person(&self, id: PersonId) -> Result<Option<Person>, StoreError> {
        let row: Option<(i64, String, String)> =
            sqlx::query_as("select id, name, role from person where id = ?")
                .bind(id.0)
                .fetch_optional(&self.readers)
                .await
                .map_err(StoreError::asking("find a person"))?;
        row.map(|(id, name, role)| person_of(id, name, &role)).transpose()
    }

    /// Looks whether name and password belong together, counts failures, closes the door for a
    /// while after [`FAILURES_MAX`] of them, and notes what happened. One hashing takes about
    /// 19 MiB and some ten milliseconds: the caller bounds how many run at once.
    pub async fn check_password(&self, name: &str, password: &str) -> Result<SignIn, StoreError> {
        const WHAT: &str = "check a password";
        let name: String = name.trim().chars().take(NAME_CHARS_MAX).collect();
        let row: Option<PersonRow> = sqlx::query_as(
            "select id, name, role, password_hash, locked_until from person where name = ?",
        )
        .bind(&name)
        .fetch_optional(&self.readers)
        .await
        .map_err(StoreError::asking(WHAT))?;
        let now = Micros::now();
        if let Some((.., Some(until))) = row
            && until > now.0
        {
            return Ok(SignIn::Locked { until: Micros(until) });
        }
        // An unknown name costs as much time as a known one.
        let hash = row.as_ref().map(|(_, _, _, hash, _)| hash.clone());
        let right = is_password(password.to_owned(), hash).await?;
        match row {
            Some((id, name, role, ..)) if right => {
                self.welcome(id, &name).await?;
                Ok(SignIn::Welcome(person_of(id, name, &role)?))
            }
            row => {
                self.count_failure(row.map(|row| row.0), &name, now).await?;
                Ok(SignIn::Wrong)
            }
        }
    }

    /// Notes what somebody did: a row of the table `audit`.
    pub async fn note(&self, person: &str, what: &str, detail: &str) -> Result<(), StoreError> {
        let mut write = self.begin("note what was done").await?;
        note(&mut write, person, what, detail).await?;
        write.commit().await.map_err(StoreError::asking("note what was done"))
    }

    /// What was done by people, newest first: (time, name, what, detail).
    pub async fn notes(&self, at_most: u32) -> Result<Vec<Note>, StoreError> {
        let rows: Vec<(i64, String, String, String)> =
            sqlx::query_as("select at, person, what, detail from audit order by id desc limit ?")
                .bind(at_most)
                .fetch_all(&self.readers)
                .await
                .map_err(StoreError::asking("read what was done"))?;
        let note = |(at, person, what, detail)| Note { at: Micros(at), person, what, detail };
        Ok(rows.into_iter().map(note).collect())
    }

    /// Keeps a new session; `false` if this id is taken. Sessions that have ended are thrown away
    /// on the way.
    pub async fn add_session(
        &self,
        id: &str,
        data: &str,
        expires_at: Micros,
    ) -> Result<bool, StoreError> {
        const WHAT: &str = "add a session";
        let mut write = self.begin(WHAT).await?;
        sqlx::query("delete from session where expires_at <= ?")
            .bind(Micros::now().0)
            .execute(&mut *write)
            .await
            .map_err(StoreError::asking(WHAT))?;
        let added = sqlx::query(
            "insert into session (id, data, expires_at) values (?, ?, ?) on conflict do nothing",
        )
        .bind(id)
        .bind(data)
        .bind(expires_at.0)
        .execute(&mut *write)
        .await
        .map_err(StoreError::asking(WHAT))?;
        write.commit().await.map_err(StoreError::asking(WHAT))?;
        Ok(added.rows_affected() == 1)
    }

    /// Replaces what a session remembers. One that was deleted meanwhile stays deleted: signing out
    /// must win over a request that was under way.
    pub async fn save_session(
        &self,
        id: &str,
        data: &str,
        expires_at: Micros,
    ) -> Result<(), StoreError> {
        sqlx::query("update session set data = ?, expires_at = ? where id = ?")
            .bind(data)
            .bind(expires_at.0)
            .bind(id)
            .execute(&self.writer)
            .await
            .map(|_| ())
            .map_err(StoreError::asking("save a session"))
    }

    /// A session that has not ended: what it remembers and when it ends.
    pub async fn session(&self, id: &str) -> Result<Option<(String, Micros)>, StoreError> {
        let row: Option<(String, i64)> =
            sqlx::query_as("select data, expires_at from session where id = ? and expires_at > ?")
                .bind(id)
                .bind(Micros::now().0)
                .fetch_optional(&self.readers)
                .await
                .map_err(StoreError::asking("find a session"))?;
        Ok(row.map(|(data, expires_at)| (data, Micros(expires_at))))
    }

    /// Ends a session.
    pub async fn end_session(&self, id: &str) -> Result<(), StoreError> {
        sqlx::query("delete from session where id = ?")
            .bind(id)
            .execute(&self.writer)
            .await
            .map(|_| ())
            .map_err(StoreError::asking("end a session"))
    }

    async fn welcome(&self, id: i64, name: &str) -> Result<(), StoreError> {
        const WHAT: &str = "welcome a person";
        let mut write = self.begin(WHAT).await?;
        sqlx::query("update person set failures = 0, locked_until = null where id = ?")
            .bind(id)
            .execute(&mut *write)
            .await
            .map_err(StoreError::asking(WHAT))?;
        note(&mut write, name, "signed in", "").await?;
        write.commit().await.map_err(StoreError::asking(WHAT))
    }

    async fn count_failure(
        &self,
        id: Option<i64>,
        name: &str,
        now: Micros,
    ) -> Result<(), StoreError> {
        const WHAT: &str = "count a wrong password";
        let mut write = self.begin(WHAT).await?;
        sqlx::query(
            "update person set
                 locked_until = case when failures + 1 >= ?1 then ?2 else locked_until end,
                 failures = case when failures + 1 >= ?1 then 0 else failures + 1 end
             where id = ?3",
        )
        .bind(FAILURES_MAX)
        .bind(now.0 + LOCKED_FOR_MICROS)
        .bind(id)
        .execute(&mut *write)
        .await
        .map_err(StoreError::asking(WHAT))?;
        note(&mut write, name, "failed to sign in", "").await?;
        write.commit().await.map_err(StoreError::asking(WHAT))
    }
}

/// One thing that somebody did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// When.
    pub at: Micros,
    /// The name that was given; for a failed sign-in it may belong to nobody.
    pub person: String,
    /// What.
    pub what: String,
    /// To what.
    pub detail: String,
}

pub(super) async fn note(
    write: &mut sqlx::Transaction<'static, sqlx::Sqlite>,
    person: &str,
    what: &str,
    detail: &str,
) -> Result<(), StoreError> {
    sqlx::query("insert into audit (at, person, what, detail) values (?, ?, ?, ?)")
        .bind(Micros::now().0)
        .bind(person)
        .bind(what)
        .bind(detail)
        .execute(&mut **write)
        .await
        .map(|_| ())
        .map_err(StoreError::asking("note what was done"))
}

fn person_of(id: i64, name: String, role: &str) -> Result<Person, StoreError> {
    let role = role.parse().map_err(|problem: crate::access::UnknownRole| StoreError::Refused {
        what: "find a person",
        why: problem.to_string(),
    })?;
    Ok(Person { id: PersonId(id), name, role })
}

fn name_problem(name: &str) -> Option<String> {
    let ok = !name.is_empty()
        && name.chars().count() <= NAME_CHARS_MAX
        && !name.chars().any(char::is_control);
    (!ok).then(|| format!("a name has 1 to {NAME_CHARS_MAX} printable characters"))
}

fn password_problem(password: &str) -> Option<String> {
    let ok = (PASSWORD_CHARS_MIN..=PASSWORD_CHARS_MAX).contains(&password.chars().count());
    let words =
        || format!("a password has {PASSWORD_CHARS_MIN} to {PASSWORD_CHARS_MAX} characters");
    (!ok).then(words)
}

async fn hash_of(password: String) -> Result<String, StoreError> {
    in_background("hash a password", move || {
        Argon2::default().hash_password(password.as_bytes()).map(|hash| hash.to_string())
    })
    .await
}

/// Whether the password has this hash; for nobody's hash it works as long and says no.
async fn is_password(password: String, hash: Option<String>) -> Result<bool, StoreError> {
    in_background("check a password", move || {
        let argon2 = Argon2::default();
        let known = hash.is_some();
        let hash = match hash {
            Some(hash) => hash,
            None => nobodys_hash(&argon2)?,
        };
        let right = argon2.verify_password(password.as_bytes(), &PasswordHash::new(&hash)?).is_ok();
        Ok(right && known)
    })
    .await
}

fn nobodys_hash(argon2: &Argon2<'_>) -> Result<String, argon2::password_hash::Error> {
    static NOBODY: OnceLock<String> = OnceLock::new();
    if let Some(hash) = NOBODY.get() {
        return Ok(hash.clone());
    }
    let made = argon2.hash_password(b"nobody")?.to_string();
    Ok(NOBODY.get_or_init(|| made).clone())
}

/// Hashing is heavy on purpose, so that it must not stand in the way of other tasks.
async fn in_background<T: Send + 'static>(
    what: &'static str,
    work: impl FnOnce() -> Result<T, argon2::password_hash::Error> + Send + 'static,
) -> Result<T, StoreError> {
    let refused = |why: String| StoreError::Refused { what, why };
    spawn_blocking(work)
        .await
        .map_err(|ended| refused(ended.to_string()))?
        .map_err(|problem| refused(problem.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("people.db")).await.unwrap();
        (folder, store)
    }

    #[tokio::test]
    async fn the_right_password_opens_and_a_wrong_one_does_not() {
        let (_folder, store) = store().await;
        let anna = store.add_person(" Anna ", "correct horse", Role::Operator).await.unwrap();
        assert_eq!(anna.name, "Anna");
        let opened = store.check_password("Anna", "correct horse").await.unwrap();
        assert_eq!(opened, SignIn::Welcome(anna.clone()));
        assert_eq!(store.check_password("Anna", "battery").await.unwrap(), SignIn::Wrong);
        assert_eq!(store.check_password("Olga", "correct horse").await.unwrap(), SignIn::Wrong);
        assert_eq!(store.check_password("Olga", "nobody").await.unwrap(), SignIn::Wrong);
        assert_eq!(store.person(anna.id).await.unwrap(), Some(anna));
    }

    #[tokio::test]
    async fn five_wrong_passwords_close_the_door_even_for_the_right_one() {
        let (_folder, store) = store().await;
        store.add_person("Anna", "correct horse", Role::Operator).await.unwrap();
        let before = Micros::now().0;
        for _ in 0..FAILURES_MAX {
            assert_eq!(store.check_password("Anna", "wrong").await.unwrap(), SignIn::Wrong);
        }
        let SignIn::Locked { until } = store.check_password("Anna", "correct horse").await.unwrap()
        else {
            panic!("the door is open");
        };
        assert!(until.0 >= before + LOCKED_FOR_MICROS);
        // The minute is over: the failures before it are forgiven.
        sqlx::query("update person set locked_until = 1").execute(&store.writer).await.unwrap();
        assert_eq!(store.check_password("Anna", "wrong").await.unwrap(), SignIn::Wrong);
        let opened = store.check_password("Anna", "correct horse").await.unwrap();
        assert!(matches!(opened, SignIn::Welcome(_)));
    }

    #[tokio::test]
    async fn a_taken_name_and_a_short_password_are_refused_with_the_reason() {
        let (_folder, store) = store().await;
        store.add_person("Anna", "correct horse", Role::Operator).await.unwrap();
        for (name, password, why) in [
            ("Anna", "other horse", "already"),
            ("Olga", "short", "8 to 256"),
            ("  ", "correct horse", "1 to 64"),
        ] {
            let problem = store.add_person(name, password, Role::Manager).await.unwrap_err();
            assert!(problem.to_string().contains(why), "{problem}");
        }
    }

    #[tokio::test]
    async fn what_happens_at_the_door_is_noted() {
        let (_folder, store) = store().await;
        store.add_person("Anna", "correct horse", Role::Operator).await.unwrap();
        store.check_password("Anna", "wrong").await.unwrap();
        store.check_password("Anna", "correct horse").await.unwrap();
        let notes = store.notes(10).await.unwrap();
        let whats: Vec<_> = notes.iter().map(|note| note.what.as_str()).collect();
        assert_eq!(whats, ["signed in", "failed to sign in", "added"]);
        assert!(notes.iter().all(|note| note.person == "Anna"));
    }

    #[tokio::test]
    async fn a_session_lives_until_its_time_or_until_it_is_ended() {
        let (_folder, store) = store().await;
        let later = Micros(Micros::now().0 + 60_000_000);
        assert!(store.add_session("a", "{}", later).await.unwrap());
        assert!(!store.add_session("a", "{}", later).await.unwrap(), "the id is taken");
        assert_eq!(store.session("a").await.unwrap(), Some(("{}".to_owned(), later)));
        store.end_session("a").await.unwrap();
        store.save_session("a", "{}", later).await.unwrap();
        assert_eq!(store.session("a").await.unwrap(), None, "a late save must not revive it");
        assert!(store.add_session("b", "{}", Micros(1)).await.unwrap());
        assert_eq!(store.session("b").await.unwrap(), None, "it has ended");
    }
}
