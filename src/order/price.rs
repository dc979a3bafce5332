//! What labels cost. Whole kopecks, because money is counted and not measured.
use std::fmt;

/// An amount of money: hundredths of a Russian rouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kopecks(pub i64);

impl fmt::Display for Kopecks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let whole = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:02} RUB", whole / 100, whole % 100)
    }
}

/// What the centre asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PriceList {
    /// One code with its label.
    pub per_code: Kopecks,
    /// The least that an order costs.
    pub minimum: Kopecks,
}

impl Default for PriceList {
    /// 0.50 RUB a code (the price of a code at the Russian operator: Government Decree 577 of
    /// 2019-05-08), and no minimum.
    fn default() -> Self {
        Self { per_code: Kopecks(50), minimum: Kopecks(0) }
    }
}

impl PriceList {
    /// What an order of this many labels costs.
    pub fn price(&self, quantity: u32) -> Kopecks {
        Kopecks(self.per_code.0.saturating_mul(i64::from(quantity)).max(self.minimum.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_cost_by_the_piece_but_not_less_than_the_minimum() {
        let list = PriceList { per_code: Kopecks(50), minimum: Kopecks(1_000) };
        assert_eq!(list.price(500), Kopecks(25_000));
        assert_eq!(list.price(3), Kopecks(1_000));
    }

    #[test]
    fn money_is_written_with_two_places() {
        assert_eq!(Kopecks(25_005).to_string(), "250.05 RUB");
        assert_eq!(Kopecks(7).to_string(), "0.07 RUB");
        assert_eq!(Kopecks(-150).to_string(), "-1.50 RUB");
    }
}
