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
    /// The nearest place for an area on the label that meets none of the others; a smaller one
    /// where it is too large and may shrink.
    pub(super) fn of(
        area: Dots,
        others: &[Dots],
        label: Dots,
        shrinks: bool,
        scale: Scale,
    ) -> Option<Self> {
        // By tenths: nobody places elements more finely by hand.
        let least = if shrinks { 1 } else { 10 };
        (least..=10).rev().find_map(|tenths| {
            let width = (area.width * tenths / 10).max(1);
            let height = (area.height * tenths / 10).max(1);
            let (x, y) = free_place(Dots { width, height, ..area }, others, label)?;
            let size_mm = (tenths < 10).then(|| (scale.mm(width), scale.mm(height)));
            Some(Self { x_mm: scale.mm(x), y_mm: scale.mm(y), size_mm })
        })
    }

    /// In words, for the end of a message.
    pub(in crate::label) fn said(nearest: Option<&Self>) -> String {
        let Some(Self { x_mm, y_mm, size_mm }) = nearest else {
            return "no place on this label is free for it".to_owned();
        };
        let place = format!("the nearest place that holds is x_mm = {x_mm:.2}, y_mm = {y_mm:.2}");
        match size_mm {
            None => place,
            Some((width, height)) => {
                format!("{place}, made smaller to {width:.1} x {height:.1} mm")
            }
        }
    }
}

/// The nearest place always touches an edge of the label or of another area, or stays in its own
/// column or row.
fn free_place(area: Dots, others: &[Dots], label: Dots) -> Option<(u32, u32)> {
    let along = |own: u32, size: u32, end: u32, taken: &dyn Fn(&Dots) -> (u32, u32)| {
        let last = end.checked_sub(size)?;
        let mut places = vec![own, last];
        for other in others {
            let (first, behind) = taken(other);
            places.push(behind);
            places.extend(first.checked_sub(size));
        }
        places.retain(|place| *place <= last);
        places.sort_unstable();
        places.dedup();
        Some(places)
    };
    let columns = along(area.x, area.width, label.width, &|o| (o.x, o.x + o.width))?;
    let rows = along(area.y, area.height, label.height, &|o| (o.y, o.y + o.height))?;
    let places = columns.iter().flat_map(|x| rows.iter().map(move |y| (*x, *y)));
    places
        .filter(|(x, y)| {
            let moved = Dots { x: *x, y: *y, ..area };
            !others.iter().any(|other| other.meets(moved))
        })
        .min_by_key(|(x, y)| x.abs_diff(area.x) + y.abs_diff(area.y))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LABEL: Dots = Dots { x: 0, y: 0, width: 100, height: 50 };

    fn dots(x: u32, y: u32, width: u32, height: u32) -> Dots {
        Dots { x, y, width, height }
    }

    #[test]
    fn the_nearest_free_place_is_beside_what_is_in_the_way() {
        let symbol = dots(0, 0, 40, 40);
        assert_eq!(free_place(dots(35, 5, 20, 5), &[symbol], LABEL), Some((40, 5)));
        assert_eq!(free_place(dots(5, 38, 20, 5), &[symbol], LABEL), Some((5, 40)));
        assert_eq!(free_place(dots(90, 10, 20, 5), &[symbol], LABEL), Some((80, 10)));
        assert_eq!(free_place(dots(0, 0, 70, 20), &[symbol], LABEL), None);
        assert_eq!(free_place(dots(0, 0, 101, 1), &[], LABEL), None);
    }

    #[test]
    fn what_may_shrink_gets_a_size_that_fits() {
        let symbol = dots(0, 0, 40, 40);
        let wide = dots(0, 0, 70, 20);
        assert_eq!(Nearest::of(wide, &[symbol], LABEL, false, Scale(10.0)), None);
        let found = Nearest::of(wide, &[symbol], LABEL, true, Scale(10.0)).unwrap();
        assert_eq!(found, Nearest { x_mm: 4.0, y_mm: 0.0, size_mm: Some((5.6, 1.6)) });
        assert!(Nearest::said(Some(&found)).ends_with("made smaller to 5.6 x 1.6 mm"));
    }
}
