//! Damage of the fixed patterns, segment by segment (ISO/IEC 16022:2006, annex M, with its
//! corrigendum of 2008).
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_wrap,
    clippy::cast_possible_truncation,
    reason = "a symbol has at most 144 modules a side"
)]
use super::conditions::{Edition, Standard};
use super::scale::{self, BEST, Table};
use crate::symbol::layout::Layout;

/// One measured piece of the fixed patterns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Segment {
    /// `L1` left solid side, `L2` lower solid side, `QZL1` and `QZL2` the quiet zones beside
    /// them. Clock tracks, `T…` those at the top and `R…` those at the right of a data region:
    /// `TTR` transition ratio, `TCR` regularity (most wrong modules among five), `TCT` damage of
    /// the clock track, `TQZ` that of the quiet zone or, inside of the symbol, `TSA` of the solid
    /// side beside it. `AG` the mean grade, or `DD` distributed damage of ISO/IEC 29158.
    pub name: &'static str,
    /// Row and column of the data region, from 0, where the symbol has several.
    pub region: Option<(u32, u32)>,
    /// Damaged share of its modules (colour wrong, or modulation below that of grade 4); of `AG`
    /// the mean grade.
    pub value: f32,
    /// 4.0 to 0.0.
    pub grade: f32,
}

/// The modules as they were measured.
pub(super) struct Seen<'a> {
    pub(super) layout: &'a Layout,
    /// Grade of each module's modulation, in tenths.
    pub(super) levels: &'a [u8],
    /// Which modules are dark, polarity turned where the symbol is light on dark.
    pub(super) dark: &'a [bool],
    pub(super) edition: Edition,
    pub(super) standard: Standard,
}

/// Result of all segments.
pub(super) struct Fixed {
    pub(super) segments: Vec<Segment>,
    /// Worst damage of any segment.
    pub(super) worst: f32,
    pub(super) grade: u8,
}

/// The five groups whose grades are averaged.
const GROUPS: [&str; 5] = ["L1", "L2", "QZL1", "QZL2", "clock"];

/// A run of modules of one kind.
struct Strip {
    group: usize,
    name: &'static str,
    region: (u32, u32),
    cells: Vec<usize>,
    table: Table,
}

/// A clock track and the solid area beside it.
struct Track {
    names: [&'static str; 2],
    region: (u32, u32),
    clock: Vec<usize>,
    solid: Vec<usize>,
}

impl Seen<'_> {
    pub(super) fn fixed(&self) -> Fixed {
        let (mut strips, tracks) = (self.legs(), self.tracks());
        for track in &tracks {
            strips.extend(track.strips());
        }
        let mut segments: Vec<Segment> = Vec::with_capacity(strips.len() + 2 * tracks.len() + 1);
        let mut groups = [BEST; 5];
        for strip in &strips {
            let grade = scale::overlay(self.edition, |level| self.notional(strip, level));
            groups[strip.group] = groups[strip.group].min(grade);
            let value = self.damage(&strip.cells, BEST);
            segments.push(self.segment(strip.name, strip.region, value, grade));
        }
        for track in &tracks {
            for segment in self.track(track) {
                groups[4] = groups[4].min(to_tenths(segment.grade));
                segments.push(segment);
            }
        }
        let worst = segments.iter().map(|s| if s.name.ends_with("CR") { 0.0 } else { s.value });
        let worst = worst.fold(0.0, f32::max);
        let last = self.all_together(groups, &strips, &segments);
        let grade = groups.into_iter().min().unwrap_or(0).min(to_tenths(last.grade));
        segments.push(last);
        Fixed { segments, worst, grade }
    }

    fn segment(&self, name: &'static str, region: (u32, u32), value: f32, grade: u8) -> Segment {
        let seen = &self.layout.seen;
        let region = (seen.down * seen.across > 1).then_some(region);
        Segment { name, region, value, grade: f32::from(grade) / 10.0 }
    }

    /// Both solid sides and the quiet zones beside them, for each data region that they touch.
    fn legs(&self) -> Vec<Strip> {
        let (seen, layout) = (&self.layout.seen, self.layout);
        let (high, wide) = seen.region();
        let (rows, cols) = (layout.rows as i32, layout.cols as i32);
        let mut strips = Vec::new();
        let mut add = |group: usize, region, cells| {
            strips.push(Strip { group, name: GROUPS[group], region, cells, table: scale::LEG });
        };
        for part in 0..seen.down {
            let span = (part * high).cast_signed()..((part + 1) * high).cast_signed();
            // The quiet zone goes on past the corner.
            let beyond = i32::from(part + 1 == seen.down);
            let quiet = span.start..span.end + beyond;
            add(0, (part, 0), span.map(|row| layout.at(row, 0)).collect());
            add(2, (part, 0), quiet.map(|row| layout.at(row, -1)).collect());
        }
        for part in 0..seen.across {
            let span = (part * wide).cast_signed()..((part + 1) * wide).cast_signed();
            let before = i32::from(part == 0);
            let quiet = span.start - before..span.end.min(cols);
            let region = (seen.down - 1, part);
            add(1, region, span.map(|col| layout.at(rows - 1, col)).collect());
            add(3, region, quiet.map(|col| layout.at(rows, col)).collect());
        }
        strips
    }

