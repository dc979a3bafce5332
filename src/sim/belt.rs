//! The conveyor: products enter, pass stations at known distances, and leave. Pure, stepped with time.
use super::PrintedLabel;
use super::dice::Dice;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// How the conveyor is built.
#[derive(Debug, Clone, PartialEq)]
pub struct BeltSettings {
    /// Products a minute while the infeed is open.
    pub products_per_minute: f64,
    /// A gap differs from the mean one by at most this share.
    pub jitter_share: f64,
    /// From the infeed eye to the applicator, in mm.
    pub applicator_mm: f64,
    /// From the infeed eye to the camera, in mm.
    pub camera_mm: f64,
    /// From the infeed eye to the reject gate, in mm.
    pub gate_mm: f64,
    /// From the infeed eye to the eye of the bin, in mm.
    pub bin_eye_mm: f64,
    /// From the middle of one product to the next where the belt is full, in mm.
    pub pitch_mm: f64,
}

/// From the middle of one product to the next where they touch: their length.
const TOUCHING_MM: f64 = 40.0;

impl Default for BeltSettings {
    /// A line for cups: 600 a minute, a metre a second, nine products between eye and gate.
    fn default() -> Self {
        Self {
            products_per_minute: 600.0,
            jitter_share: 0.1,
            applicator_mm: 300.0,
            camera_mm: 500.0,
            gate_mm: 900.0,
            bin_eye_mm: 1000.0,
            pitch_mm: 100.0,
        }
    }
}

impl BeltSettings {
    /// The speed of the belt: so fast that products stand a pitch apart, but never slower than
    /// 150 mm/s, as slow lines run with wider gaps rather than at a crawl.
    pub fn speed_mm_s(&self) -> f64 {
        (self.products_per_minute / 60.0 * self.pitch_mm).max(150.0)
    }

    fn gap_mm(&self, dice: &mut Dice) -> f64 {
        let mean = self.speed_mm_s() * 60.0 / self.products_per_minute.max(0.01);
        mean * (1.0 + dice.swing(self.jitter_share))
    }
}

/// Where a product just came by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Station {
    /// The infeed eye: a new product.
    Infeed,
    /// The applicator.
    Applicator,
    /// The camera's trigger.
    Camera,
    /// The reject gate.
    Gate,
    /// The eye of the bin: a product that the gate pushed out.
    BinEye,
}

/// A thing on the belt.
#[derive(Debug, Clone)]
pub struct Product {
    /// Counted from one over the life of the plant.
    pub number: u64,
    /// The tag by which the PLC knows it; none after the PLC forgot.
    pub tag: Option<u32>,
    /// Its label.
    pub label: Option<Arc<PrintedLabel>>,
    /// It touches the one before it.
    pub touches: bool,
    /// The gate pushed it out although it was to let it pass.
    pub falsely: bool,
    at_mm: f64,
    pushed_out: bool,
}

/// The conveyor.
#[derive(Debug)]
pub struct Belt {
    settings: BeltSettings,
    dice: Dice,
    entered: u64,
    /// Way until the next product reaches the eye, in mm.
    next_mm: f64,
    /// How likely the next one comes so close that it touches, and whether it does.
    pub touching_chance: f64,
    touches: bool,
    /// The one that is furthest comes first.
    products: VecDeque<Product>,
}

impl Belt {
    /// An empty belt.
    pub fn new(settings: BeltSettings, dice: Dice) -> Self {
        Self {
            settings,
            dice,
            entered: 0,
            next_mm: 0.0,
            touching_chance: 0.0,
            touches: false,
            products: VecDeque::new(),
        }
    }

    /// Lets time pass. A product between the gate and the bin falls whether the belt runs or not.
    /// Returns who came by where; the step must be shorter than the way between two stations.
    pub fn step(&mut self, time: Duration, runs: bool, infeed_open: bool) -> Vec<(Station, u64)> {
        let way = self.settings.speed_mm_s() * time.as_secs_f64();
        let mut passed = Vec::new();
        let standing = [
            (Station::Applicator, self.settings.applicator_mm),
            (Station::Camera, self.settings.camera_mm),
            (Station::Gate, self.settings.gate_mm),
        ];
        let falling = [(Station::BinEye, self.settings.bin_eye_mm)];
        for product in self.products.iter_mut().filter(|p| runs || p.pushed_out) {
            let from = product.at_mm;
            product.at_mm += way;
            let ahead = if product.pushed_out { &falling[..] } else { &standing[..] };
            let came_by = |(_, at): &&(Station, f64)| from < *at && *at <= product.at_mm;
            passed.extend(ahead.iter().filter(came_by).map(|(at, _)| (*at, product.number)));
        }
        if runs {
            self.feed(way, infeed_open, &mut passed);
        }
        passed
    }

