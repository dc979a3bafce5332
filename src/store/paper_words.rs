//! Words for documents: how far one is, and what it is about.

/// How far a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PaperState {
    /// Nothing was sent.
    Made,
    /// True API may have it, under a name that we do not know.
    Sending,
    /// True API has it.
    Sent,
    /// It has effect.
    Done,
    /// True API found something wrong: it has no effect.
    NotDone,
    /// True API did not even accept it.
    Refused,
    /// A person took it back before it was sent.
    Withdrawn,
}

impl PaperState {
    /// Every state.
    pub const ALL: [Self; 7] = [
        Self::Made,
        Self::Sending,
        Self::Sent,
        Self::Done,
        Self::NotDone,
        Self::Refused,
        Self::Withdrawn,
    ];

    /// The word in the store.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Made => "made",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Done => "done",
            Self::NotDone => "not_done",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// For a person.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Made => "waits to be sent",
            Self::Sending => "sent, answer lost",
            Self::Sent => "being checked",
            Self::Done => "done",
            Self::NotDone => "found wrong",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Whether it came to nothing.
    pub const fn is_bad(self) -> bool {
        matches!(self, Self::NotDone | Self::Refused)
    }

    /// Whether nothing was sent yet.
    pub const fn is_made(self) -> bool {
        matches!(self, Self::Made)
    }

    /// Whether nobody knows what became of it.
    pub const fn is_lost(self) -> bool {
        matches!(self, Self::Sending)
    }

    /// Whether it still goes its way.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Made | Self::Sending | Self::Sent)
    }
}

/// What a document is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The verified codes of a job.
    Job(i64),
    /// The verified codes of a label order.
    Order(i64),
    /// The codes of a report that only a document can tell.
    Report(i64),
    /// The new code of a remarked product, by the order of its label.
    Remarking(i64),
}

impl Origin {
    /// The word in the store: `job:17`.
    pub fn word(self) -> String {
        match self {
            Self::Job(id) => format!("job:{id}"),
            Self::Order(id) => format!("order:{id}"),
            Self::Report(id) => format!("report:{id}"),
            Self::Remarking(id) => format!("remarking:{id}"),
        }
    }

    /// For a person.
    pub fn words(self) -> String {
        match self {
            Self::Job(id) => format!("job {id}"),
            Self::Order(id) => format!("order {id}"),
            Self::Report(id) => format!("spoiled codes, report {id}"),
            Self::Remarking(id) => format!("a product that came back, order {id}"),
        }
    }

    /// By the word in the store.
    pub fn from_word(word: &str) -> Option<Self> {
        let (what, id) = word.split_once(':')?;
        let id = id.parse().ok()?;
        Some(match what {
            "job" => Self::Job(id),
            "order" => Self::Order(id),
            "report" => Self::Report(id),
            "remarking" => Self::Remarking(id),
            _ => return None,
        })
    }

    /// Which codes: a condition over the table `code`, with the number as `$1`.
    pub(super) const fn codes(self) -> &'static str {
        match self {
            Self::Job(_) => "id in (select code_id from job_code where job_id = $1)",
            Self::Order(_) | Self::Remarking(_) => "pool = 'order:' || $1",
            Self::Report(_) => "report_id = $1",
        }
    }

    pub(super) const fn number(self) -> i64 {
        match self {
            Self::Job(id) | Self::Order(id) | Self::Report(id) | Self::Remarking(id) => id,
        }
    }
}
