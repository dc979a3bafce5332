//! What would hold instead of what does not. Whatever is named was tried: it holds.
use super::super::design::{BarcodeElement, SymbolElement, check_numbers, designs};
use super::super::{Design, Element, Module};
use super::nearest::Search;
use super::{Dots, Drawn, MODULE_MM, Nearest, SymbolPlace, Table, Takes};
use std::ops::RangeInclusive;

impl Table<'_> {
    /// What to do about a module of the symbol outside of the range.
    pub(super) fn module_advice(&self, wanted: &SymbolElement, dots: u32) -> String {
        let symbol = |module| Element::Datamatrix(SymbolElement { module, ..wanted.clone() });
        let at = self.design.elements.iter().position(|e| matches!(e, Element::Datamatrix(_)));
        self.nearest_module(at, symbol, dots, &MODULE_MM).unwrap_or_else(|| {
            let shipped = self.shipped();
            format!("no module inside of that has room here; {shipped}")
        })
    }

    /// What to do about a module of a linear barcode outside of the range of its kind.
    pub(super) fn bars_advice(
        &self,
        wanted: &BarcodeElement,
        dots: u32,
        range: &RangeInclusive<f32>,
    ) -> String {
        let barcode = |module| Element::Barcode(BarcodeElement { module, ..wanted.clone() });
        let is_it = |e: &Element| matches!(e, Element::Barcode(b) if std::ptr::eq(b, wanted));
        let at = self.design.elements.iter().position(is_it);
        let none = "no module inside of that has room here: move it, or take a larger label";
        self.nearest_module(at, barcode, dots, range).unwrap_or_else(|| none.to_owned())
    }

    /// The module nearest to so many dots with which the design holds, in words.
    fn nearest_module(
        &self,
        at: Option<usize>,
        with: impl Fn(Module) -> Element,
        dots: u32,
        range: &RangeInclusive<f32>,
    ) -> Option<String> {
        let mut near = self.scale.modules_near(dots, range);
        let found = near.find(|dots| self.holds_with(at, with(Module::Dots(*dots))))?;
        let mm = self.scale.mm(found);
        Some(format!("the nearest that holds is {found} dots = {mm:.3} mm"))
    }

    /// What to do about a symbol that is too large: move it, shrink it, give it more room, or take
    /// another label.
    pub(super) fn symbol_advice(&self, wanted: &SymbolElement, place: SymbolPlace) -> String {
        let at = self.design.elements.iter().position(|e| matches!(e, Element::Datamatrix(_)));
        let holds = |symbol| self.holds_with(at, Element::Datamatrix(symbol));
        let taken = place.with_quiet_zone();
        let shipped = self.shipped();
        if let Module::Fit(_) = wanted.module {
            // A hundredth more, so that rounding takes no dot away.
            let room = (self.scale.mm(taken.width) * 100.0).ceil() / 100.0;
            let roomy = holds(SymbolElement { module: Module::Fit(room), ..wanted.clone() });
            let room = format!("a room of fit_mm = {room:.2} would hold; ");
            return if roomy { room + &shipped } else { shipped };
        }
        let (label, scale) = (self.label, self.scale);
        let search = Search { area: taken, taken: &[], label, scale, shrinks: false, solid: true };
        let moved = search.nearest(&|nearest| {
            let Nearest { x_mm, y_mm, .. } = *nearest;
            holds(SymbolElement { x_mm, y_mm, ..wanted.clone() })
        });
        if moved.is_some() {
            return Nearest::said(moved.as_ref());
        }
        let inside = |dots: &u32| MODULE_MM.contains(&self.scale.mm(*dots));
        let smaller = (1..place.module)
            .rev()
            .filter(inside)
            .find(|dots| holds(SymbolElement { module: Module::Dots(*dots), ..wanted.clone() }));
        let smaller = smaller.map(|dots| {
            let mm = self.scale.mm(dots);
            format!("a module of {dots} dots = {mm:.3} mm would fit; ")
        });
        smaller.unwrap_or_default() + &shipped
    }

    /// The smallest shipped label that holds.
    fn shipped(&self) -> String {
        let Some(holds) = self.advise else { return String::new() };
        let all = designs().iter().filter(|design| holds(design));
        all.min_by(|a, b| a.size().total_cmp(&b.size())).map_or_else(
            || "no shipped label takes it".to_owned(),
            |design| format!("the smallest shipped label that takes it is {}", design.name),
        )
    }

    /// Whether the design holds with another element in this place.
    fn holds_with(&self, at: Option<usize>, element: Element) -> bool {
        let (Some(at), Some(holds)) = (at, self.advise) else { return false };
        let mut design: Design = self.design.clone();
        design.elements[at] = element;
        holds(&design)
    }

    /// The nearest place where an element meets nothing that it may not, smaller where it must be.
    pub(super) fn nearest(&self, drawn: &[Drawn], at: usize, symbol: Dots) -> Option<Nearest> {
        self.advise?;
        let (one, element) = (&drawn[at], &self.design.elements[at]);
        let others = drawn[..at].iter().chain(&drawn[at + 1..]);
        let others = others.filter(|other| one.keeps_away_from(other));
        let mut taken: Vec<Dots> = others.flat_map(Drawn::rectangles).copied().collect();
        taken.push(symbol);
        let shrinks = !matches!(one.takes, Takes::Area { shrinks: false, .. });
        let holds = |nearest: &Nearest| {
            let moved = element.moved(nearest.x_mm, nearest.y_mm, nearest.size_mm);
            let allowed = check_numbers(&moved, &one.name);
            let drawn = allowed.and_then(|()| self.draw(&moved, one.name.clone()));
            drawn.is_ok_and(|drawn| {
                let mut dots = drawn.rectangles().iter();
                dots.all(|d| self.over(*d).is_none() && !taken.iter().any(|t| t.meets(*d)))
            })
        };
        // Only the sides of a box are in the way of anything: it may stand around the symbol.
        let solid = matches!(one.takes, Takes::Area { .. });
        let area = one.whole()?;
        Search { area, taken: &taken, label: self.label, scale: self.scale, shrinks, solid }
            .nearest(&holds)
    }
}
