//! What a line without a job is asked: there is nothing to run, but it goes through its states, its mode
//! can change, and what waits for somebody with the right can be released.
use super::job::Post;
use crate::line::{Event, Mode, Record, Request, StopReason};
use crate::store::StoreError;

impl Post {
    /// Remembers, then shows. Everything else needs a job and is not offered.
    pub(super) async fn hear_without_job(&mut self, event: &Event) -> Result<(), StoreError> {
        if let Event::Mode(mode) = *event {
            self.change_mode(mode).await?;
        } else if let Event::Release(reason) = *event {
            self.release(reason).await?;
        } else if let Event::Operator(request) = *event {
            self.obey(request).await?;
        }
        self.view.send_modify(|view| view.heard += 1);
        Ok(())
    }

    async fn change_mode(&mut self, to: Mode) -> Result<(), StoreError> {
        let (from, state) = {
            let view = self.view.borrow();
            (view.mode, view.state)
        };
        if from == to || !Mode::may_change_in(state) {
            return Ok(());
        }
        self.store.append(&self.line.name, None, &[Record::Mode { from, to }]).await?;
        self.view.send_modify(|view| view.mode = to);
        Ok(())
    }

    async fn release(&mut self, reason: StopReason) -> Result<(), StoreError> {
        if !self.view.borrow().to_release().any(|standing| standing == reason) {
            return Ok(());
        }
        self.store.append(&self.line.name, None, &[Record::AlarmCleared(reason)]).await?;
        self.view.send_modify(|view| view.alarms.retain(|alarm| *alarm != reason));
        Ok(())
    }

    /// The devices belong to a job: without one every state is only a word, and so is the way from
    /// one to the other. It is gone all the same, as the table of commands says.
    async fn obey(&mut self, request: Request) -> Result<(), StoreError> {
        let view = self.view.borrow().clone();
        if view.offers(request).is_err() {
            return Ok(());
        }
        let mut records = Vec::new();
        let mut from = view.state;
        for to in view.state.way_at_rest(request) {
            records.push(Record::Line { from, to, why: None });
            from = to;
        }
        self.store.append(&self.line.name, None, &records).await?;
        self.view.send_modify(|view| view.state = from);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::LineState;

    #[test]
    fn from_every_state_of_rest_each_command_leads_where_the_table_says_and_to_rest_again() {
        let rests = LineState::ALL.into_iter().filter(|state| state.is_at_rest());
        for (state, request) in rests.flat_map(|state| Request::ALL.map(|ask| (state, ask))) {
            let way = state.way_at_rest(request);
            assert_eq!(way.first().copied(), state.after(request), "{request:?} in {state}");
            let steps = std::iter::once(state).chain(way.iter().copied());
            for (from, to) in steps.zip(way.iter().copied()) {
                assert!(from.may_become(to), "{request:?} in {state}: {from} to {to}");
            }
            let Some(end) = way.last() else { continue };
            let wanted = match request {
                Request::Reset => LineState::Idle,
                Request::Stop | Request::Clear => LineState::Stopped,
                Request::Abort => LineState::Aborted,
                // That needs a job.
                Request::Start
                | Request::Hold
                | Request::Unhold
                | Request::Suspend
                | Request::Unsuspend
                | Request::Complete => continue,
            };
            assert_eq!(*end, wanted, "{request:?} in {state}");
        }
    }
}
