//! Which reports the stations of version 2 have for which group, and what must stand in them: as
//! the interface descriptions say that the live stations served on 2023-10-31 (public copies in the
//! repository `valhristov/OmsApi`). Beside these, every utilisation has `usageType` and `sntins`,
//! every dropout `dropoutReason` and `sntins`, every aggregation `participantId` and its units.
use super::Country;
use super::groups::Group;
use super::reports::Kind;

type Fields = Option<&'static [&'static str]>;

/// Groups of a country, by their names in paths, that have the same reports.
struct Row {
    groups: &'static [&'static str],
    utilisation: Fields,
    dropout: Fields,
    boxes: Fields,
}

const fn row(
    groups: &'static [&'static str],
    utilisation: Fields,
    dropout: Fields,
    boxes: Fields,
) -> Row {
    Row { groups, utilisation, dropout, boxes }
}

const PLAIN: Fields = Some(&[]);
const DATED: Fields = Some(&["expirationDate", "seriesNumber"]);
const LINE: Fields = Some(&["productionLineId"]);
const BY_WHOM: Fields = Some(&["participantId", "withChild"]);
const WHERE: Fields = Some(&["address", "participantId", "withChild"]);
const EXPIRES: Fields = Some(&["expDate", "expirationDate"]);

const KAZAKHSTAN: [Row; 7] = [
    row(&["milk"], DATED, BY_WHOM, PLAIN),
    row(&["pharma"], DATED, WHERE, LINE),
    row(&["tobacco"], LINE, WHERE, LINE),
    row(&["alcohol"], PLAIN, None, PLAIN),
    row(&["water"], PLAIN, None, None),
    row(&["shoes"], None, None, PLAIN),
    row(&["lp"], None, None, None),
];

const KYRGYZSTAN: [Row; 2] =
    [row(&["tobacco"], LINE, WHERE, LINE), row(&["alcohol"], PLAIN, None, PLAIN)];

const UZBEKISTAN: [Row; 3] = [
    row(&["tobacco"], LINE, WHERE, LINE),
    row(&["beer", "water"], PLAIN, None, PLAIN),
    row(&["alcohol", "appliances", "pharma"], None, None, PLAIN),
];

const RUSSIA: [Row; 16] = [
    row(&["milk"], Some(&["cisType"]), PLAIN, PLAIN),
    row(&["tobacco", "ncp"], LINE, WHERE, LINE),
    row(&["otp"], PLAIN, WHERE, LINE),
    row(&["water"], PLAIN, PLAIN, PLAIN),
    row(&["beer"], Some(&["expirationDate", "participantId", "productionDate"]), PLAIN, PLAIN),
    row(&["bio"], Some(&["expirationDate", "productionDate"]), PLAIN, PLAIN),
    row(&["antiseptic"], EXPIRES, PLAIN, PLAIN),
    row(&["petfood"], EXPIRES, None, None),
    row(&["nabeer"], Some(&["expDate", "expirationDate", "productionDate"]), None, None),
    row(&["seafood"], Some(&["cisType", "expDate", "expirationDate"]), None, None),
    row(&["pharma"], Some(&["expirationDate", "seriesNumber", "subjectId"]), None, None),
    row(&["softdrinks"], Some(&["participantId", "productionDate"]), None, PLAIN),
    row(&["wheelchairs"], PLAIN, None, PLAIN),
    row(&["lp", "perfum", "photo", "shoes"], PLAIN, None, PLAIN),
    row(&["tires", "meat", "toys", "vegs", "titan"], PLAIN, None, None),
    row(&["bicycle"], None, None, None),
];

/// The fields that a report must have. Nothing at all: the description has no such group; nothing
/// inside: the group has no such report.
pub(super) fn of(country: Country, group: &Group, kind: Kind) -> Option<Fields> {
    let rows: &[Row] = match country {
        Country::Ru => &RUSSIA,
        Country::Kz => &KAZAKHSTAN,
        Country::Kg => &KYRGYZSTAN,
        Country::Uz => &UZBEKISTAN,
    };
    let row = rows.iter().find(|row| group.names().any(|name| row.groups.contains(&name)))?;
    Some(match kind {
        Kind::Utilisation => row.utilisation,
        Kind::Dropout => row.dropout,
        Kind::Aggregation => row.boxes,
    })
}
