//! What is not sure about Electronic Mark: paths, forms and numbers that were seen in other
//! people's clients and not in the operator's own text. All of it stands here and can be configured.
//!
//! The operator's specification ("ГИС маркировки. Веб-сервис межсистемного взаимодействия", rev.
//! 4.24) was not at hand. Marks: *seen* = in working public clients; *said* = in a public
//! description of somebody who has the specification; *ours* = concluded by us, not seen anywhere.
use std::time::Duration;

/// How the name and the password are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInForm {
    /// As the fields of a form (*seen*).
    Form,
    /// As JSON with `is_rules_agree` (*said*).
    Json,
}

/// How an array of codes is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DownloadBy {
    /// `{"filename": …}` with the name that the order says (*seen*).
    Filename,
    /// `{"order_id": …}` (*said*).
    OrderId,
}

/// How the codes of a report are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LabelsAs {
    /// `[{"label": "…"}]` (*seen* in a labelling report).
    Objects,
    /// `["…"]` (*said*).
    Texts,
}

/// Where calls go, below the address of the system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// Sign-in (*seen*).
    pub sign_in: String,
    /// Sign-out (*seen*).
    pub sign_out: String,
    /// A trade item by its GTIN (*seen*).
    pub item_by_gtin: String,
    /// Which trade items are known (*seen*).
    pub check_gtins: String,
    /// Kinds of codes (*seen*).
    pub label_types: String,
    /// An order (*seen*).
    pub order: String,
    /// Several orders at once (*seen*).
    pub group_orders: String,
    /// One order; its number follows (*seen*).
    pub order_by_id: String,
    /// Many orders (*seen*).
    pub orders: String,
    /// An array of codes (*seen*).
    pub download: String,
    /// How codes stand (*said*).
    pub labels: String,
    /// The labelling report (*seen*).
    pub mark: String,
    /// The report of production (*said*).
    pub manufacture: String,
    /// How far reports are (*seen*).
    pub reports: String,
    /// A shipment (*said*).
    pub ship: String,
    /// Partners (*seen*).
    pub agents: String,
    /// Spoiled codes. Nobody's client shows the path: empty, and then spoiled codes are not told.
    pub write_off: String,
}

impl Default for Paths {
    fn default() -> Self {
        let own = str::to_owned;
        Self {
            sign_in: own("auth"),
            sign_out: own("logout"),
            item_by_gtin: own("items/addByGtin"),
            check_gtins: own("items/checkGtin"),
            label_types: own("labels/types"),
            order: own("v3/orders/add"),
            group_orders: own("v3/orders/addGroupOrders"),
            order_by_id: own("v3/orders/list"),
            orders: own("v2/orders/statusList"),
            download: own("v3/orders/downloads"),
            labels: own("v2/labels"),
            mark: own("v3/reports/addMark"),
            manufacture: own("v3/reports/addManufacture"),
            reports: own("v3/reports"),
            ship: own("v3/ships/add"),
            agents: own("contracts/agentsList"),
            write_off: String::new(),
        }
    }
}

/// Numbers by which the system says how something stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbers {
    /// An order whose codes can be had (*seen*: 30).
    pub order_ready: Vec<i64>,
    /// An order that will never give codes. The list of numbers was not found: empty, and then an
    /// order that is refused waits, and its words stand on the page.
    pub order_refused: Vec<i64>,
    /// A report that was turned down as a whole. Not found either: then a report is over when its
    /// counts add up, or when it carries an error.
    pub report_refused: Vec<i64>,
    /// A code that was reported as labelled, or went further (*said*: 47, 50).
    pub marked: Vec<i64>,
    /// A code that was reported as produced, or went further (*ours*: 50).
    pub manufactured: Vec<i64>,
    /// A code that was told as spoiled. Not found: empty, and then spoiled codes whose report was
    /// refused when it was sent again wait for a person.
    pub written_off: Vec<i64>,
}

impl Default for Numbers {
    fn default() -> Self {
        Self {
            order_ready: vec![30],
            order_refused: Vec::new(),
            report_refused: Vec::new(),
            marked: vec![47, 50],
            manufactured: vec![50],
            written_off: Vec::new(),
        }
    }
}

/// The most that the system takes in one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Most {
    /// Codes in one order (*said*: 1,000).
    pub order: u32,
    /// Orders in one group. No limit was found; ten (*ours*) keeps a lost answer small.
    pub group: u32,
    /// Codes in a labelling report. No limit was found; that of production (*ours*).
    pub mark: u32,
    /// Codes in a report of production (*said*: 10,000).
    pub manufacture: u32,
    /// Codes in a shipment into the Eurasian Union (*said*: 30,000).
    pub ship: u32,
    /// Codes whose standing is asked for at once. No limit was found; 1,000 (*ours*).
    pub labels: u32,
    /// Trade items that are asked for at once (*seen*: 100).
    pub gtins: u32,
}

impl Default for Most {
    fn default() -> Self {
        Self {
            order: 1_000,
            group: 10,
            mark: 10_000,
            manufacture: 10_000,
            ship: 30_000,
            labels: 1_000,
            gtins: 100,
        }
    }
}

/// Everything that is not sure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dialect {
    /// How the name and the password are sent.
    pub sign_in: SignInForm,
    /// How long a token is good where its end cannot be read (*said*: about 20 minutes).
    pub token_life: Duration,
    /// How an array is asked for.
    pub download: DownloadBy,
    /// How the codes of a report are written.
    pub labels: LabelsAs,
    /// Where calls go.
    pub paths: Paths,
    /// Numbers of standings.
    pub numbers: Numbers,
    /// Limits.
    pub most: Most,
}

impl Default for Dialect {
    fn default() -> Self {
        Self {
            sign_in: SignInForm::Form,
            token_life: Duration::from_mins(20),
            download: DownloadBy::Filename,
            labels: LabelsAs::Objects,
            paths: Paths::default(),
            numbers: Numbers::default(),
            most: Most::default(),
        }
    }
}

/// What follows from the number of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderStands {
    /// The codes are being made.
    UnderWay,
    /// They can be had.
    Ready,
    /// There will be none.
    Refused,
}

impl Numbers {
    /// What a number of an order means.
    pub fn order(&self, code: Option<i64>) -> OrderStands {
        match code {
            Some(code) if self.order_ready.contains(&code) => OrderStands::Ready,
            Some(code) if self.order_refused.contains(&code) => OrderStands::Refused,
            Some(_) | None => OrderStands::UnderWay,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_nobody_knows_means_wait() {
        let numbers = Numbers { order_refused: vec![40], ..Numbers::default() };
        let stands = [30, 40, 10].map(|code| numbers.order(Some(code)));
        assert_eq!(stands, [OrderStands::Ready, OrderStands::Refused, OrderStands::UnderWay]);
        assert_eq!(numbers.order(None), OrderStands::UnderWay);
    }
}