    /// The product with this number, if it is here.
    pub fn product(&mut self, number: u64) -> Option<&mut Product> {
        self.products.iter_mut().find(|product| product.number == number)
    }

    /// Every product, the furthest first.
    pub fn products(&mut self) -> impl DoubleEndedIterator<Item = &mut Product> {
        self.products.iter_mut()
    }

    /// The gate pushes it: from now on it falls towards the bin.
    pub fn push_out(&mut self, number: u64) {
        if let Some(product) = self.product(number) {
            product.pushed_out = true;
        }
    }

    /// It is gone from the belt.
    pub fn remove(&mut self, number: u64) {
        self.products.retain(|product| product.number != number);
    }

    /// The product before the camera, if one stands there.
    pub fn before_camera(&self) -> Option<&Product> {
        let in_view = |p: &&Product| (p.at_mm - self.settings.camera_mm).abs() <= TOUCHING_MM;
        self.products.iter().filter(|product| !product.pushed_out).find(in_view)
    }

    /// The last product that is still before the gate and already past the camera, or else the
    /// furthest one: the one that a hand would reach.
    pub fn within_reach(&self) -> Option<&Product> {
        let standing = || self.products.iter().filter(|product| !product.pushed_out);
        let past_camera = |p: &&Product| p.at_mm >= self.settings.camera_mm;
        standing().rfind(past_camera).or_else(|| standing().next())
    }

    fn feed(&mut self, way: f64, infeed_open: bool, passed: &mut Vec<(Station, u64)>) {
        self.next_mm -= way;
        if !infeed_open {
            // The next product waits at the closed infeed.
            self.next_mm = self.next_mm.max(0.0);
        }
        while infeed_open && self.next_mm <= 0.0 {
            self.entered += 1;
            let (number, at_mm) = (self.entered, -self.next_mm);
            let touches = std::mem::take(&mut self.touches);
            self.products.push_back(Product {
                number,
                tag: None,
                label: None,
                touches,
                falsely: false,
                at_mm,
                pushed_out: false,
            });
            passed.push((Station::Infeed, number));
            // No dice is thrown for what never happens: worlds of one seed stay what they were.
            self.touches = self.touching_chance > 0.0 && self.dice.chance(self.touching_chance);
            let gap = self.settings.gap_mm(&mut self.dice);
            self.next_mm += if self.touches { TOUCHING_MM } else { gap };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCAN: Duration = Duration::from_millis(5);

    fn belt(products_per_minute: f64) -> Belt {
        let settings = BeltSettings { products_per_minute, ..BeltSettings::default() };
        Belt::new(settings, Dice::new(1))
    }

    fn run(belt: &mut Belt, seconds: u32, infeed: bool) -> Vec<(Station, u64)> {
        (0..seconds * 200).flat_map(|_| belt.step(SCAN, true, infeed)).collect()
    }

    fn count(passed: &[(Station, u64)], station: Station) -> usize {
        passed.iter().filter(|(at, _)| *at == station).count()
    }

    #[test]
    fn six_hundred_a_minute_are_six_hundred_a_minute() {
        let passed = run(&mut belt(600.0), 60, true);
        assert!((590..=612).contains(&count(&passed, Station::Infeed)));
    }

    #[test]
    fn a_belt_at_six_hundred_a_minute_holds_four_to_fifteen_products_before_the_gate() {
        let mut belt = belt(600.0);
        let passed = run(&mut belt, 30, true);
        let held = count(&passed, Station::Infeed) - count(&passed, Station::Gate);
        assert!((4..=15).contains(&held), "{held}");
    }

    #[test]
    fn every_product_comes_by_every_station_once_and_in_order() {
        let mut belt = belt(600.0);
        let mut passed = run(&mut belt, 10, true);
        passed.extend(run(&mut belt, 3, false));
        let way = [Station::Infeed, Station::Applicator, Station::Camera, Station::Gate];
        for number in 1..=90 {
            let seen: Vec<_> = passed.iter().filter(|(_, n)| *n == number).map(|p| p.0).collect();
            assert_eq!(seen, way, "{number}");
        }
        assert_eq!(count(&passed, Station::Infeed), count(&passed, Station::Gate));
    }

    #[test]
    fn nothing_moves_on_a_belt_that_stands_but_what_falls_goes_on_falling() {
        let mut belt = belt(600.0);
        let passed = run(&mut belt, 2, true);
        let last = passed.iter().rfind(|(at, _)| *at == Station::Gate).unwrap().1;
        belt.push_out(last);
        let still: Vec<_> = (0..400).flat_map(|_| belt.step(SCAN, false, true)).collect();
        assert_eq!(still, [(Station::BinEye, last)]);
    }

    #[test]
    fn a_slow_line_does_not_crawl() {
        let slow = BeltSettings { products_per_minute: 12.0, ..BeltSettings::default() };
        assert!(slow.speed_mm_s() >= 150.0);
    }
}
