//! Threshold, contrast and modulation: how far apart light and dark modules are.
#![expect(
    clippy::cast_precision_loss,
    reason = "a symbol with its quiet zone has some ten thousand modules at most"
)]
use super::conditions::{Edition, Standard};
use super::scale::{self, BEST};

/// Less contrast than this is none: half a grey value of 255.
const NONE: f32 = 0.002;
/// Reflectance that light cells must reach at least (ISO/IEC 29158, from memory).
const MINIMUM: f32 = 0.05;

/// What the reflectances of all modules come to.
pub(super) struct Tones {
    pub(super) brightest: f32,
    pub(super) darkest: f32,
    pub(super) threshold: f32,
    /// Symbol contrast, or cell contrast of ISO/IEC 29158.
    pub(super) contrast: f32,
    pub(super) contrast_grade: u8,
    /// Distance of each module from the threshold, 0 to 1.
    pub(super) modulation: Vec<f32>,
    /// Mean reflectance of light cells and its grade; only ISO/IEC 29158 asks for it.
    pub(super) minimum: Option<(f32, u8)>,
}

impl Tones {
    pub(super) fn of(reflectance: &[f32], standard: Standard, edition: Edition) -> Self {
        let mut sorted = reflectance.to_vec();
        if standard == Standard::Iso29158 {
            sorted.sort_unstable_by(f32::total_cmp);
            return Self::of_mark(reflectance, &sorted, edition);
        }
        Self::of_label(reflectance, sorted, edition)
    }

    /// ISO/IEC 15415, 7.8.3 and 7.8.4. The edition of 2024 takes the ends of the scale from one
    /// module in a hundred instead of the outermost one.
    fn of_label(reflectance: &[f32], mut values: Vec<f32>, edition: Edition) -> Self {
        let count = match edition {
            Edition::Y2011 => 1,
            Edition::Y2024 => (values.len() / 100).max(1),
        };
        let upper = values.len() - count;
        values.select_nth_unstable_by(upper, f32::total_cmp);
        let brightest = mean(&values[upper..]);
        values.select_nth_unstable_by(count - 1, f32::total_cmp);
        let darkest = mean(&values[..count]);
        let contrast = brightest - darkest;
        let threshold = f32::midpoint(brightest, darkest);
        let modulation = |value: &f32| {
            let share = 2.0 * (value - threshold).abs() / contrast;
            if contrast < NONE { 0.0 } else { share.min(1.0) }
        };
        Self {
            brightest,
            darkest,
            threshold,
            contrast,
            contrast_grade: scale::tenths(edition, scale::CONTRAST, contrast),
            modulation: reflectance.iter().map(modulation).collect(),
            minimum: None,
        }
    }

    /// ISO/IEC 29158: the threshold lies where both classes vary least, and each module is measured
    /// against the mean of its class.
    fn of_mark(reflectance: &[f32], sorted: &[f32], edition: Edition) -> Self {
        let (split, dark, light) = classes(sorted);
        let below = sorted[split.saturating_sub(1)];
        let threshold = f32::midpoint(below, sorted[split.min(sorted.len() - 1)]);
        let contrast = if light > NONE { (light - dark) / light } else { 0.0 };
        let modulation = |value: &f32| {
            let span = if *value < threshold { threshold - dark } else { light - threshold };
            let share = (value - threshold).abs() / span;
            if light - dark < NONE || span <= 0.0 { 0.0 } else { share.min(1.0) }
        };
        Self {
            brightest: sorted[sorted.len() - 1],
            darkest: sorted[0],
            threshold,
            contrast,
            contrast_grade: scale::tenths(edition, scale::CELL_CONTRAST, contrast),
            modulation: reflectance.iter().map(modulation).collect(),
            minimum: Some((light, if light >= MINIMUM { BEST } else { 0 })),
        }
    }
}

fn mean(values: &[f32]) -> f32 {
    values.iter().sum::<f32>() / values.len().max(1) as f32
}

/// Parts sorted values in two classes so that the sum of their variances is the least: where the
/// second begins, and the mean of both.
fn classes(sorted: &[f32]) -> (usize, f32, f32) {
    let count = sorted.len();
    let total: f64 = sorted.iter().map(|v| f64::from(*v)).sum();
    let (mut below, mut best) = (0.0_f64, (-1.0_f64, count / 2));
    for split in 1..count {
        below += f64::from(sorted[split - 1]);
        let (few, many) = (split as f64, (count - split) as f64);
        let apart = below / few - (total - below) / many;
        // Least variance inside of the classes is most variance between them.
        let between = few * many * apart * apart;
        if between > best.0 {
            best = (between, split);
        }
    }
    let split = best.1;
    (split, mean(&sorted[..split]), mean(&sorted[split..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_measured_from_its_outermost_modules() {
        let tones = Tones::of(&[0.1, 0.9, 0.7, 0.2], Standard::Iso15415, Edition::Y2011);
        assert!((tones.contrast - 0.8).abs() < 1e-6 && (tones.threshold - 0.5).abs() < 1e-6);
        assert!((tones.modulation[2] - 0.5).abs() < 1e-6, "{:?}", tones.modulation);
        let flat = Tones::of(&[0.3; 9], Standard::Iso15415, Edition::Y2011);
        assert_eq!((flat.contrast_grade, flat.modulation[4]), (0, 0.0));
    }

    #[test]
    fn a_mark_is_measured_from_the_means_of_its_classes() {
        let values = [0.1, 0.12, 0.08, 0.1, 0.2, 0.22, 0.18, 0.2];
        let tones = Tones::of(&values, Standard::Iso29158, Edition::Y2011);
        assert!((tones.contrast - 0.5).abs() < 1e-5 && tones.contrast_grade == BEST);
        assert!((tones.threshold - 0.15).abs() < 1e-5);
        assert!((tones.modulation[6] - 0.6).abs() < 1e-4);
        assert_eq!(tones.minimum.unwrap().1, BEST);
    }
}
