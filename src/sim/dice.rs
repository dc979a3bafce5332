//! Chance that can be repeated: one small seeded generator for everything that the fakes leave to luck.

/// A stream of chance. The same seed gives the same stream (splitmix64: S. Vigna, public domain).
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// Starts the stream of this seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A stream of its own for one purpose, so that using one does not shift the others.
    pub fn of(seed: u64, purpose: u64) -> Self {
        Self(Self(seed ^ purpose.wrapping_mul(0xA24B_AED4_963E_E407)).bits())
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From 0 to just under 1.
    pub fn unit(&mut self) -> f64 {
        let high = u32::try_from(self.bits() >> 32).unwrap_or_default();
        f64::from(high) / (f64::from(u32::MAX) + 1.0)
    }

    /// From `-reach` to `reach`.
    pub fn swing(&mut self, reach: f64) -> f64 {
        (self.unit() * 2.0 - 1.0) * reach
    }

    /// True with this probability; 1 is always. 0 is never, and takes nothing from the stream: how
    /// often somebody asks for what cannot happen changes no luck.
    pub fn chance(&mut self, probability: f64) -> bool {
        probability > 0.0 && self.unit() < probability
    }

    /// From 0 to `sides - 1`; 0 for none.
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.bits() % sides.max(1)
    }

    /// A place in a list of this length; 0 for an empty one.
    pub fn below(&mut self, length: usize) -> usize {
        let place = self.roll(u64::try_from(length).unwrap_or(u64::MAX));
        usize::try_from(place).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_luck_and_another_seed_another() {
        let roll = |seed| (0..8).scan(Dice::new(seed), |d, _| Some(d.bits())).collect::<Vec<_>>();
        assert_eq!(roll(7), roll(7));
        assert_ne!(roll(7), roll(8));
    }

    #[test]
    fn one_in_ten_is_about_one_in_ten() {
        let mut dice = Dice::of(1, 2);
        let hits = (0..10_000).filter(|_| dice.chance(0.1)).count();
        assert!((900..1_100).contains(&hits), "{hits}");
    }

    #[test]
    fn never_is_never_and_always_is_always() {
        let mut dice = Dice::new(3);
        assert!((0..1_000).all(|_| !dice.chance(0.0) && dice.chance(1.0)));
    }
}
