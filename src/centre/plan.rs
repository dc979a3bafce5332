//! What an order needs next, by how it stands.
use crate::code::CodeState;
use crate::order::{Delivery, OrderState, Source};
use crate::store::{JobState, LabelOrder, OrderCounts};

/// The next thing to do about an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// Nothing: something or somebody else has to move first.
    Wait,
    /// Ask for its codes.
    Want,
    /// Note that its codes are there.
    Receive,
    /// File a job for a line.
    FileJob,
    /// Note that it is printed.
    Finish,
    /// Make the file with this many labels.
    MakeFile(u32),
    /// Find out what became of a file that was being made.
    SettleFile,
}

pub(super) fn plan(order: &LabelOrder, counts: &OrderCounts, job: Option<JobState>) -> Act {
    let left = counts.left(order.quantity);
    match (order.state, order.delivery) {
        (OrderState::Accepted, _) if left.missing == 0 => Act::Receive,
        // Codes cost money: by itself the centre asks once. Whatever fails, a manager asks again.
        (OrderState::Accepted, _) if order.source == Source::Issuer && order.want_id.is_none() => {
            Act::Want
        }
        (OrderState::CodesReceived, Delivery::Roll) => Act::FileJob,
        (OrderState::InPrint, Delivery::Roll) => match job {
            Some(JobState::Done | JobState::Cancelled) if left.to_print == 0 => Act::Finish,
            // The job ended short, or somebody took it from the line; labels are still wanted.
            Some(JobState::Done | JobState::Cancelled) if left.missing == 0 => Act::FileJob,
            // Codes are missing: a manager orders more, or goes on without them.
            Some(_) | None => Act::Wait,
        },
        (OrderState::CodesReceived | OrderState::InPrint, Delivery::Pdf) => {
            if counts.of(CodeState::Sent) > 0 {
                Act::SettleFile
            } else if left.to_print == 0 {
                Act::Finish
            } else if left.missing == 0 {
                Act::MakeFile(left.to_print)
            } else {
                Act::Wait
            }
        }
        _ => Act::Wait,
    }
}
