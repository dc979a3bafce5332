//! Who may do what (pure): roles as named permissions.
use std::fmt;
use std::str::FromStr;

/// What a person is in this house. One role a person; the words stand in the table `person`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Works at a line.
    Operator,
    /// Runs the shift and the labelling centre.
    Manager,
    /// Orders labels from outside.
    Customer,
}

/// One thing that somebody may do. Pages ask for these, never for a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Permission {
    /// See how a line stands, with its pictures.
    SeeLine,
    /// Ask a line to start, hold, stop, reset.
    ControlLine,
    /// Order labels, see one's own orders, validate one's own labels.
    OrderLabels,
    /// See the orders of every customer.
    SeeEveryOrder,
    /// Accept or decline an order, hand it over.
    DecideOrders,
    /// Say what became of codes in doubt.
    DecideDoubts,
    /// Change what a line is there for: Production, Maintenance, Manual. As the key of a switch.
    ChangeMode,
    /// Release what stands because a product may lie where nobody answers for it.
    ReleaseLatch,
    /// Sign, as the second person, for a job that is closed although something stands open.
    SignJobs,
    /// Take notice of alarms, put them aside for a time, and say why a line stood.
    AnswerAlarms,
    /// Take an alarm out of service until somebody brings it back.
    RemoveAlarms,
    /// Introduce goods, and decide about documents for the state system.
    MakePapers,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 3] = [Self::Operator, Self::Manager, Self::Customer];

    /// The word in the store, on the command line and on the pages.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Manager => "manager",
            Self::Customer => "customer",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Role {
    type Err = UnknownRole;
    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|role| role.word() == word)
            .ok_or_else(|| UnknownRole(word.to_owned()))
    }
}

/// A word that names no role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' names no role; there are operator, manager and customer")]
pub struct UnknownRole(String);

impl Permission {
    /// Every permission.
    pub const ALL: [Self; 12] = [
        Self::SeeLine,
        Self::ControlLine,
        Self::OrderLabels,
        Self::SeeEveryOrder,
        Self::DecideOrders,
        Self::DecideDoubts,
        Self::ChangeMode,
        Self::ReleaseLatch,
        Self::SignJobs,
        Self::AnswerAlarms,
        Self::RemoveAlarms,
        Self::MakePapers,
    ];

    /// For the sentence "… may not *do this*".
    pub const fn words(self) -> &'static str {
        match self {
            Self::SeeLine => "see the lines",
            Self::ControlLine => "control a line",
            Self::OrderLabels => "order labels",
            Self::SeeEveryOrder => "see the orders of others",
            Self::DecideOrders => "decide about orders",
            Self::DecideDoubts => "decide about codes in doubt",
            Self::ChangeMode => "change the mode of a line",
            Self::ReleaseLatch => "release a line that waits for its manager",
            Self::SignJobs => "sign for jobs",
            Self::AnswerAlarms => "answer alarms",
            Self::RemoveAlarms => "take alarms out of service",
            Self::MakePapers => "make documents for the state system",
        }
    }
}

/// Whether a person of this role may do this.
pub const fn may(role: Role, permission: Permission) -> bool {
    match permission {
        Permission::SeeLine | Permission::ControlLine | Permission::AnswerAlarms => {
            matches!(role, Role::Operator | Role::Manager)
        }
        Permission::OrderLabels => matches!(role, Role::Customer),
        Permission::SeeEveryOrder
        | Permission::DecideOrders
        | Permission::DecideDoubts
        | Permission::ChangeMode
        | Permission::ReleaseLatch
        | Permission::SignJobs
        | Permission::RemoveAlarms
        | Permission::MakePapers => matches!(role, Role::Manager),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_customer_may_order_labels_and_nothing_else() {
        for permission in Permission::ALL {
            assert_eq!(
                may(Role::Customer, permission),
                permission == Permission::OrderLabels,
                "{permission:?}"
            );
        }
    }

    #[test]
    fn an_operator_controls_lines_and_sees_no_orders() {
        assert!(may(Role::Operator, Permission::ControlLine));
        assert!(!may(Role::Operator, Permission::SeeEveryOrder));
        assert!(!may(Role::Operator, Permission::DecideOrders));
        assert!(!may(Role::Operator, Permission::ReleaseLatch));
        assert!(!may(Role::Operator, Permission::ChangeMode));
    }

    #[test]
    fn every_role_is_read_back_and_an_unknown_one_is_named() {
        for role in Role::ALL {
            assert_eq!(role.word().parse(), Ok(role));
        }
        let problem = "king".parse::<Role>().unwrap_err().to_string();
        assert!(problem.contains("'king'"), "{problem}");
    }
}
