//! Finding an order whose answer was lost, in the station's list of orders.
use crate::store::Want;
use crate::upstream::ListedOrder;
use std::collections::HashSet;

/// How far the station's clock may be behind ours.
const CLOCKS_APART_MS: i64 = 10 * 60 * 1000;

/// What the list of orders says of a want.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// This is its order: it carries the want's mark.
    Ours(String),
    /// No order can be its own.
    Nobody,
    /// These could be, but nobody can tell: they carry no mark at all.
    Perhaps(Vec<String>),
}

/// Looks for the order of a want. An order that belongs to another want, carries another mark, is
/// older than the want's attempt, or is for something else, is not its own.
pub(super) fn find(want: &Want, orders: &[ListedOrder], placed: &HashSet<String>) -> Found {
    let mark = want.mark();
    if let Some(ours) = orders.iter().find(|order| marks(order).any(|found| found == mark)) {
        return Found::Ours(ours.order_id.clone());
    }
    let perhaps: Vec<String> = orders
        .iter()
        .filter(|order| !placed.contains(&order.order_id) && could_be(want, order))
        .map(|order| order.order_id.clone())
        .collect();
    if perhaps.is_empty() { Found::Nobody } else { Found::Perhaps(perhaps) }
}

fn marks(order: &ListedOrder) -> impl Iterator<Item = &str> {
    let of_buffers = order.buffers.iter().map(|buffer| &buffer.production_order_id);
    let all = std::iter::once(&order.production_order_id).chain(of_buffers);
    all.filter_map(Option::as_deref).filter(|mark| !mark.is_empty())
}

fn could_be(want: &Want, order: &ListedOrder) -> bool {
    let attempt_ms = want.moved_at.0 / 1000;
    let young = order.created_timestamp.is_none_or(|at| at >= attempt_ms - CLOCKS_APART_MS);
    // A buffer that is not ready yet has counters of −1.
    let holds = order.buffers.iter().any(|buffer| {
        buffer.gtin == want.gtin.as_str()
            && (buffer.total_codes < 0 || buffer.total_codes == i64::from(want.quantity))
    });
    young && marks(order).next().is_none() && (holds || order.buffers.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::ProductGroup;
    use crate::store::WantState;
    use crate::telemetry::clock::Micros;

    const NOW_MS: i64 = 1_790_000_000_000;

    fn want() -> Want {
        Want {
            id: 7,
            pool: "line:one".to_owned(),
            gtin: "04810093011694".parse().unwrap(),
            group: ProductGroup::MILK,
            quantity: 50,
            taken: 0,
            state: WantState::Placing,
            upstream_id: None,
            asked: None,
            expires_at: None,
            template: Some(20),
            problem: None,
            made_at: Micros(NOW_MS * 1000),
            moved_at: Micros(NOW_MS * 1000),
        }
    }

    fn order(id: &str, mark: Option<&str>, total: i64, at: i64) -> ListedOrder {
        let mark =
            mark.map(|mark| format!(",\"productionOrderId\":\"{mark}\"")).unwrap_or_default();
        let text = format!(
            r#"{{"orderId":"{id}","createdTimestamp":{at}{mark},"buffers":[{{"gtin":"04810093011694",
                "bufferStatus":"PENDING","totalCodes":{total}}}]}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    fn found(orders: &[ListedOrder]) -> Found {
        find(&want(), orders, &HashSet::from(["known".to_owned()]))
    }

    #[test]
    fn an_order_with_our_mark_is_ours() {
        let mark = want().mark();
        let orders = [order("a", None, 50, NOW_MS), order("b", Some(&mark), -1, NOW_MS)];
        assert_eq!(found(&orders), Found::Ours("b".to_owned()));
    }

    #[test]
    fn orders_that_cannot_be_ours_prove_that_there_is_none() {
        let orders = [
            order("another mark", Some("WO-17"), 50, NOW_MS),
            order("another quantity", None, 51, NOW_MS),
            order("an hour older", None, 50, NOW_MS - 3_600_000),
            order("known", None, 50, NOW_MS),
        ];
        assert_eq!(found(&orders), Found::Nobody);
        assert_eq!(found(&[]), Found::Nobody);
    }

    #[test]
    fn an_order_without_any_mark_leaves_doubt() {
        let orders = [order("a", None, -1, NOW_MS), order("b", None, 50, NOW_MS)];
        assert_eq!(found(&orders), Found::Perhaps(vec!["a".to_owned(), "b".to_owned()]));
    }
}
