//! What a line without a job is asked: there is nothing to run, but its mode can change, what waits
//! for somebody with the right can be released, and a job that is done is put away.
use super::job::Post;
use crate::line::{Event, LineState, Mode, Record, Request, StopReason};
use crate::store::StoreError;

impl Post {
    /// Remembers, then shows. Everything else needs a job and is not taken.
    pub(super) async fn hear_without_job(&mut self, event: &Event) -> Result<(), StoreError> {
        if let Event::Mode(mode) = *event {
            self.change_mode(mode).await
        } else if let Event::Release(reason) = *event {
            self.release(reason).await
        } else if *event == Event::Operator(Request::Reset) {
            self.reset().await
        } else {
            Ok(())
        }
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

    /// The devices belong to a job: between two of them Idle is only a word, and so is the way to
    /// it.
    async fn reset(&mut self) -> Result<(), StoreError> {
        let from = self.view.borrow().state;
        if !matches!(from, LineState::Stopped | LineState::Complete) {
            return Ok(());
        }
        let by_way = LineState::Resetting;
        let records = [
            Record::Line { from, to: by_way, why: None },
            Record::Line { from: by_way, to: LineState::Idle, why: None },
        ];
        self.store.append(&self.line.name, None, &records).await?;
        self.view.send_modify(|view| view.state = LineState::Idle);
        Ok(())
    }
}
