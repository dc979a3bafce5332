//! The outline of points, and the four straight lines that it has in the main.

/// A place in pixels.
pub(super) type Point = (f32, f32);

/// Pixels by which an outline may be off a straight line.
const STRAIGHT: f32 = 1.3;
/// The longest sides of an outline, of which four are taken.
const SIDES: usize = 9;
/// How much larger than the outline the quadrilateral may be.
const LARGER: f32 = 1.25;

/// Twice the area of a triangle; positive where it turns to the right (rows go down).
fn turn(a: Point, b: Point, c: Point) -> f32 {
    (b.0 - a.0) * (c.1 - a.1) - (b.1 - a.1) * (c.0 - a.0)
}

/// The convex outline, clockwise as it is seen.
pub(super) fn around(points: &[Point]) -> Vec<Point> {
    let mut points = points.to_vec();
    points.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let half = |points: &mut dyn Iterator<Item = Point>| {
        let mut hull: Vec<Point> = Vec::new();
        for point in points {
            while let [.., a, b] = hull[..] {
                if turn(a, b, point) > 0.0 {
                    break;
                }
                hull.pop();
            }
            hull.push(point);
        }
        hull.pop();
        hull
    };
    let mut hull = half(&mut points.iter().copied());
    hull.extend(half(&mut points.iter().rev().copied()));
    hull
}

/// The corners of the quadrilateral that lies closest around an outline, clockwise. `None` where
/// there is none.
pub(super) fn corners(outline: &[Point]) -> Option<[Point; 4]> {
    let lines = sides(outline);
    let area = area(outline);
    let mut best: Option<(f32, [Point; 4])> = None;
    let count = lines.len();
    for a in 0..count {
        for b in a + 1..count {
            for c in b + 1..count {
                for d in c + 1..count {
                    let Some(found) = quadrilateral([a, b, c, d].map(|at| &lines[at])) else {
                        continue;
                    };
                    let size = self::area(&found);
                    let fits = size > 0.9 * area && size < LARGER * area;
                    if fits && best.is_none_or(|(least, _)| size < least) {
                        best = Some((size, found));
                    }
                }
            }
        }
    }
    best.map(|(_, corners)| corners)
}

/// A straight line: a point and its direction.
struct Line {
    at: Point,
    way: Point,
}

/// The longest straight lines of an outline, in its order.
fn sides(outline: &[Point]) -> Vec<Line> {
    let count = outline.len();
    if count < 4 {
        return Vec::new();
    }
    // From the two points that are farthest apart on, where there surely are corners.
    let far = |a: Point, b: Point| (a.0 - b.0).powi(2) + (a.1 - b.1).powi(2);
    let first = (0..count)
        .max_by(|a, b| far(outline[*a], outline[0]).total_cmp(&far(outline[*b], outline[0])))
        .unwrap_or(0);
    let ring: Vec<Point> = (0..=count).map(|n| outline[(first + n) % count]).collect();
    let middle = (1..count)
        .max_by(|a, b| far(ring[*a], ring[0]).total_cmp(&far(ring[*b], ring[0])))
        .unwrap_or(count / 2);
    let mut ends = vec![0];
    split(&ring, 0, middle, &mut ends);
    split(&ring, middle, count, &mut ends);
    let mut parts: Vec<(usize, usize)> = ends.windows(2).map(|pair| (pair[0], pair[1])).collect();
    let length = |part: &(usize, usize)| far(ring[part.0], ring[part.1]);
    parts.sort_by(|a, b| length(b).total_cmp(&length(a)));
    parts.truncate(SIDES);
    parts.sort_unstable();
    parts.iter().map(|(from, to)| line(&ring[*from..=*to])).collect()
}

/// Splits an outline where it is farthest from being straight (Douglas and Peucker).
fn split(ring: &[Point], from: usize, to: usize, ends: &mut Vec<usize>) {
    let (a, b) = (ring[from], ring[to]);
    let length = (b.0 - a.0).hypot(b.1 - a.1).max(1e-3);
    let off = |at: &usize| turn(a, b, ring[*at]).abs() / length;
    let worst = (from + 1..to).max_by(|x, y| off(x).total_cmp(&off(y)));
    match worst.filter(|at| off(at) > STRAIGHT) {
        Some(at) => {
            split(ring, from, at, ends);
            split(ring, at, to, ends);
        }
        None => ends.push(to),
    }
}

/// The line along some points of an outline, from the first to the last.
fn line(points: &[Point]) -> Line {
    let (a, b) = (points[0], points[points.len() - 1]);
    Line { at: a, way: (b.0 - a.0, b.1 - a.1) }
}

/// Where four lines meet, one after the other.
fn quadrilateral(lines: [&Line; 4]) -> Option<[Point; 4]> {
    let mut corners = [(0.0, 0.0); 4];
    for (at, corner) in corners.iter_mut().enumerate() {
        let (p, q) = (lines[(at + 3) % 4], lines[at]);
        let cross = p.way.0 * q.way.1 - p.way.1 * q.way.0;
        let sizes = p.way.0.hypot(p.way.1) * q.way.0.hypot(q.way.1);
        // Clockwise, and by no less than twenty degrees.
        if cross < 0.34 * sizes {
            return None;
        }
        let share = ((q.at.0 - p.at.0) * q.way.1 - (q.at.1 - p.at.1) * q.way.0) / cross;
        *corner = (p.at.0 + share * p.way.0, p.at.1 + share * p.way.1);
    }
    Some(corners)
}

fn area(corners: &[Point]) -> f32 {
    let pairs = corners.iter().zip(corners.iter().cycle().skip(1));
    pairs.map(|(a, b)| a.0 * b.1 - a.1 * b.0).sum::<f32>() / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quadrilateral_with_a_corner_cut_off_is_found() {
        let real = [(10.0, 12.0), (90.0, 20.0), (84.0, 95.0), (14.0, 80.0)];
        let mut points = Vec::new();
        for at in 0..4 {
            let (a, b): (Point, Point) = (real[at], real[(at + 1) % 4]);
            for n in 0_u8..=40 {
                let share = f32::from(n) / 40.0;
                // The corner at 90, 20 is not there.
                let (x, y) = (a.0 + share * (b.0 - a.0), a.1 + share * (b.1 - a.1));
                if (x - 90.0).hypot(y - 20.0) > 5.0 {
                    points.push((x, y));
                }
            }
        }
        points.push((50.0, 50.0));
        let found = corners(&around(&points)).unwrap();
        for corner in real {
            let near = |(x, y): &Point| (x - corner.0).hypot(y - corner.1) < 0.5;
            assert!(found.iter().any(near), "{corner:?} {found:?}");
        }
        assert!(area(&found) > 0.0);
    }
}
