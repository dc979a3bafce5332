//! One step of one want, by the state that it is in.
//!
//! Two calls must not be repeated blindly: a second order is paid twice, and a second request for
//! codes takes *new* codes. So the state `placing` is written before an order is placed, and after
//! every doubt the station's list of blocks is compared with ours before more codes are taken. The
//! station closes a sub-order with its last code and then gives nothing again: therefore the last
//! code is taken alone, when all the others are known to be here.
use super::expiry::dies_at;
use super::lost_order::{Found, find};
use super::sift::{Ordered, Sieve};
use super::{Puller, StepError, note_trouble};
use crate::store::{BlockStored, NewBlock, StoreError, Want, WantState};
use crate::telemetry::clock::Micros;
use crate::upstream::{Buffer, BufferStatus, CodeBlock, OmsError, OrderWish, Planted, SubOrder};
use std::time::Duration;

/// The longest that the station may ask us to wait; a longer time is taken for a mistake.
const READY_IN_MAX: Duration = Duration::from_mins(5);

/// Codes of a block that are stored in one transaction: lines that run wait for some milliseconds.
const STORED_AT_ONCE: usize = 2_000;

/// When a want is looked at next.
#[derive(Debug, Clone, Copy)]
pub(super) enum Next {
    /// It came further.
    Now,
    /// Nothing new.
    Later,
    /// The wait is known.
    After(Duration),
}

impl Puller {
    pub(super) async fn step(&mut self, want: &Want) -> Result<Next, StepError> {
        match (want.state, &want.upstream_id) {
            (WantState::Wanted, _) => self.place(want).await,
            (WantState::Placing, _) => self.look_for_order(want).await,
            (WantState::Placed | WantState::Fetching, Some(order)) => self.fetch(want, order).await,
            (WantState::Placed | WantState::Fetching, None) => {
                self.store.want_has_failed(want.id, "the name of its order is missing").await?;
                Ok(Next::Now)
            }
            (WantState::Done | WantState::Failed, _) => Ok(Next::Now),
        }
    }

