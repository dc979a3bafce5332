//! How long codes live that are not applied (pure).
use crate::code::ProductGroup;
use crate::telemetry::clock::Micros;

const DAY: i64 = 24 * 60 * 60 * 1_000_000;

/// Days from the order to the annulment of codes that are not applied, by product group (manual,
/// p. 404–407): ordered by the participant itself, and through a service provider. Groups that are
/// not in the manual's table are not here. Goods whose codes are paid for when they are made live
/// without end; the station says so with the order.
const LIVES: &[(u16, u16, &[&str])] = &[
    (90, 90, &["shoes", "lp", "electronics", "tires", "perfumery"]),
    (
        30,
        365,
        &[
            "milk",
            "antiseptic",
            "water",
            "bio",
            "wheelchairs",
            "seafood",
            "softdrinks",
            "bicycle",
            "petfood",
            "conserve",
            "vegetableoil",
            "vetpharma",
            "radio",
            "grocery",
            "autofluids",
        ],
    ),
    (30, 30, &["tobacco", "otp", "ncp"]),
    (60, 365, &["beer", "nabeer"]),
    (60, 545, &["chemistry"]),
];

/// Days that codes of this group live at least.
pub fn days_of_life(group: ProductGroup, through_provider: bool) -> Option<u16> {
    let row = LIVES.iter().find(|(_, _, groups)| groups.contains(&group.alias()))?;
    Some(if through_provider { row.1 } else { row.0 })
}

/// When the codes of an order die: by the station's word (milliseconds since 1970; 0 = never), or
/// by their group from the order on. A date that is over while the station still gives out codes
/// cannot be meant: one of the clocks is wrong.
pub(super) fn dies_at(
    said: Option<i64>,
    group: ProductGroup,
    ordered: Micros,
    now: Micros,
) -> Option<Micros> {
    match said {
        Some(0) => Some(Micros(0)),
        Some(ms) if ms.saturating_mul(1000) > now.0 => Some(Micros(ms.saturating_mul(1000))),
        Some(_) | None => {
            let days = days_of_life(group, false)?;
            Some(Micros(ordered.0 + i64::from(days) * DAY))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Micros = Micros(1_790_000_000_000_000);

    #[test]
    fn the_station_knows_best() {
        let ms = NOW.0 / 1000 + 5;
        let of = |said| dies_at(said, ProductGroup::MILK, NOW, NOW);
        assert_eq!(of(Some(ms)), Some(Micros(ms * 1000)));
        assert_eq!(of(Some(0)), Some(Micros(0)), "without end");
    }

    #[test]
    fn without_its_word_or_with_an_impossible_one_the_group_decides() {
        for said in [None, Some(NOW.0 / 1000 - 1)] {
            for (group, days) in
                [(ProductGroup::MILK, 30), (ProductGroup::BEER, 60), (ProductGroup::SHOES, 90)]
            {
                let wanted = Micros(NOW.0 + days * DAY);
                assert_eq!(dies_at(said, group, NOW, NOW), Some(wanted), "{group} {said:?}");
            }
        }
        assert_eq!(days_of_life(ProductGroup::MILK, true), Some(365));
    }
}
