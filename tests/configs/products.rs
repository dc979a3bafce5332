//! What an order says of goods is checked before the first order.
use super::{RIGHT, problems};
use std::os::unix::fs::PermissionsExt as _;

/// The problems of a line that orders codes of these goods by itself, with these tables of the issuer.
fn ordering(group: &str, issuer: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    std::fs::write(&token, "secret").unwrap();
    std::fs::set_permissions(&token, std::fs::Permissions::from_mode(0o600)).unwrap();
    let token = token.display();
    let head = "url = \"http://x\"\noms_id = \"x\"\n";
    let text = format!(
        "[issuer]\n{head}token_file = \"{token}\"\n{issuer}{RIGHT}design = \"plain\"\n[line.stock]\n\
         [line.goods]\ngtin = \"04810093011694\"\ngroup = \"{group}\"\nname = \"x\"\n"
    );
    problems(&text)
}

const FACTORY: &str = "order = { tobacco = { factoryId = \"1\", factoryCountry = \"BY\", \
                       productCode = \"2\", productDescription = \"x\" } }\n";
const SPOILED: &str =
    "about_spoiled = { tobacco = { address = \"x\", participantId = \"7700000001\" } }\n";

#[test]
fn an_order_of_tobacco_needs_price_and_factory_and_its_spoiled_codes_an_address() {
    let keys: Vec<_> = ordering("tobacco", "")
        .into_iter()
        .map(|problem| problem.split(": found nothing").next().unwrap().to_owned())
        .collect();
    let wanted = [
        "issuer.product.tobacco.mrp",
        "issuer.order.tobacco.factoryId",
        "issuer.order.tobacco.factoryCountry",
        "issuer.order.tobacco.productCode",
        "issuer.order.tobacco.productDescription",
        "issuer.about_spoiled.tobacco.address",
        "issuer.about_spoiled.tobacco.participantId",
    ];
    assert_eq!(keys, wanted);
    for price in [
        "product = { tobacco = { mrp = 14000 } }\n",
        "product = { \"04810093011694\" = { mrp = \"14000\", template = 3 } }\n",
    ] {
        assert_eq!(ordering("tobacco", &format!("{FACTORY}{SPOILED}{price}")), [""; 0], "{price}");
    }
}

#[test]
fn a_form_of_another_group_and_one_that_nobody_knows_the_number_of_are_refused() {
    let foreign = "product = { \"04810093011694\" = { template = 4 } }\n";
    assert_eq!(
        ordering("milk", foreign),
        [
            "issuer.product.milk.template: found 4 for milk, wanted one that milk can be ordered with today: 20"
        ]
    );
    let unknown = ordering("alcohol", "country = \"UZ\"\ncontact_person = \"x\"\n");
    assert_eq!(unknown.len(), 1, "{unknown:?}");
    assert!(
        unknown[0].starts_with("issuer.product.alcohol.template: found nothing"),
        "{unknown:?}"
    );
    let named = "country = \"UZ\"\nproduct = { alcohol = { template = 11 } }\n";
    assert_eq!(ordering("alcohol", named), [""; 0]);
}

#[test]
fn what_is_said_of_goods_is_read_with_every_problem() {
    let wrong = "product = { milk = { template = 1, cis_type = \"BOX\" }, x = { }, water = 3, tobacco = { mrp = \"free\" } }\n\
                 utilisation = { milk = \"RESORT\" }\nappended = { \"04810093011694\" = \"3356000500\" }\n";
    let found = ordering("milk", wrong);
    let keys: Vec<_> = found.iter().map(|line| line.split_once(':').unwrap().0).collect();
    let wanted = [
        "issuer.product.milk.template",
        "issuer.product.milk.cis_type",
        "issuer.product.tobacco.mrp",
        "issuer.product.water",
        "issuer.product",
        "issuer.utilisation",
        "issuer.appended",
    ];
    assert_eq!(keys, wanted, "{found:?}");
}