    async fn place(&mut self, want: &Want) -> Result<Next, StepError> {
        let limits = self.client.limits();
        if want.quantity > limits.codes_in_an_order {
            let most = limits.codes_in_an_order;
            let why = format!("an order holds at most {most} codes: want them in parts");
            self.store.want_has_failed(want.id, &why).await?;
            return Ok(Next::Now);
        }
        if self.open_orders >= limits.open_orders {
            let why = format!("waits: {} orders are open at the station", self.open_orders);
            note_trouble(&self.store, want, &why).await?;
            return Ok(Next::Later);
        }
        let product = match self.client.product(want.group, want.gtin) {
            Ok(product) => product,
            Err(why) => {
                note_trouble(&self.store, want, &why.to_string()).await?;
                return Ok(Next::Later);
            }
        };
        let remarked_by = self.store.remarked_by(&want.pool).await?;
        let serials = match self.serials_for(want, remarked_by.is_some()).await? {
            Ok(serials) => serials,
            Err(why) => {
                self.store.want_has_failed(want.id, &why).await?;
                return Ok(Next::Now);
            }
        };
        self.store.want_names(want.id, product.template).await?;
        self.open_orders += 1;
        if !Planted::OrderUnwritten.is_in() {
            self.store.want_is_placing(want.id).await?;
        }
        let mark = want.mark();
        let wish = OrderWish {
            group: want.group,
            gtin: want.gtin,
            quantity: want.quantity,
            mark: &mark,
            remarked_by: remarked_by.as_deref(),
        };
        match self.client.place_with(wish, &serials).await {
            Ok(placed) => {
                if Planted::OrderUnwritten.is_in() {
                    self.store.want_is_placing(want.id).await?;
                }
                self.store.want_is_placed(want.id, &placed.order_id).await?;
                tracing::info!(want = want.id, order = placed.order_id, "codes ordered");
                Ok(Next::After(placed.ready_in.min(READY_IN_MAX)))
            }
            Err(OmsError::Refused { status, words, .. }) => {
                let problem = format!("the station refused the order ({status}): {words}");
                tracing::warn!(want = want.id, problem, "codes will not come");
                self.store.want_has_failed(want.id, &problem).await?;
                Ok(Next::Now)
            }
            Err(error) if error.nothing_happened() || Planted::DoubtIsProof.is_in() => {
                self.back_to_wanted(want, &error.to_string()).await?;
                Ok(Next::After(self.client.again_after(&error)))
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn back_to_wanted(&self, want: &Want, problem: &str) -> Result<(), StoreError> {
        if want.problem.as_deref() != Some(problem) {
            tracing::warn!(want = want.id, problem, "no order was placed");
        }
        self.store.want_is_not_placed(want.id, problem).await
    }

    /// The answer to an order was lost, or we were switched off before it came.
    async fn look_for_order(&mut self, want: &Want) -> Result<Next, StepError> {
        let too_early = self.settings.search_after.saturating_sub(want.moved_at.age());
        if !too_early.is_zero() {
            return Ok(Next::After(too_early));
        }
        let orders = match self.client.orders(want.group).await {
            Err(error @ OmsError::Refused { .. }) => {
                let why = format!("it is not known whether an order was placed: {error}");
                note_trouble(&self.store, want, &why).await?;
                return Ok(Next::After(self.settings.search_every));
            }
            orders => orders?,
        };
        match find(want, &orders, &self.store.placed_orders().await?) {
            Found::Ours(order) => {
                tracing::info!(want = want.id, order, "the lost order was found");
                self.store.want_is_placed(want.id, &order).await?;
                Ok(Next::Now)
            }
            Found::Nobody => {
                self.back_to_wanted(want, "the order did not reach the station").await?;
                Ok(Next::Now)
            }
            Found::Perhaps(orders) => {
                let why = format!(
                    "it is not known whether order {} is the one of this want: look in the station's cabinet",
                    orders.join(" or ")
                );
                note_trouble(&self.store, want, &why).await?;
                Ok(Next::After(self.settings.search_every))
            }
        }
    }

    async fn fetch(&mut self, want: &Want, order: &str) -> Result<Next, StepError> {
        let buffers = self.client.order_status(of(want, order)).await?;
        let Some(buffer) = buffers.into_iter().find(|b| b.gtin == want.gtin.as_str()) else {
            let why = format!("the station knows no codes of {} in order {order}", want.gtin);
            note_trouble(&self.store, want, &why).await?;
            return Ok(Next::Later);
        };
        self.note_expiry(want, &buffer).await?;
        match buffer.status {
            BufferStatus::Pending | BufferStatus::Unknown => Ok(Next::Later),
            BufferStatus::Active => self.take(want, order, &buffer).await,
            BufferStatus::Exhausted | BufferStatus::Closed => {
                self.finish(want, order, buffer.status).await
            }
            BufferStatus::Rejected => {
                let why = buffer.rejection_reason.unwrap_or_else(|| "no reason given".to_owned());
                tracing::warn!(want = want.id, why, "codes will not come");
                self.store.want_has_failed(want.id, &why).await?;
                Ok(Next::Now)
            }
        }
    }

    async fn note_expiry(&self, want: &Want, buffer: &Buffer) -> Result<(), StoreError> {
        let gives = matches!(buffer.status, BufferStatus::Active | BufferStatus::Exhausted);
        let dies = dies_at(buffer.expired_date, want.group, want.made_at, Micros::now());
        match dies {
            Some(at) if gives && want.expires_at != Some(at) => {
                self.store.want_expires(want.id, at).await
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Takes the next block; closes the order when all are here.
    async fn take(&mut self, want: &Want, order: &str, buffer: &Buffer) -> Result<Next, StepError> {
        if !self.reconciled.contains(&want.id) && !Planted::BlocksUncompared.is_in() {
            self.reconcile(want, order).await?;
        }
        let left = self.left(want).await?;
        if left == 0 {
            return self.finish(want, order, buffer.status).await;
        }
        let most = self.settings.block.min(self.client.limits().codes_in_a_call);
        let ask = part(left, most, buffer.available_codes);
        if ask == 0 {
            return Ok(Next::Later);
        }
        // Whatever happens next, the last code is only taken when the others are proven to be here.
        self.reconciled.remove(&want.id);
        let last = self.store.last_block_of(want.id).await?;
        self.store.want_asks(want.id, ask).await?;
        let block = self.client.codes(of(want, order), ask, last.as_deref()).await?;
        let stored = self.keep_block(want, &block.block_id, &block).await?;
        if left.saturating_sub(count(&block)) > 1 {
            self.reconciled.insert(want.id);
        }
        let came = !block.codes.is_empty() && stored != BlockStored::Repeated;
        Ok(if came { Next::Now } else { Next::Later })
    }

    /// Fetches again every block that the station lists and that is not here.
    async fn reconcile(&mut self, want: &Want, order: &str) -> Result<(), StepError> {
        let here = self.store.blocks_of(want.id).await?;
        let mut complete = true;
        let at_most = if Planted::FirstBlockOnly.is_in() { 1 } else { usize::MAX };
        for listed in self.client.blocks(of(want, order)).await?.into_iter().take(at_most) {
            if here.contains_key(&listed.block_id) && !Planted::BlockTwice.is_in() {
                continue;
            }
            match self.client.codes_again(of(want, order), &listed.block_id).await {
                Ok(block) => {
                    tracing::info!(want = want.id, block = listed.block_id, "lost block recovered");
                    let again = if Planted::BlockTwice.is_in() { " again" } else { "" };
                    self.keep_block(want, &(listed.block_id + again), &block).await?;
                }
                Err(error @ OmsError::Refused { .. }) => {
                    // Taken by somebody else, such as a person in the station's cabinet.
                    complete = false;
                    let id = &listed.block_id;
                    let why = format!("block {id} cannot be had: {error}");
                    note_trouble(&self.store, want, &why).await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        if want.asked.is_some() && complete {
            self.store.want_lacks_nothing(want.id).await?;
        }
        self.reconciled.insert(want.id);
        Ok(())
    }

    /// Stores a block under the name that the station lists. Should it come under another name,
    /// that name is known too from now on.
    async fn keep_block(
        &self,
        want: &Want,
        listed_as: &str,
        block: &CodeBlock,
    ) -> Result<BlockStored, StepError> {
        let stored = self.store_in_parts(want, listed_as, block).await?;
        if block.block_id != listed_as {
            let (id, taken, aside): (_, &[_], &[_]) = (&block.block_id, &[], &[]);
            self.store.store_block(NewBlock { want, id, quantity: 0, taken, aside }).await?;
        }
        match stored {
            BlockStored::New { taken, set_aside: 0 } => {
                tracing::info!(want = want.id, block = listed_as, taken, "codes stored");
            }
            BlockStored::New { taken, set_aside } => {
                tracing::warn!(
                    want = want.id,
                    block = listed_as,
                    taken,
                    set_aside,
                    "codes set aside"
                );
            }
            BlockStored::Repeated => {
                tracing::warn!(want = want.id, block = listed_as, "the same block again");
            }
        }
        Ok(stored)
    }

    async fn store_in_parts(
        &self,
        want: &Want,
        id: &str,
        block: &CodeBlock,
    ) -> Result<BlockStored, StoreError> {
        let quantity = count(block);
        let ordered = Ordered { gtin: want.gtin, group: want.group, template: want.template };
        let mut sieve = Sieve::new(ordered, block.codes.len());
        let mut codes = block.codes.iter();
        let (mut all_taken, mut all_aside) = (0, 0);
        loop {
            let (taken, mut aside) = sieve.sift(codes.by_ref().take(STORED_AT_ONCE));
            let taken = self.matched(want, taken, &mut aside).await?;
            let through = u32::try_from(sieve.seen()).unwrap_or(u32::MAX);
            let part = NewBlock { want, id, quantity, taken: &taken, aside: &aside };
            match self.store.store_block_part(part, through).await? {
                BlockStored::Repeated => return Ok(BlockStored::Repeated),
                BlockStored::New { taken, set_aside } => {
                    all_taken += taken;
                    all_aside += set_aside;
                }
            }
            if through >= quantity {
                return Ok(BlockStored::New { taken: all_taken, set_aside: all_aside });
            }
        }
    }

    /// All codes are here, or the station gives no more.
    async fn finish(
        &mut self,
        want: &Want,
        order: &str,
        status: BufferStatus,
    ) -> Result<Next, StepError> {
        if self.left(want).await? > 0 {
            self.reconcile_a_closed_one(want, order).await?;
        }
        if status != BufferStatus::Closed {
            self.close(want, order).await?;
        }
        let left = self.left(want).await?;
        let aside = self.set_aside(want).await?;
        let asked = self.store.want(want.id).await?.and_then(|want| want.asked);
        let lost = asked.filter(|_| left > 0).map_or_else(String::new, |asked| {
            format!("; the answer to a call for {asked} of them was lost on the way")
        });
        let problem = match (left, aside) {
            (0, 0) => None,
            (_, _) if Planted::LossUntold.is_in() => None,
            (0, aside) => Some(format!("{aside} codes were set aside")),
            (left, aside) => Some(format!(
                "the station closed the order, {left} codes never came{lost}; {aside} were set aside"
            )),
        };
        tracing::info!(want = want.id, problem, "codes are here");
        self.store.want_is_done(want.id, problem.as_deref()).await?;
        Ok(Next::Now)
    }

    /// The station may not list the blocks of a closed order; then nothing more can be had.
    async fn reconcile_a_closed_one(&mut self, want: &Want, order: &str) -> Result<(), StepError> {
        match self.reconcile(want, order).await {
            Err(StepError::Oms(error @ OmsError::Refused { .. })) => {
                tracing::warn!(want = want.id, %error, "the blocks of the order are not listed");
                Ok(())
            }
            reconciled => reconciled,
        }
    }

    /// Closing a sub-order that closed itself with its last code is refused: that is fine.
    async fn close(&self, want: &Want, order: &str) -> Result<(), StepError> {
        let last = self.store.last_block_of(want.id).await?;
        match self.client.close(of(want, order), last.as_deref()).await {
            Err(error @ OmsError::Refused { .. }) => {
                tracing::debug!(want = want.id, %error, "order was closed already");
                Ok(())
            }
            closed => Ok(closed?),
        }
    }

    /// Codes that did not come yet.
    async fn left(&self, want: &Want) -> Result<u32, StoreError> {
        let came = self.store.blocks_of(want.id).await?;
        Ok(want.quantity.saturating_sub(came.values().sum()))
    }

    async fn set_aside(&self, want: &Want) -> Result<u32, StoreError> {
        let came: u32 = self.store.blocks_of(want.id).await?.values().sum();
        let taken = self.store.want(want.id).await?.map_or(0, |want| want.taken);
        Ok(came.saturating_sub(taken))
    }
}

fn of<'a>(want: &Want, order: &'a str) -> SubOrder<'a> {
    SubOrder { group: want.group, order, gtin: want.gtin }
}

fn count(block: &CodeBlock) -> u32 {
    u32::try_from(block.codes.len()).unwrap_or(u32::MAX)
}

/// How many codes to take next: as many as fit a block, but the last one alone.
fn part(left: u32, block: u32, available: i64) -> u32 {
    let available = u32::try_from(available.max(0)).unwrap_or(u32::MAX);
    let alone = left > 1 && !Planted::LastWithOthers.is_in();
    let but_the_last = if alone { left - 1 } else { left };
    but_the_last.min(block.max(1)).min(available)
}

#[cfg(test)]
mod tests {
    use super::part;

    #[test]
    fn the_last_code_is_taken_alone() {
        let (mut left, mut parts) = (25, Vec::new());
        while left > 0 {
            let next = part(left, 10, i64::from(left));
            parts.push(next);
            left -= next;
        }
        assert_eq!(parts, [10, 10, 4, 1]);
        assert_eq!(part(1, 10, 1), 1);
    }

    #[test]
    fn no_more_is_asked_than_there_is() {
        assert_eq!(part(25, 10, 3), 3);
        assert_eq!(part(25, 10, 0), 0);
        assert_eq!(part(25, 10, -1), 0);
    }
}
