//! Serial numbers that we make ourselves, where the configuration says so: they are written down before
//! the order is placed, go along with it again after every doubt, and the codes that come are held
//! against them.
use super::Puller;
use crate::code::{
    ArrayLine, Country, Gtin, ProductGroup, Refusal, SerialProblem, SetAside, as_issued,
    own_serials,
};
use crate::store::{StoreError, Want};
use crate::telemetry::clock;
use std::collections::{BTreeMap, HashSet};

/// Who makes the serial numbers of an order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Serials {
    /// We do, where nothing else is said; otherwise the station.
    pub own: bool,
    /// What holds for product groups.
    pub of_groups: BTreeMap<ProductGroup, bool>,
    /// What holds for trade items; stronger than what holds for their groups.
    pub of_items: BTreeMap<Gtin, bool>,
    /// Whose digit the operator puts in front.
    pub country: Option<Country>,
}

impl Serials {
    /// Whether we make those of this trade item.
    pub fn are_own(&self, gtin: Gtin, group: ProductGroup) -> bool {
        let said = self.of_items.get(&gtin).or_else(|| self.of_groups.get(&group));
        said.copied().unwrap_or(self.own)
    }

    /// Whether we make any.
    pub fn are_used(&self) -> bool {
        self.own || self.of_groups.values().chain(self.of_items.values()).any(|own| *own)
    }
}

impl Puller {
    /// The serial numbers that an order names; none where the station makes them. They are in the
    /// store now. An error says why there can be no such order. For products that came back the
    /// station makes them: the card of the goods may be another's.
    pub(super) async fn serials_for(
        &self,
        want: &Want,
        came_back: bool,
    ) -> Result<Result<Vec<String>, String>, StoreError> {
        let rule = &self.settings.serials;
        let given = self.store.serials_of(want.id).await?;
        let by_us = !came_back && rule.are_own(want.gtin, want.group);
        if given.is_empty() && !by_us {
            return Ok(Ok(Vec::new()));
        }
        let day = clock::today();
        let Some(form) = want.group.form_on(day) else {
            return Ok(Err(SerialProblem::NoForm(want.group, day).to_string()));
        };
        let (length, most) = (form.own_serial_len(), form.own_serials_max());
        let added = form.serial_len - length;
        let country = match rule.country {
            None if added > 0 => {
                return Ok(Err("nobody said whose digit the operator puts in front".to_owned()));
            }
            country => country.unwrap_or(Country::Russia),
        };
        let mut have = given.len() as u64;
        while have < u64::from(want.quantity) {
            let lacking = u64::from(want.quantity) - have;
            let wanted = self.store.serials_given(want.gtin).await? + lacking;
            if wanted > most {
                return Ok(Err(SerialProblem::TooMany { wanted, length, most }.to_string()));
            }
            let count = usize::try_from(lacking).unwrap_or(usize::MAX);
            let made = own_serials(want.group, day, count, &mut HashSet::new(), &mut chance);
            let made = match made {
                Ok(made) => made,
                Err(problem) => return Ok(Err(problem.to_string())),
            };
            let issued: Vec<_> = made.iter().map(|own| as_issued(form, country, own)).collect();
            have = self.store.give_serials(want.id, want.gtin, &issued).await?;
        }
        let given = self.store.serials_of(want.id).await?;
        Ok(Ok(given.iter().map(|issued| issued.chars().skip(added).collect()).collect()))
    }

    /// Sets aside what has another serial number than those that we made for this want.
    pub(super) async fn matched(
        &self,
        want: &Want,
        taken: Vec<ArrayLine>,
        aside: &mut Vec<SetAside>,
    ) -> Result<Vec<ArrayLine>, StoreError> {
        let serials: Vec<&str> = taken.iter().map(|code| code.serial.as_str()).collect();
        let strange = self.store.strange_serials(want.id, want.gtin, &serials).await?;
        if strange.is_empty() {
            return Ok(taken);
        }
        let (other, ours): (Vec<_>, Vec<_>) =
            taken.into_iter().partition(|code| strange.contains(&code.serial));
        let why = "its serial number is none of those that the order named";
        let line = |code: ArrayLine| SetAside {
            line: code.line,
            refusal: Refusal::Unreadable(why.to_owned()),
        };
        aside.extend(other.into_iter().map(line));
        Ok(ours)
    }
}

/// Bits of the operating system that nobody can foresee; the two highest are always the same, and
/// are not used.
fn chance() -> u64 {
    uuid::Uuid::new_v4().as_u64_pair().1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_a_trade_item_is_stronger_than_of_its_group_and_of_all() {
        let [one, other]: [Gtin; 2] =
            ["04810093011694", "04600000000008"].map(|gtin| gtin.parse().unwrap());
        let serials = Serials {
            own: false,
            of_groups: [(ProductGroup::SHOES, true)].into(),
            of_items: [(one, false)].into(),
            country: Some(Country::Russia),
        };
        assert!(serials.are_used());
        assert!(!serials.are_own(one, ProductGroup::SHOES));
        assert!(serials.are_own(other, ProductGroup::SHOES));
        assert!(!serials.are_own(other, ProductGroup::MILK));
        assert!(!Serials::default().are_used());
    }
}
