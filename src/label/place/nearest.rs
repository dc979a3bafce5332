//! The nearest place on a label that is free.
use super::{Dots, Scale};

/// Where something would hold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Nearest {
    /// Left edge.
    pub x_mm: f32,
    /// Upper edge.
    pub y_mm: f32,
    /// Width and height, where it must be smaller than it is.
    pub size_mm: Option<(f32, f32)>,
}

impl Nearest {
    /// In words, for the end of a message.
    pub(in crate::label) fn said(nearest: Option<&Self>) -> String {
        let Some(Self { x_mm, y_mm, size_mm }) = nearest else {
            return "no place on this label is free for it".to_owned();
        };
        let place = format!("the nearest place that holds is x_mm = {x_mm:.2}, y_mm = {y_mm:.2}");
        match size_mm {
            None => place,
            Some((width, height)) => {
                format!("{place}, made smaller to {width:.2} x {height:.2} mm")
            }
        }
    }
}

/// Places of one free position that are tried: words that do not fit in one fit in no other of the
/// same size.
const TRIED: usize = 4;

/// Looks for a free place.
pub(super) struct Search<'a> {
    /// What is to be placed, where it is now.
    pub(super) area: Dots,
    /// What is in its way.
    pub(super) taken: &'a [Dots],
    pub(super) label: Dots,
    pub(super) scale: Scale,
    /// It may be smaller.
    pub(super) shrinks: bool,
    /// All of its area is in the way of others, and not its outline only.
    pub(super) solid: bool,
}

impl Search<'_> {
    /// The nearest place on the label where it holds; a smaller one where it is too large and may
    /// shrink.
    pub(super) fn nearest(&self, holds: &dyn Fn(&Nearest) -> bool) -> Option<Nearest> {
        // By tenths: nobody places elements more finely by hand.
        let least = if self.shrinks { 1 } else { 10 };
        (least..=10).rev().find_map(|tenths| {
            let width = (self.area.width * tenths / 10).max(1);
            let height = (self.area.height * tenths / 10).max(1);
            let smaller = Search { area: Dots { width, height, ..self.area }, ..*self };
            let size_mm = (tenths < 10).then(|| (self.down(width), self.down(height)));
            let places = smaller.free_places().into_iter();
            places.take(if self.solid { TRIED } else { usize::MAX }).find_map(|(x, y)| {
                let (x_mm, y_mm) = (self.near(x), self.near(y));
                Some(Nearest { x_mm, y_mm, size_mm }).filter(holds)
            })
        })
    }

    /// As it is said: in hundredths of a millimetre, which are less than half a dot.
    fn near(&self, dots: u32) -> f32 {
        (self.scale.mm(dots) * 100.0).round() / 100.0
    }

    fn down(&self, dots: u32) -> f32 {
        // A thousandth is rounding.
        (self.scale.mm(dots) * 100.0 + 0.1).floor() / 100.0
    }

    /// The nearest place always touches an edge of the label or of another area, or stays in its own
    /// column or row. From the nearest to the farthest.
    fn free_places(&self) -> Vec<(u32, u32)> {
        let Self { area, taken, label, .. } = *self;
        let along = |own: u32, size: u32, end: u32, side: &dyn Fn(&Dots) -> (u32, u32)| {
            let Some(last) = end.checked_sub(size) else { return Vec::new() };
            let mut places = vec![own, last];
            for other in taken {
                let (first, behind) = side(other);
                places.push(behind);
                places.extend(first.checked_sub(size));
            }
            places.retain(|place| *place <= last);
            places.sort_unstable();
            places.dedup();
            places
        };
        let columns = along(area.x, area.width, label.width, &|o| (o.x, o.x + o.width));
        let rows = along(area.y, area.height, label.height, &|o| (o.y, o.y + o.height));
        let places = columns.iter().flat_map(|x| rows.iter().map(move |y| (*x, *y)));
        let mut free: Vec<_> = places
            .filter(|(x, y)| {
                let moved = Dots { x: *x, y: *y, ..area };
                !self.solid || !taken.iter().any(|other| other.meets(moved))
            })
            .collect();
        free.sort_by_key(|(x, y)| x.abs_diff(area.x) + y.abs_diff(area.y));
        free
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LABEL: Dots = Dots { x: 0, y: 0, width: 100, height: 50 };

    fn dots(x: u32, y: u32, width: u32, height: u32) -> Dots {
        Dots { x, y, width, height }
    }

    fn search(area: Dots, taken: &[Dots]) -> Search<'_> {
        Search { area, taken, label: LABEL, scale: Scale(10.0), shrinks: false, solid: true }
    }

    #[test]
    fn the_nearest_free_place_is_beside_what_is_in_the_way() {
        let symbol = [dots(0, 0, 40, 40)];
        let free = |area, taken: &[Dots]| search(area, taken).free_places().first().copied();
        assert_eq!(free(dots(35, 5, 20, 5), &symbol), Some((40, 5)));
        assert_eq!(free(dots(5, 38, 20, 5), &symbol), Some((5, 40)));
        assert_eq!(free(dots(90, 10, 20, 5), &symbol), Some((80, 10)));
        assert_eq!(free(dots(0, 0, 70, 20), &symbol), None);
        assert_eq!(free(dots(0, 0, 101, 1), &[]), None);
    }

    #[test]
    fn what_may_shrink_gets_a_size_that_fits() {
        let symbol = [dots(0, 0, 40, 40)];
        let wide = search(dots(0, 0, 70, 20), &symbol);
        assert_eq!(wide.nearest(&|_| true), None);
        let found = Search { shrinks: true, ..wide }.nearest(&|_| true).unwrap();
        assert_eq!(found, Nearest { x_mm: 4.0, y_mm: 0.0, size_mm: Some((5.6, 1.6)) });
        assert!(Nearest::said(Some(&found)).ends_with("made smaller to 5.60 x 1.60 mm"));
    }
}
