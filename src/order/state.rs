//! The way of a label order: every legal arrow, in one function.
use std::fmt;
use std::str::FromStr;

/// Where a label order is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OrderState {
    /// The customer sent it; nobody decided yet.
    Submitted,
    /// A manager said no, with a reason.
    Declined,
    /// A manager said yes; codes are being fetched.
    Accepted,
    /// Enough codes lie in its pool.
    CodesReceived,
    /// Its labels are being printed, or its file is being made.
    InPrint,
    /// All its labels are printed, or its file can be downloaded.
    Printed,
    /// The labels are in the customer's hands.
    HandedOver,
    /// Every label is accounted for.
    Closed,
    /// The customer took it back before anybody decided.
    Cancelled,
}

/// One step of that way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OrderStep {
    /// A manager says yes.
    Accept,
    /// A manager says no.
    Decline,
    /// The customer takes it back.
    Cancel,
    /// The pool holds enough codes.
    ReceiveCodes,
    /// The first label is about to be printed.
    StartPrint,
    /// The last label is printed.
    FinishPrint,
    /// A manager gave the labels to the customer.
    HandOver,
    /// A manager closes it: every label is accounted for.
    Close,
}

/// A step that no order in this state can take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an order that is {from} cannot take the step {step:?}")]
pub struct IllegalOrderStep {
    /// The state that the order is in.
    pub from: OrderState,
    /// The step that was asked of it.
    pub step: OrderStep,
}

impl OrderState {
    /// Every state, in the order of an order's way.
    pub const ALL: [Self; 9] = [
        Self::Submitted,
        Self::Declined,
        Self::Accepted,
        Self::CodesReceived,
        Self::InPrint,
        Self::Printed,
        Self::HandedOver,
        Self::Closed,
        Self::Cancelled,
    ];

    /// The whole way of an order.
    pub const fn after(self, step: OrderStep) -> Result<Self, IllegalOrderStep> {
        use OrderState as S;
        use OrderStep as T;
        Ok(match (self, step) {
            (S::Submitted, T::Accept) => S::Accepted,
            (S::Submitted, T::Decline) => S::Declined,
            // Once accepted, codes are bought from the state system: no way back.
            (S::Submitted, T::Cancel) => S::Cancelled,
            (S::Accepted, T::ReceiveCodes) => S::CodesReceived,
            (S::CodesReceived, T::StartPrint) => S::InPrint,
            (S::InPrint, T::FinishPrint) => S::Printed,
            (S::Printed, T::HandOver) => S::HandedOver,
            (S::HandedOver, T::Close) => S::Closed,
            (from, step) => return Err(IllegalOrderStep { from, step }),
        })
    }

    /// The word in the store.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Submitted => "submitted",
            Self::Declined => "declined",
            Self::Accepted => "accepted",
            Self::CodesReceived => "codes_received",
            Self::InPrint => "in_print",
            Self::Printed => "printed",
            Self::HandedOver => "handed_over",
            Self::Closed => "closed",
            Self::Cancelled => "cancelled",
        }
    }

    /// For a person.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Submitted => "Submitted",
            Self::Declined => "Declined",
            Self::Accepted => "Accepted, waiting for codes",
            Self::CodesReceived => "Codes received",
            Self::InPrint => "In print",
            Self::Printed => "Printed",
            Self::HandedOver => "Handed over",
            Self::Closed => "Closed",
            Self::Cancelled => "Cancelled",
        }
    }

    /// Whether applied labels of the order can be validated: they exist, and it is not closed.
    pub const fn takes_scans(self) -> bool {
        matches!(self, Self::Printed | Self::HandedOver)
    }

    /// Whether its file, if it has one, may leave the house: all its codes are durably printed.
    pub const fn gives_file(self) -> bool {
        matches!(self, Self::Printed | Self::HandedOver | Self::Closed)
    }
}

impl fmt::Display for OrderState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for OrderState {
    type Err = UnknownOrderState;
    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|state| state.word() == word)
            .ok_or_else(|| UnknownOrderState(word.to_owned()))
    }
}

/// A word that names no state of an order.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' names no state of an order")]
pub struct UnknownOrderState(String);

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: [OrderStep; 8] = [
        OrderStep::Accept,
        OrderStep::Decline,
        OrderStep::Cancel,
        OrderStep::ReceiveCodes,
        OrderStep::StartPrint,
        OrderStep::FinishPrint,
        OrderStep::HandOver,
        OrderStep::Close,
    ];

    #[test]
    fn the_straight_way_leads_from_submitted_to_closed() {
        use OrderStep as T;
        let way =
            [T::Accept, T::ReceiveCodes, T::StartPrint, T::FinishPrint, T::HandOver, T::Close];
        let end = way.into_iter().try_fold(OrderState::Submitted, OrderState::after);
        assert_eq!(end, Ok(OrderState::Closed));
    }

    #[test]
    fn every_step_is_legal_in_exactly_one_state() {
        for step in STEPS {
            let from = OrderState::ALL.iter().filter(|s| s.after(step).is_ok()).count();
            assert_eq!(from, 1, "{step:?}");
        }
    }

    #[test]
    fn nothing_follows_a_declined_cancelled_or_closed_order() {
        for state in [OrderState::Declined, OrderState::Cancelled, OrderState::Closed] {
            assert!(STEPS.into_iter().all(|step| state.after(step).is_err()), "{state}");
        }
    }

    #[test]
    fn every_word_is_read_back() {
        for state in OrderState::ALL {
            assert_eq!(state.word().parse(), Ok(state));
        }
    }
}
