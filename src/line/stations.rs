//! How far the stations of a belt stand from each other, and what follows from it (pure).
use std::time::Duration;

/// Where the stations are: the time at the belt's full speed from the infeed eye. A belt that stands
/// or crawls gives more time, never less.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stations {
    /// Where a label goes onto a product.
    pub applicator: Duration,
    /// Where the camera is triggered.
    pub camera: Duration,
    /// The eye of the gate.
    pub gate: Duration,
    /// The eye of the bin.
    pub bin_eye: Duration,
    /// From the front of one product to the front of the next, at least.
    pub apart: Duration,
}

/// The time that a verdict takes once the picture was read: the record becomes durable, the pass is
/// written (`docs/performance.md`, with room).
const VERDICT: Duration = Duration::from_millis(50);

impl Stations {
    /// Whether they stand in the order in which a product comes by, and products are apart at all.
    pub fn are_in_order(&self) -> bool {
        let all = [Duration::ZERO, self.applicator, self.camera, self.gate, self.bin_eye];
        all.is_sorted_by(|one, next| one < next) && self.apart > Duration::ZERO
    }

    /// So many products may be between the infeed and the bin's eye: twice as many as stand there
    /// in good order, because touching ones stand closer.
    pub fn on_belt_max(&self) -> usize {
        2 * products(self.bin_eye, self.apart) + 1
    }

    /// So many products may pass the gate while one that was pushed out is still falling.
    pub fn passes_before_bin_eye_max(&self) -> u32 {
        u32::try_from(products(self.bin_eye.saturating_sub(self.gate), self.apart))
            .unwrap_or(u32::MAX)
    }

    /// How long a picture and its reading may take, so that a pass is at the gate before its
    /// product: two cycles of the PLC and the verdict are taken off the way. `held` is how long a
    /// pass is held back after the picture, for a camera that only counts.
    pub fn picture_within(&self, cycle: Duration, held: Duration) -> Duration {
        let way = self.gate.saturating_sub(self.camera);
        way.saturating_sub(2 * cycle).saturating_sub(VERDICT).saturating_sub(held)
    }
}

/// Products that stand on a way, rounded up.
fn products(way: Duration, apart: Duration) -> usize {
    let apart = apart.as_nanos().max(1);
    usize::try_from(way.as_nanos().div_ceil(apart)).unwrap_or(usize::MAX / 4)
}

#[cfg(test)]
mod tests {
    use super::*;
    const MS: Duration = Duration::from_millis(1);

    fn stations() -> Stations {
        Stations {
            applicator: 300 * MS,
            camera: 500 * MS,
            gate: 900 * MS,
            bin_eye: 1000 * MS,
            apart: 100 * MS,
        }
    }

    #[test]
    fn distances_say_how_many_products_are_where_and_how_long_a_picture_may_take() {
        let stations = stations();
        assert!(stations.are_in_order());
        assert_eq!(stations.on_belt_max(), 21);
        assert_eq!(stations.passes_before_bin_eye_max(), 1);
        assert_eq!(stations.picture_within(20 * MS, Duration::ZERO), 310 * MS);
        assert_eq!(stations.picture_within(20 * MS, 100 * MS), 210 * MS);
    }

    #[test]
    fn stations_out_of_order_are_noticed() {
        assert!(!Stations { gate: 400 * MS, ..stations() }.are_in_order());
        assert!(!Stations { bin_eye: 900 * MS, ..stations() }.are_in_order());
        assert!(!Stations { apart: Duration::ZERO, ..stations() }.are_in_order());
    }
}
