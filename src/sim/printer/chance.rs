//! Seeded chance for the fakes: the same seed gives the same day.

/// A stream of pseudo-random numbers (splitmix64; Steele, Lea, Flood 2014).
#[derive(Debug, Clone)]
pub(in crate::sim) struct Chance(u64);

impl Chance {
    /// A stream that is the same for the same seed.
    pub(in crate::sim) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub(in crate::sim) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number from 0 up to, but without, 1.
    pub(in crate::sim) fn fraction(&mut self) -> f64 {
        let high = u32::try_from(self.next() >> 32).expect("32 bits are left");
        f64::from(high) / (f64::from(u32::MAX) + 1.0)
    }

    /// Whether something of this probability happens now.
    pub(in crate::sim) fn happens(&mut self, probability: f64) -> bool {
        probability > 0.0 && self.fraction() < probability
    }

    /// A number below `bound`.
    pub(in crate::sim) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound.max(1) as u64).expect("below a usize")
    }
}
