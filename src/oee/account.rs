//! Where the planned time went: run, or one of the stops. Nothing is left over.
use super::{StopCause, Window};
use crate::line::{LineState, StopReason};
use crate::telemetry::clock::Micros;

/// The word in the store for the time in which the program did not run.
pub const NOT_KNOWN: &str = "NotKnown";

/// A line was in one state for some time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Its number in the store.
    pub id: i64,
    /// The job that the line was on.
    pub job: Option<i64>,
    /// The state; nothing where the program did not run.
    pub state: Option<LineState>,
    /// The first cause.
    pub why: Option<StopReason>,
    /// From when.
    pub from: Micros,
    /// Until when; nothing if it lasts.
    pub to: Option<Micros>,
}

/// A part of the time, and what the line did in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    /// From when.
    pub from: Micros,
    /// Until when.
    pub to: Micros,
    /// What it did; nothing if nothing was recorded.
    pub span: Option<Span>,
}

/// A line did not run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stop {
    /// The span that it begins with; 0 where nothing was recorded.
    pub span: i64,
    /// From when.
    pub from: Micros,
    /// Until when, or until now.
    pub to: Micros,
    /// Whether it is over.
    pub ended: bool,
    /// Why, as far as the line knows.
    pub proposed: StopCause,
    /// How much of it was planned time, in microseconds.
    pub planned: i64,
}

/// Where the planned time went; microseconds. `planned = run + stopped()`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Account {
    /// Planned to run (ISO 22400-2: planned busy time).
    pub planned: i64,
    /// Ran (actual production time).
    pub run: i64,
    /// Stood, the oldest first; each with the part of it that was planned time.
    pub stops: Vec<Stop>,
    /// The whole time from end to end.
    pub pieces: Vec<Piece>,
}

impl Piece {
    /// Whether the line ran.
    pub fn runs(&self) -> bool {
        self.span.is_some_and(|span| span.state == Some(LineState::Execute))
    }

    /// Whether nobody knows what it did.
    pub fn is_unknown(&self) -> bool {
        self.span.is_none_or(|span| span.state.is_none())
    }

    fn within(&self, windows: &[Window]) -> i64 {
        let part = |window: &Window| {
            let to = self.to.0.min(window.to.0);
            (to - self.from.0.max(window.from.0)).max(0)
        };
        windows.iter().map(part).sum()
    }
}

impl Stop {
    /// How long it was, planned time or not; microseconds.
    pub const fn length(&self) -> i64 {
        self.to.0 - self.from.0
    }
}

impl Account {
    /// Planned time in which the line stood; microseconds.
    pub fn stopped(&self) -> i64 {
        self.stops.iter().map(|stop| stop.planned).sum()
    }
}

/// The time from `from` to `to`, piece by piece, whatever the spans say: where there is none, or
/// the clock was set, nothing is known.
pub fn cover(spans: &[Span], from: Micros, to: Micros) -> Vec<Piece> {
    let mut pieces = Vec::with_capacity(spans.len() + 2);
    let mut at = from;
    for span in spans {
        let start = span.from.clamp(at, to.max(at));
        let end = span.to.unwrap_or(to).min(to).max(start);
        pieces.push(Piece { from: at, to: start, span: None });
        pieces.push(Piece { from: start, to: end, span: Some(*span) });
        at = end;
    }
    pieces.push(Piece { from: at, to, span: None });
    pieces.retain(|piece| piece.from < piece.to);
    pieces
}

/// Where the planned time went. `windows` are apart from each other; `now` ends all of them.
pub fn account(spans: &[Span], windows: &[Window], now: Micros) -> Account {
    let clipped: Vec<Window> = windows
        .iter()
        .filter(|window| window.from < now)
        .map(|window| Window { to: window.to.min(now), ..window.clone() })
        .collect();
    let first = clipped.iter().map(|window| window.from).min().unwrap_or(now);
    let last = clipped.iter().map(|window| window.to).max().unwrap_or(now);
    // A stop is told as a whole, also where it reaches beyond the window.
    let begins = spans.first().map_or(first, |span| span.from.min(first));
    let pieces = cover(spans, begins, now.max(last));
    let run = pieces.iter().filter(|piece| piece.runs()).map(|piece| piece.within(&clipped)).sum();
    let planned = clipped.iter().map(|window| window.to.0 - window.from.0).sum();
    let stops = stops(&pieces, &clipped);
    Account { planned, run, stops, pieces }
}

/// What lies between two runs is one stop. Time of which nobody knows is a stop of its own.
fn stops(pieces: &[Piece], windows: &[Window]) -> Vec<Stop> {
    let mut stops: Vec<Stop> = Vec::new();
    let mut before: Option<Piece> = None;
    for piece in pieces {
        let goes_on = before
            .is_some_and(|before| !before.runs() && before.is_unknown() == piece.is_unknown());
        if piece.runs() {
            // A stop that a run follows is over.
        } else if let Some(stop) = stops.last_mut().filter(|_| goes_on) {
            stop.to = piece.to;
            stop.planned += piece.within(windows);
        } else {
            let restarted = before.is_some_and(|before| before.is_unknown());
            stops.push(begun(piece, restarted, windows));
        }
        before = Some(*piece);
    }
    let end = pieces.last().map(|piece| piece.to);
    for stop in &mut stops {
        stop.ended = Some(stop.to) != end;
    }
    stops.retain(|stop| stop.planned > 0);
    stops
}

