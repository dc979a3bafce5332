//! The pages of documents and of products that came back, over a real socket.
use crate::web_house::{House, location, text};
use markwright::access::Role;
use markwright::code::read_array;
use markwright::order::OrderId;
use markwright::store::{Origin, PaperState};
use markwright::web::WebSettings;
use reqwest::StatusCode;
use reqwest::header::COOKIE;

const INN: &str = "7700000001";

async fn house() -> House {
    let participant = Some(INN.to_owned());
    let settings = WebSettings { participant, ..WebSettings::default() };
    House::with(&[], crate::web_house::view(markwright::line::LineState::Idle), settings).await
}

fn form(pairs: &[(&str, &str)]) -> String {
    let plain = |text: &str| -> String {
        text.bytes().fold(String::new(), |said, b| said + &format!("%{b:02X}"))
    };
    let pairs: Vec<_> =
        pairs.iter().map(|(key, value)| format!("{key}={}", plain(value))).collect();
    pairs.join("&")
}

const CAME_BACK: [(&str, &str); 10] = [
    (
        "scan",
        "010460000000000821abcdefghijklm\u{1d}91EE06\u{1d}92xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    ),
    ("name", "Ботинки"),
    ("hs_code", "6403993600"),
    ("group", "shoes"),
    ("design", "footwear"),
    ("delivery", "pdf"),
    ("cause", "RETAIL_RETURN"),
    ("country", "156"),
    ("colour", "black"),
    ("size", "42"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shop_orders_a_new_label_by_scanning_the_damaged_one() {
    let house = house().await;
    let shop = house.sign_in(Role::Customer).await;
    let page = text(house.get("/orders/remarkings").header(COOKIE, &shop), StatusCode::OK).await;
    assert!(page.contains("Scan the old code"), "{page}");
    let wrong: Vec<_> = CAME_BACK
        .into_iter()
        .map(|(key, value)| (key, if key == "hs_code" { "6403" } else { value }))
        .collect();
    let post = |pairs: &[(&str, &str)]| {
        house.post("/orders/remarkings", &form(pairs)).header(COOKIE, &shop)
    };
    let said = text(post(&wrong), StatusCode::UNPROCESSABLE_ENTITY).await;
    assert!(said.contains("customs code of 10 digits"), "{said}");
    let placed = post(&CAME_BACK).send().await.unwrap();
    assert_eq!((placed.status(), location(&placed)), (StatusCode::SEE_OTHER, "/orders/1"));
    let list = house.store.remarkings(None, 10).await.unwrap();
    assert_eq!(list[0].old_code, "010460000000000821abcdefghijklm");
    assert_eq!(list[0].next(), "the centre accepts the order");
    let again = text(post(&CAME_BACK), StatusCode::CONFLICT).await;
    assert!(again.contains("This code is replaced by order 1 already."), "{again}");
    let operator = house.sign_in(Role::Operator).await;
    let request = house.get("/orders/remarkings").header(COOKIE, &operator);
    assert_eq!(request.send().await.unwrap().status(), StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_a_manager_introduces_goods_and_the_form_says_what_is_missing() {
    let house = house().await;
    for role in [Role::Customer, Role::Operator] {
        let cookie = house.sign_in(role).await;
        let answer = house.get("/papers").header(COOKIE, &cookie).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{role}");
    }
    let manager = house.sign_in(Role::Manager).await;
    let shop = house.sign_in(Role::Customer).await;
    // An order, with codes that a test may treat as told.
    house.post("/orders/remarkings", &form(&CAME_BACK)).header(COOKIE, &shop).send().await.unwrap();
    let order = OrderId(1);
    let page = |path: &str| text(house.get(path).header(COOKIE, &manager), StatusCode::OK);
    assert!(page("/papers").await.contains("There is no document yet."));
    assert!(page("/papers/new?about=order%209").await.contains("there is no such job or order"));
    let form_page = page("/papers/new?about=order%201").await;
    assert!(form_page.contains("0 codes") && form_page.contains("Ботинки"), "{form_page}");
    let about = house.store.about(Origin::Order(order.0)).await.unwrap().unwrap();
    assert_eq!((about.hs_code.as_str(), about.ready), ("6403993600", 0));
    let post =
        |pairs: &[(&str, &str)]| house.post("/papers/new", &form(pairs)).header(COOKIE, &manager);
    let import = [("about", "order 1"), ("kind", "LP_FTS_INTRODUCE"), ("declaration", "1/2/3")];
    let said = text(post(&import), StatusCode::UNPROCESSABLE_ENTITY).await;
    assert!(said.contains("declaration_number: ") && said.contains("declaration_date: "), "{said}");
    let import = [
        ("about", "order 1"),
        ("kind", "LP_FTS_INTRODUCE"),
        ("declaration", "10000000/221126/0000001"),
        ("declaration_date", "2026-11-22"),
    ];
    let said = text(post(&import), StatusCode::CONFLICT).await;
    assert!(said.contains("No code of order 1 is left"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_is_shown_with_what_was_signed_and_can_be_withdrawn_with_a_reason() {
    let house = house().await;
    let tail = "x".repeat(88);
    let array = format!("010460000000000821abcdefghijklm\u{1d}91EE06\u{1d}92{tail}\n");
    let (taken, _) = read_array(&array, None);
    house.store.store_codes("order:1", "test", &taken).await.unwrap();
    crate::house::write(
        house.folder.path(),
        "insert into report (id, kind, product_group, made_at) values (7, 'write_off', 'shoes', 1);
         update code set state = 'scrapped', settled = 1;
         update code set report_id = 7;",
    )
    .await;
    let made = house.store.make_due_papers(INN, "2026-11-22", std::time::Duration::ZERO).await;
    let made = made.unwrap();
    assert_eq!(made.len(), 1);
    let manager = house.sign_in(Role::Manager).await;
    let id = made[0].id;
    let page = |path: String| text(house.get(&path).header(COOKIE, &manager), StatusCode::OK);
    let shown = page(format!("/papers/{id}")).await;
    assert!(shown.contains("WRITE_OFF") && shown.contains("spoiled codes, report 7"), "{shown}");
    assert!(!shown.contains("EE06"), "no check part");
    let signed = page(format!("/papers/{id}/document.json")).await;
    assert!(signed.contains("\"sntins\":[\"010460000000000821abcdefghijklm\"]"), "{signed}");
    assert!(page("/papers".to_owned()).await.contains("waits to be sent"));
    let list: serde_json::Value =
        serde_json::from_str(&page("/api/papers".to_owned()).await).unwrap();
    assert_eq!((&list[0]["state"], &list[0]["codes"]), (&"made".into(), &1.into()));
    let post = |body: &str| house.post(&format!("/papers/{id}"), body).header(COOKIE, &manager);
    let said = text(post("do=withdraw&reason="), StatusCode::UNPROCESSABLE_ENTITY).await;
    assert!(said.contains("the reason is kept"), "{said}");
    let done = post("do=withdraw&reason=wrong").send().await.unwrap();
    assert_eq!(done.status(), StatusCode::SEE_OTHER);
    let paper = house.store.paper(id).await.unwrap().unwrap();
    assert_eq!(paper.state, PaperState::Withdrawn);
    assert!(paper.ended_at.is_some());
}
