//! Codes in, from Electronic Mark: a want becomes orders of a thousand codes, placed in groups.
//!
//! Nothing is lost by asking for an array again, so that there is only one call that must not be
//! repeated blindly: the placing. It is written down before; every order carries a name of ours, and
//! where an answer was lost the orders are looked for by these names.
use super::sift::{Ordered, Sieve};
use super::step::Next;
use super::{Settings, StepError, note_step, note_trouble, refill, rest_after};
use crate::code::Gtin;
use crate::store::{MarkPart, NewBlock, PartState, Store, StoreError, Want, WantState};
use crate::upstream::electronic_mark::{ElectronicMark, KnownOrder, MarkOrder, OrderStands, Terms};
use crate::upstream::{Agenda, OmsError, Planted};
use std::collections::{BTreeMap, HashSet};
use tokio_util::sync::CancellationToken;

/// Codes that are wanted at once: a hundred and fifty orders.
const WANT_MAX: u32 = 150_000;
/// Pages of the list of orders that are looked at for a lost one: the newest come first.
const PAGES_MAX: u32 = 20;

/// Keeps pulling codes until it is told to stop.
pub async fn keep(
    settings: Settings,
    store: Store,
    client: ElectronicMark,
    stop: CancellationToken,
) {
    let look_every = settings.look_every;
    let mut puller = Puller::new(settings, store, client);
    while !stop.is_cancelled() {
        let looked = puller.look(&stop).await;
        rest_after(looked, look_every, &stop).await;
    }
}

struct Puller {
    settings: Settings,
    store: Store,
    client: ElectronicMark,
    agenda: Agenda,
    /// Trade items that were taken over from the catalogue since the start.
    in_catalogue: HashSet<Gtin>,
}

impl Puller {
    fn new(settings: Settings, store: Store, client: ElectronicMark) -> Self {
        let agenda = Agenda::new(settings.look_every, settings.look_at_least_every);
        Self { settings, store, client, agenda, in_catalogue: HashSet::new() }
    }

    async fn look(&mut self, stop: &CancellationToken) -> Result<bool, StoreError> {
        refill(&self.settings, &self.store, WANT_MAX).await?;
        let wants = self.store.open_wants().await?;
        self.agenda.keep_only(&wants.iter().map(|want| want.id).collect());
        let mut moved = false;
        for want in &wants {
            if !stop.is_cancelled() && self.agenda.is_due(want.id) {
                moved |= self.take_further(want).await?;
            }
        }
        Ok(moved)
    }

    async fn take_further(&mut self, want: &Want) -> Result<bool, StoreError> {
        let came = self.step(want).await;
        let again_after = |error: &_| self.client.again_after(error);
        note_step(&self.store, &mut self.agenda, want, came, again_after).await
    }

    /// One step of one want: what was lost first, then what can be had, then what is to be ordered.
    async fn step(&mut self, want: &Want) -> Result<Next, StepError> {
        let Some(terms) = self.client.terms(want.group).cloned() else {
            let why = format!(
                "nobody said which kind of codes Electronic Mark has for '{}' (label_types)",
                want.group
            );
            self.store.want_has_failed(want.id, &why).await?;
            return Ok(Next::Now);
        };
        let parts = self.store.mark_parts(want, self.client.dialect().most.order).await?;
        let lost = of(&parts, PartState::Placing);
        if !lost.is_empty() {
            return self.look_for(want, &terms, &lost).await;
        }
        let placed = of(&parts, PartState::Placed);
        let wanted = of(&parts, PartState::Wanted);
        if !wanted.is_empty() {
            return self.place(want, &terms, &wanted).await;
        }
        if !placed.is_empty() {
            return self.fetch(want, &placed).await;
        }
        self.finish(want, &parts).await
    }

