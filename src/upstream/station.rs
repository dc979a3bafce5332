//! What `pull` and `report` ask of any state system.
use super::{
    Buffer, CodeBlock, CodeResult, Limits, ListedBlock, ListedOrder, Oms, OmsError, OrderWish,
    Placed, Pong, ProductProblem, ProductWords, Receipt, ReceiptWish, ReportInfo, ReportWish,
    ReportWords, SubOrder,
};
use crate::code::{Gtin, ProductGroup};
use std::time::Duration;

/// The state system that codes come from and are told to. Cheap to clone; all clones share
/// connections and the pace.
#[derive(Debug, Clone)]
pub enum Station {
    /// An order-management station, version 3 or 2 by its settings.
    Oms(Oms),
}

impl From<Oms> for Station {
    fn from(oms: Oms) -> Self {
        Self::Oms(oms)
    }
}

impl Station {
    /// What it takes in one call, and how much it lets stand open.
    pub fn limits(&self) -> Limits {
        match self {
            Self::Oms(oms) => oms.limits(),
        }
    }

    /// Whether it speaks the older version of the station's interface.
    pub fn is_v2(&self) -> bool {
        match self {
            Self::Oms(oms) => oms.is_v2(),
        }
    }

    /// Whether it says of single codes of a report what became of them.
    pub fn tells_of_codes(&self) -> bool {
        match self {
            Self::Oms(oms) => oms.tells_of_codes(),
        }
    }

    /// The fields that it wants to hear of a lot.
    pub fn words(&self) -> ReportWords {
        match self {
            Self::Oms(oms) => oms.words(),
        }
    }

    /// How long to leave it alone after this.
    pub fn again_after(&self, error: &OmsError) -> Duration {
        match self {
            Self::Oms(oms) => oms.again_after(error),
        }
    }

    /// Asks whether it is there and knows us.
    pub async fn ping(&self, group: ProductGroup) -> Result<Pong, OmsError> {
        match self {
            Self::Oms(oms) => oms.ping(group).await,
        }
    }

    /// What an order of today says of a trade item.
    pub fn product(&self, group: ProductGroup, gtin: Gtin) -> Result<ProductWords, ProductProblem> {
        match self {
            Self::Oms(oms) => oms.product(group, gtin),
        }
    }

    /// Places an order for codes of one trade item, with these serial numbers, or, where there are
    /// none, with the station's. Not to be repeated blindly: every call is a new order. A lost answer
    /// is looked for with [`Station::orders`].
    pub async fn place_with(
        &self,
        wish: OrderWish<'_>,
        serials: &[String],
    ) -> Result<Placed, OmsError> {
        match self {
            Self::Oms(oms) => oms.place_with(wish, serials).await,
        }
    }

    /// How the codes of an order stand.
    pub async fn order_status(&self, of: SubOrder<'_>) -> Result<Vec<Buffer>, OmsError> {
        match self {
            Self::Oms(oms) => oms.order_status(of).await,
        }
    }

    /// All orders that it remembers. For recovery only.
    pub async fn orders(&self, group: ProductGroup) -> Result<Vec<ListedOrder>, OmsError> {
        match self {
            Self::Oms(oms) => oms.orders(group).await,
        }
    }

    /// Takes codes. Not to be repeated blindly: every call takes *new* codes. Whoever loses the
    /// answer finds the block with [`Station::blocks`]. `last_block` is the last one that is
    /// stored here; version 2 wants to hear it.
    pub async fn codes(
        &self,
        of: SubOrder<'_>,
        quantity: u32,
        last_block: Option<&str>,
    ) -> Result<CodeBlock, OmsError> {
        match self {
            Self::Oms(oms) => oms.codes(of, quantity, last_block).await,
        }
    }

    /// The blocks that were given out.
    pub async fn blocks(&self, of: SubOrder<'_>) -> Result<Vec<ListedBlock>, OmsError> {
        match self {
            Self::Oms(oms) => oms.blocks(of).await,
        }
    }

    /// The codes of a block again.
    pub async fn codes_again(&self, of: SubOrder<'_>, block: &str) -> Result<CodeBlock, OmsError> {
        match self {
            Self::Oms(oms) => oms.codes_again(of, block).await,
        }
    }

    /// Says that no more codes of this order are wanted. Codes that were not taken are annulled.
    pub async fn close(&self, of: SubOrder<'_>, last_block: Option<&str>) -> Result<(), OmsError> {
        match self {
            Self::Oms(oms) => oms.close(of, last_block).await,
        }
    }

    /// Sends a report. Answers with the station's name for it.
    pub async fn report(&self, wish: &ReportWish<'_>) -> Result<String, OmsError> {
        match self {
            Self::Oms(oms) => oms.report(wish).await,
        }
    }

    /// How far it is with a report.
    pub async fn report_info(
        &self,
        group: ProductGroup,
        report: &str,
    ) -> Result<ReportInfo, OmsError> {
        match self {
            Self::Oms(oms) => oms.report_info(group, report).await,
        }
    }

    /// Its account of a report, an order or a block, by the name that it gave it.
    pub async fn receipts(
        &self,
        group: ProductGroup,
        document: &str,
    ) -> Result<Vec<Receipt>, OmsError> {
        match self {
            Self::Oms(oms) => oms.receipts(group, document).await,
        }
    }

    /// What became of each code, by one operation of a receipt.
    pub async fn code_results(
        &self,
        group: ProductGroup,
        document: &str,
        operation_document: &str,
    ) -> Result<Vec<CodeResult>, OmsError> {
        match self {
            Self::Oms(oms) => oms.code_results(group, document, operation_document).await,
        }
    }

    /// Its accounts of a time, to find a report whose answer was lost.
    pub async fn find_receipts(
        &self,
        group: ProductGroup,
        wish: &ReceiptWish,
    ) -> Result<Vec<Receipt>, OmsError> {
        match self {
            Self::Oms(oms) => oms.find_receipts(group, wish).await,
        }
    }
}