    /// The clock tracks at the top and at the right of each data region, with what lies beyond.
    fn tracks(&self) -> Vec<Track> {
        let (seen, layout) = (&self.layout.seen, self.layout);
        let (high, wide) = seen.region();
        let mut tracks = Vec::new();
        for region in (0..seen.down).flat_map(|r| (0..seen.across).map(move |c| (r, c))) {
            let (top, left) = ((region.0 * high).cast_signed(), (region.1 * wide).cast_signed());
            let (bottom, right) = (top + high.cast_signed(), left + wide.cast_signed());
            tracks.push(Track {
                names: ["TCT", if region.0 == 0 { "TQZ" } else { "TSA" }],
                region,
                clock: (left..right).map(|col| layout.at(top, col)).collect(),
                solid: (left..right).map(|col| layout.at(top - 1, col)).collect(),
            });
            let outermost = region.1 + 1 == seen.across;
            tracks.push(Track {
                names: ["RCT", if outermost { "RQZ" } else { "RSA" }],
                region,
                clock: (top..bottom).map(|row| layout.at(row, right - 1)).collect(),
                solid: (top..bottom).map(|row| layout.at(row, right)).collect(),
            });
        }
        tracks
    }

    fn wrong(&self, cell: usize) -> bool {
        self.dark[cell] != self.layout.dark[cell]
    }

    /// Share of modules that are damaged at a level: of the wrong colour, or of less modulation.
    fn damage(&self, cells: &[usize], level: u8) -> f32 {
        let damaged = cells.iter().filter(|cell| self.wrong(**cell) || self.levels[**cell] < level);
        damaged.count() as f32 / cells.len().max(1) as f32
    }

    fn notional(&self, strip: &Strip, level: u8) -> u8 {
        scale::tenths(self.edition, strip.table, self.damage(&strip.cells, level))
    }

    fn transitions(&self, cells: &[usize]) -> usize {
        cells.windows(2).filter(|pair| self.dark[pair[0]] != self.dark[pair[1]]).count()
    }

    /// Transition ratio and regularity.
    fn track(&self, track: &Track) -> [Segment; 2] {
        let top = track.names[0] == "TCT";
        let (solid, clock) = (self.transitions(&track.solid), self.transitions(&track.clock));
        let extra = solid.saturating_sub(1) as f32;
        let ratio = if extra == 0.0 { 0.0 } else { (extra / clock.max(1) as f32).min(1.0) };
        let grade = scale::tenths(self.edition, scale::TRANSITIONS, ratio);
        let five = |five: &[usize]| five.iter().filter(|cell| self.wrong(**cell)).count();
        let most = track.clock.windows(5).map(five).max().unwrap_or(0);
        let regular = if most <= 2 { BEST } else { 0 };
        [
            self.segment(if top { "TTR" } else { "RTR" }, track.region, ratio, grade),
            self.segment(if top { "TCR" } else { "RCR" }, track.region, most as f32, regular),
        ]
    }

    /// The mean grade of the five groups; for marks at each level of modulation.
    fn all_together(&self, groups: [u8; 5], strips: &[Strip], others: &[Segment]) -> Segment {
        let mean = |groups: [u8; 5]| groups.into_iter().map(f32::from).sum::<f32>() / 50.0;
        let grade_of = |mean| scale::tenths(self.edition, scale::AVERAGE, mean);
        let (name, value, grade) = match self.standard {
            Standard::Iso15415 => ("AG", mean(groups), grade_of(mean(groups))),
            Standard::Iso29158 => {
                let ratios =
                    others.iter().filter(|s| s.name.ends_with("TR") || s.name.ends_with("CR"));
                let ratios = ratios.map(|s| to_tenths(s.grade)).min().unwrap_or(BEST);
                let at = |level: u8| {
                    let mut notional = [BEST, BEST, BEST, BEST, ratios];
                    for strip in strips {
                        let group = &mut notional[strip.group];
                        *group = (*group).min(self.notional(strip, level));
                    }
                    mean(notional)
                };
                let grade = scale::overlay(self.edition, |level| grade_of(at(level)));
                ("DD", at(grade), grade)
            }
        };
        Segment { name, region: None, value, grade: f32::from(grade) / 10.0 }
    }
}

impl Track {
    /// Its parts that are measured as damage.
    fn strips(&self) -> [Strip; 2] {
        let strip = |at: usize, cells: &[usize]| Strip {
            group: 4,
            name: self.names[at],
            region: self.region,
            cells: cells.to_vec(),
            table: scale::CLOCK,
        };
        [strip(0, &self.clock), strip(1, &self.solid)]
    }
}

fn to_tenths(grade: f32) -> u8 {
    #[expect(clippy::cast_sign_loss, reason = "grades are 0 to 4")]
    let tenths = (grade * 10.0).round() as u8;
    tenths
}