    /// Places the next group. It is written down before.
    async fn place(
        &mut self,
        want: &Want,
        terms: &Terms,
        wanted: &[&MarkPart],
    ) -> Result<Next, StepError> {
        self.take_over(want.gtin).await?;
        let group = &wanted[..wanted.len().min(self.client.dialect().most.group.max(1) as usize)];
        let names: Vec<_> = group.iter().map(|part| (part.part, None)).collect();
        if want.state == WantState::Wanted {
            self.store.want_is_placing(want.id).await?;
        }
        if !Planted::GroupUnwritten.is_in() {
            self.store.mark_parts_are(want.id, PartState::Placing, &names, None).await?;
        }
        let orders: BTreeMap<String, MarkOrder> =
            group.iter().map(|part| (key(part), order(want, terms, part))).collect();
        match self.client.place_group(&terms.group, &orders).await {
            Ok(ids) => self.note_placed(want, group, &ids).await,
            Err(error) if error.nothing_happened() => {
                self.not_placed(want, &names, &error).await?;
                let refused = matches!(error, OmsError::Refused { .. });
                Ok(if refused { Next::Now } else { Next::After(self.client.again_after(&error)) })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The system wants to know a trade item before codes of it are ordered. That it knows it
    /// already is no trouble; whether it does, the order will tell.
    async fn take_over(&mut self, gtin: Gtin) -> Result<(), OmsError> {
        if self.in_catalogue.contains(&gtin) {
            return Ok(());
        }
        match self.client.add_by_gtin(gtin).await {
            Ok(_) => {}
            Err(error @ OmsError::Refused { .. }) => {
                tracing::info!(%gtin, %error, "the trade item was not taken over");
            }
            Err(error) => return Err(error),
        }
        self.in_catalogue.insert(gtin);
        Ok(())
    }

    async fn note_placed(
        &self,
        want: &Want,
        group: &[&MarkPart],
        ids: &BTreeMap<String, String>,
    ) -> Result<Next, StepError> {
        let placed: Vec<(u32, Option<&str>)> = group
            .iter()
            .filter_map(|part| Some((part.part, Some(ids.get(&key(part))?.as_str()))))
            .collect();
        self.note_numbers(want, &placed).await?;
        tracing::info!(want = want.id, orders = placed.len(), "codes ordered");
        // An order that the answer does not name is looked for.
        Ok(if placed.len() == group.len() { Next::Later } else { Next::Now })
    }

    /// It is proven that the group was not placed. What was refused is not tried again.
    async fn not_placed(
        &self,
        want: &Want,
        names: &[(u32, Option<&str>)],
        error: &OmsError,
    ) -> Result<(), StoreError> {
        let problem = error.to_string();
        note_trouble(&self.store, want, &problem).await?;
        if matches!(error, OmsError::Refused { .. }) {
            let failed = PartState::Failed;
            self.store.mark_parts_are(want.id, failed, names, Some(&problem)).await
        } else {
            self.store.mark_parts_are(want.id, PartState::Wanted, names, Some(&problem)).await
        }
    }

    /// The answer to a group was lost, or we were switched off before it came.
    async fn look_for(
        &mut self,
        want: &Want,
        terms: &Terms,
        lost: &[&MarkPart],
    ) -> Result<Next, StepError> {
        let youngest = lost.iter().map(|part| part.moved_at).max().unwrap_or(want.moved_at);
        let too_early = self.settings.search_after.saturating_sub(youngest.age());
        if !too_early.is_zero() {
            return Ok(Next::After(too_early));
        }
        let marks: BTreeMap<String, u32> =
            lost.iter().map(|part| (part.mark(want), part.part)).collect();
        let known = self.store.known_mark_orders().await?;
        let looked = match self.orders_called(want, terms.label_type, &marks, &known).await {
            Err(error @ OmsError::Refused { .. }) => {
                let why = format!("it is not known whether codes were ordered: {error}");
                note_trouble(&self.store, want, &why).await?;
                return Ok(Next::After(self.settings.search_every));
            }
            looked => looked?,
        };
        let Looked { found, perhaps } = looked;
        if found.len() < marks.len() && !perhaps.is_empty() {
            let why = format!(
                "it is not known whether order {} is one of this want: look in the cabinet",
                perhaps.join(" or ")
            );
            note_trouble(&self.store, want, &why).await?;
            return Ok(Next::After(self.settings.search_every));
        }
        let placed: Vec<_> = found.iter().map(|(part, id)| (*part, Some(id.as_str()))).collect();
        let names: HashSet<u32> = found.keys().copied().collect();
        let nobody: Vec<_> = lost
            .iter()
            .filter(|part| !names.contains(&part.part))
            .map(|part| (part.part, None))
            .collect();
        tracing::info!(want = want.id, found = placed.len(), lost = nobody.len(), "orders found");
        self.note_numbers(want, &placed).await?;
        let why = Some("the order did not reach Electronic Mark");
        self.store.mark_parts_are(want.id, PartState::Wanted, &nobody, why).await?;
        Ok(Next::Now)
    }

    /// These parts are placed, under these numbers; the first one stands for the want.
    async fn note_numbers(
        &self,
        want: &Want,
        placed: &[(u32, Option<&str>)],
    ) -> Result<(), StoreError> {
        self.store.mark_parts_are(want.id, PartState::Placed, placed, None).await?;
        if let Some((_, Some(first))) = placed.first()
            && want.upstream_id.is_none()
        {
            self.store.want_is_placed(want.id, first).await?;
        }
        Ok(())
    }

    /// The orders that carry these names, and those that carry none and could be ours.
    async fn orders_called(
        &self,
        want: &Want,
        label_type: u32,
        marks: &BTreeMap<String, u32>,
        known: &HashSet<String>,
    ) -> Result<Looked, OmsError> {
        let (mut looked, mut seen) = (Looked::default(), HashSet::new());
        for page in 1..=PAGES_MAX {
            let orders = self.client.orders(label_type, page).await?;
            // A system that knows no pages gives the same list again and again.
            let new: Vec<_> =
                orders.into_iter().filter(|order| seen.insert(order.id.clone())).collect();
            for order in &new {
                match order.comment.as_deref() {
                    Some(mark) => {
                        let part = marks.get(mark).map(|part| (*part, order.id.clone()));
                        looked.found.extend(part);
                    }
                    None if !known.contains(&order.id) && could_be(want, order) => {
                        looked.perhaps.push(order.id.clone());
                    }
                    None => {}
                }
            }
            if new.is_empty() || looked.found.len() == marks.len() {
                break;
            }
        }
        Ok(looked)
    }

    /// Takes the array of the first order that is ready.
    async fn fetch(&mut self, want: &Want, placed: &[&MarkPart]) -> Result<Next, StepError> {
        if want.state != WantState::Fetching {
            self.store.want_is_fetching(want.id).await?;
        }
        let mut moved = false;
        for part in placed {
            let Some(id) = &part.upstream_id else { continue };
            let order = self.client.order(id).await?;
            match self.client.dialect().numbers.order(order.status.code) {
                OrderStands::UnderWay => {
                    let stands = order.status.words();
                    tracing::debug!(want = want.id, order = id, stands, "not ready");
                }
                OrderStands::Ready => moved |= self.take(want, part, &order).await?,
                OrderStands::Refused => {
                    let why = format!("order {id} was refused: {}", order.status.words());
                    note_trouble(&self.store, want, &why).await?;
                    let names = [(part.part, None)];
                    let failed = PartState::Failed;
                    self.store.mark_parts_are(want.id, failed, &names, Some(&why)).await?;
                    moved = true;
                }
            }
        }
        Ok(if moved { Next::Now } else { Next::Later })
    }

    /// Takes one array. It is stored once, under the number of its order: taking it again changes
    /// nothing. One that is not whole is not stored.
    async fn take(
        &self,
        want: &Want,
        part: &MarkPart,
        order: &KnownOrder,
    ) -> Result<bool, StepError> {
        let codes = self.client.array(order).await?;
        let here = codes.len() as u64;
        let said = order.count.and_then(|count| u64::try_from(count).ok());
        if here != u64::from(part.quantity) && said != Some(here) {
            let why = format!(
                "the array of order {} has {here} codes, {} were ordered",
                order.id, part.quantity
            );
            note_trouble(&self.store, want, &why).await?;
            return Ok(false);
        }
        let texts = codes.iter().map(crate::code::CodeText::as_str);
        let ordered = Ordered { gtin: want.gtin, group: want.group, template: None };
        let (taken, aside) = Sieve::new(ordered, codes.len()).sift(texts);
        let id = format!("electronic-mark:{}", order.id);
        let quantity = u32::try_from(here).unwrap_or(u32::MAX);
        let block = NewBlock { want, id: &id, quantity, taken: &taken, aside: &aside };
        let stored = self.store.store_block(block).await?;
        let names = [(part.part, None)];
        self.store.mark_parts_are(want.id, PartState::Here, &names, None).await?;
        tracing::info!(want = want.id, order = order.id, codes = here, ?stored, "array taken");
        Ok(true)
    }

    /// Every order is here or will bring nothing.
    async fn finish(&self, want: &Want, parts: &[MarkPart]) -> Result<Next, StepError> {
        let failed: u32 = of(parts, PartState::Failed).iter().map(|part| part.quantity).sum();
        let why = want.problem.clone().unwrap_or_else(|| "no reason given".to_owned());
        if failed >= want.quantity {
            self.store.want_has_failed(want.id, &why).await?;
            return Ok(Next::Now);
        }
        let came: u32 = self.store.blocks_of(want.id).await?.values().sum();
        let aside = came.saturating_sub(want.taken);
        let problem = match (failed, aside) {
            (0, 0) => None,
            (0, aside) => Some(format!("{aside} codes were set aside")),
            (failed, aside) => {
                Some(format!("{failed} codes never came ({why}); {aside} were set aside"))
            }
        };
        tracing::info!(want = want.id, problem, "codes are here");
        self.store.want_is_done(want.id, problem.as_deref()).await?;
        Ok(Next::Now)
    }
}

/// What the list of orders says of lost ones.
#[derive(Debug, Default)]
struct Looked {
    /// Their numbers, by part.
    found: BTreeMap<u32, String>,
    /// Orders that could be ours, and nobody can tell.
    perhaps: Vec<String>,
}

/// Whether an order without a name can be one of this want. Its time is said without a zone: hours
/// of Minsk are allowed for, and ten minutes between clocks.
fn could_be(want: &Want, order: &KnownOrder) -> bool {
    const APART_MS: i64 = 190 * 60 * 1000;
    let made = order.created_at.as_deref().and_then(|at| {
        let at = jiff::civil::DateTime::strptime("%Y-%m-%d %H:%M:%S", at).ok()?;
        Some(at.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_millisecond())
    });
    let young = made.is_none_or(|at| at >= want.made_at.0 / 1000 - APART_MS);
    young && order.gtin.as_deref().is_none_or(|gtin| gtin == want.gtin.as_str())
}

fn of(parts: &[MarkPart], state: PartState) -> Vec<&MarkPart> {
    parts.iter().filter(|part| part.state == state).collect()
}

/// The key of an order within its group.
fn key(part: &MarkPart) -> String {
    format!("k{}", part.part)
}

fn order(want: &Want, terms: &Terms, part: &MarkPart) -> MarkOrder {
    MarkOrder {
        label_type: terms.label_type,
        count: part.quantity,
        gtin: want.gtin.as_str().to_owned(),
        comment: part.mark(want),
    }
}
