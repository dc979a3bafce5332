//! Which fates are told how, by product group (pure, dated data).
use crate::code::ProductGroup;
use crate::store::Telling;

/// How a fate is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// By a report to the station.
    Station,
    /// The station told it itself when it gave the codes out: a report would be a second one.
    Automatic,
    /// By a document of True API: the station has no report for it.
    WriteOff,
}

/// How the groups of a country are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Duties {
    /// Groups whose application the station tells by itself.
    automatic: &'static [&'static str],
    /// Groups that have a report of spoiled codes; nothing = all.
    dropout: Option<&'static [&'static str]>,
}

impl Duties {
    /// Russia (manual, p. 220 and p. 172).
    pub const RUSSIA: Self = Self {
        automatic: &["lp", "shoes", "perfumery", "tires", "electronics"],
        dropout: Some(&["tobacco", "milk", "water", "beer", "ncp", "bio", "antiseptic", "otp"]),
    };
    /// Kazakhstan (interface description of 2023: the other groups have no such paths).
    pub const KAZAKHSTAN: Self =
        Self { automatic: &["lp", "shoes"], dropout: Some(&["milk", "pharma", "tobacco"]) };
    /// Where nothing else is known, every fate is told to the station.
    pub const EVERYTHING: Self = Self { automatic: &[], dropout: None };

    /// By the country's letters, as in the configuration.
    pub fn of_country(letters: &str) -> Self {
        match letters {
            "RU" => Self::RUSSIA,
            "KZ" => Self::KAZAKHSTAN,
            _ => Self::EVERYTHING,
        }
    }

    /// How this fate of codes of this group is told.
    pub fn way(&self, group: ProductGroup, telling: Telling) -> Way {
        let is_in = |groups: &[&str]| groups.contains(&group.alias());
        match telling {
            Telling::Applied if is_in(self.automatic) => Way::Automatic,
            Telling::Applied => Way::Station,
            Telling::Spoiled | Telling::Sampled if self.dropout.is_none_or(is_in) => Way::Station,
            Telling::Spoiled | Telling::Sampled => Way::WriteOff,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn footwear_is_told_by_the_station_itself_and_written_off_by_a_document() {
        let way = |group, telling| Duties::RUSSIA.way(group, telling);
        assert_eq!(way(ProductGroup::SHOES, Telling::Applied), Way::Automatic);
        assert_eq!(way(ProductGroup::SHOES, Telling::Spoiled), Way::WriteOff);
        assert_eq!(way(ProductGroup::MILK, Telling::Applied), Way::Station);
        assert_eq!(way(ProductGroup::MILK, Telling::Sampled), Way::Station);
        let uz = Duties::of_country("UZ");
        assert_eq!(uz.way(ProductGroup::WATER, Telling::Spoiled), Way::Station);
    }
}