fn begun(piece: &Piece, restarted: bool, windows: &[Window]) -> Stop {
    let (state, why) = piece.span.map_or((None, None), |span| (span.state, span.why));
    let mut proposed = StopCause::proposed(state, why);
    if restarted && proposed == StopCause::Asked {
        proposed = StopCause::NotStarted;
    }
    let span = piece.span.map_or(0, |span| span.id);
    let planned = piece.within(windows);
    Stop { span, from: piece.from, to: piece.to, ended: false, proposed, planned }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const fn s(seconds: i64) -> Micros {
        Micros(seconds * 1_000_000)
    }

    fn window(from: i64, to: i64) -> Window {
        Window { name: "early".to_owned(), from: s(from), to: s(to) }
    }

    fn span(id: i64, state: Option<LineState>, from: i64, to: Option<i64>) -> Span {
        let (from, to) = (s(from), to.map(s));
        Span { id, job: None, state, why: None, from, to }
    }

    #[test]
    fn the_first_cause_of_a_stop_is_proposed_and_what_follows_belongs_to_it() {
        let (run, held) = (Some(LineState::Execute), Some(LineState::Held));
        let bin = Span { why: Some(StopReason::BinFull), ..span(2, held, 100, Some(160)) };
        let more = Span { why: Some(StopReason::AirLow), ..span(3, held, 160, Some(300)) };
        let spans = [span(1, run, 0, Some(100)), bin, more, span(4, run, 300, None)];
        let account = account(&spans, &[window(0, 200), window(250, 1_000)], s(400));
        assert_eq!((account.planned, account.run), (350_000_000, 200_000_000));
        let [stop] = account.stops[..] else { panic!("{account:?}") };
        assert_eq!(stop.proposed, StopCause::Trouble(StopReason::BinFull));
        assert_eq!((stop.planned, stop.length(), stop.ended), (150_000_000, 200_000_000, true));
    }

    #[test]
    fn a_program_that_was_dead_is_a_stop_of_its_own() {
        let (run, stopped) = (Some(LineState::Execute), Some(LineState::Stopped));
        let spans = [
            span(1, run, 0, Some(100)),
            span(2, None, 100, Some(200)),
            span(3, stopped, 200, Some(230)),
            span(4, run, 230, None),
        ];
        let account = account(&spans, &[window(0, 1_000)], s(300));
        let told: Vec<_> = account.stops.iter().map(|stop| (stop.proposed, stop.planned)).collect();
        let wanted = [(StopCause::NotKnown, 100_000_000), (StopCause::NotStarted, 30_000_000)];
        assert_eq!(told, wanted);
    }

    #[test]
    fn before_the_first_record_nothing_is_known() {
        let spans = [span(7, Some(LineState::Stopped), 50, None)];
        let account = account(&spans, &[window(0, 1_000)], s(100));
        let told: Vec<_> = account.stops.iter().map(|stop| (stop.span, stop.proposed)).collect();
        assert_eq!(told, [(0, StopCause::NotKnown), (7, StopCause::NotStarted)]);
    }

    fn any_span() -> impl Strategy<Value = (usize, i64, i64, bool)> {
        (0..19_usize, -50..400_i64, -20..300_i64, any::<bool>())
    }

    proptest! {
        #[test]
        fn run_and_stops_are_the_planned_time(
            raw in prop::collection::vec(any_span(), 0..30),
            cuts in prop::collection::btree_set(0..2_000_i64, 0..8),
            now in 0..2_500_i64,
        ) {
            // Spans that overlap, leave gaps, run backwards and never end: a clock that was set.
            let mut at = 0;
            let spans: Vec<Span> = raw.into_iter().enumerate().map(|(n, (state, step, length, open))| {
                at += step;
                let state = LineState::ALL.get(state).copied();
                let to = (!open).then_some(at + length);
                span(i64::try_from(n).unwrap() + 1, state, at, to)
            }).collect();
            let cuts: Vec<i64> = cuts.into_iter().collect();
            let windows: Vec<_> = cuts.chunks_exact(2).map(|c| window(c[0], c[1])).collect();
            let account = account(&spans, &windows, s(now));
            prop_assert_eq!(account.planned, account.run + account.stopped());
            for pair in account.pieces.windows(2) {
                prop_assert_eq!(pair[0].to, pair[1].from);
            }
            prop_assert!(account.stops.iter().all(|stop| stop.planned > 0 && stop.length() >= stop.planned));
        }
    }
}
