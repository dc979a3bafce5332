//! A person at a browser, walking the way of a label order. Takes the address of any running
//! house and its sign-ins; drives Chromium through `chromedriver` (W3C `WebDriver`).
#![allow(dead_code, unreachable_pub, reason = "each test program needs a part of it")]
use base64::Engine;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::Instant;

/// Everything on a page comes within this, or the walk fails.
pub const SOON: Duration = Duration::from_mins(1);
/// The Enter key (W3C `WebDriver`, 17.4.2: key codes).
pub const ENTER: &str = "\u{e007}";
/// What a scanner presses for GS: Control, `]`, and both let go.
pub const CTRL_BRACKET: &str = "\u{e009}]\u{e000}";
/// The name under which `WebDriver` hands out elements (its section 12).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Name and password.
pub struct SignIn {
    pub name: String,
    pub password: String,
}

/// A label order as somebody types it. `array` is a file with codes of his own.
pub struct Order<'a> {
    pub gtin: &'a str,
    pub name: &'a str,
    pub hs_code: &'a str,
    pub quantity: u32,
    pub delivery: &'a str,
    pub array: Option<&'a Path>,
}

/// One browser window.
pub struct Browser {
    client: Client,
    session: String,
    base: String,
    _driver: Child,
    _profile: TempDir,
}

impl Browser {
    /// Opens a window of this size before this house.
    pub async fn open(base: &str, width: u32, height: u32) -> Self {
        // Whoever made a client before has installed it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (driver, address) = start_driver().await;
        let profile = tempfile::tempdir().unwrap();
        let args = [
            "--headless=new".to_owned(),
            "--no-sandbox".to_owned(),
            "--disable-gpu".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            "--no-first-run".to_owned(),
            "--disable-background-networking".to_owned(),
            format!("--user-data-dir={}", profile.path().display()),
        ];
        // A window has a least width; a phone is narrower and is emulated.
        let metrics =
            json!({ "width": width, "height": height, "pixelRatio": 1.0, "touch": false });
        let options = json!({ "args": args, "mobileEmulation": { "deviceMetrics": metrics } });
        let wanted = json!({ "browserName": "chrome", "goog:chromeOptions": options });
        let client = Client::builder().no_proxy().timeout(SOON).build().unwrap();
        let asked = json!({ "capabilities": { "alwaysMatch": wanted } });
        let answer = client.post(format!("{address}/session")).body(asked.to_string());
        let answer = answer.send().await.expect("chromedriver answers").text().await.unwrap();
        let answer: Value = serde_json::from_str(&answer).unwrap();
        let id = answer["value"]["sessionId"].as_str();
        let id = id.unwrap_or_else(|| panic!("chromium does not start: {answer}"));
        let session = format!("{address}/session/{id}");
        Self { client, session, base: base.to_owned(), _driver: driver, _profile: profile }
    }

    /// Closes the window and ends the browser.
    pub async fn close(self) {
        self.ask(Method::DELETE, "", &Value::Null).await.unwrap();
    }

    async fn ask(&self, method: Method, path: &str, body: &Value) -> Result<Value, String> {
        let mut request = self.client.request(method.clone(), format!("{}{path}", self.session));
        if method == Method::POST {
            request = request.body(body.to_string());
        }
        let answer = request.send().await.map_err(|e| e.to_string())?;
        let (good, text) = (answer.status().is_success(), answer.text().await.unwrap());
        let value: Value = serde_json::from_str(&text).map_err(|e| e.to_string())?;
        if good { Ok(value["value"].clone()) } else { Err(value["value"]["message"].to_string()) }
    }

    /// Goes to a page of the house.
    pub async fn go(&self, path: &str) {
        let url = json!({ "url": format!("{}{path}", self.base) });
        self.ask(Method::POST, "/url", &url).await.unwrap();
    }

    /// The path of the page that is shown.
    pub async fn path(&self) -> String {
        let url = self.ask(Method::GET, "/url", &Value::Null).await.unwrap();
        url.as_str().unwrap().replacen(&self.base, "", 1)
    }

    async fn try_find(&self, css: &str) -> Result<String, String> {
        let by = json!({ "using": "css selector", "value": css });
        let found = self.ask(Method::POST, "/element", &by).await?;
        found[ELEMENT].as_str().map(|id| format!("/element/{id}")).ok_or_else(|| found.to_string())
    }

    /// Tries again until it succeeds: pages load while one looks at them.
    async fn until<T>(&self, what: &str, mut attempt: impl AsyncFnMut() -> Result<T, String>) -> T {
        let deadline = Instant::now() + SOON;
        loop {
            let problem = match attempt().await {
                Ok(done) => return done,
                Err(problem) => problem,
            };
            if Instant::now() > deadline {
                let page = self.run("return document.body.innerText").await;
                panic!("{what}: {problem}\nat {}:\n{page}", self.path().await);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn text(&self, css: &str) -> Result<String, String> {
        let found = self.try_find(css).await?;
        let text = self.ask(Method::GET, &format!("{found}/text"), &Value::Null).await?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    /// Types into a field, after what stands in it was taken out.
    pub async fn fill(&self, css: &str, text: &str) {
        self.until(&format!("fill {css}"), async || {
            let field = self.try_find(css).await?;
            self.ask(Method::POST, &format!("{field}/clear"), &json!({})).await?;
            self.keys(&field, text).await
        })
        .await;
    }

    /// Chooses a file, or types without clearing.
    pub async fn type_into(&self, css: &str, text: &str) {
        self.until(&format!("type into {css}"), async || {
            let field = self.try_find(css).await?;
            self.keys(&field, text).await
        })
        .await;
    }

    async fn keys(&self, field: &str, text: &str) -> Result<(), String> {
        self.ask(Method::POST, &format!("{field}/value"), &json!({ "text": text })).await.map(drop)
    }

    pub async fn click(&self, css: &str) {
        self.until(&format!("click {css}"), async || {
            let found = self.try_find(css).await?;
            self.ask(Method::POST, &format!("{found}/click"), &json!({})).await
        })
        .await;
    }

    /// Waits until an element shows this text.
    pub async fn see(&self, css: &str, words: &str) {
        self.until(&format!("see '{words}' in {css}"), async || {
            let text = self.text(css).await?;
            if text.contains(words) { Ok(()) } else { Err(format!("found '{text}'")) }
        })
        .await;
    }

    /// Waits until a script of the page gives `true`.
    pub async fn holds(&self, what: &str, script: &str) {
        self.until(what, async || {
            let given = self.run(script).await;
            if given == Value::Bool(true) { Ok(()) } else { Err(given.to_string()) }
        })
        .await;
    }

    async fn run(&self, script: &str) -> Value {
        let script = json!({ "script": script, "args": [] });
        self.ask(Method::POST, "/execute/sync", &script).await.unwrap_or_else(Value::String)
    }

    /// Nothing sticks out to the side: nobody has to push the page about on a phone.
    pub async fn fits(&self) {
        let fits = "return document.documentElement.scrollWidth <= window.innerWidth";
        self.holds("the page fits its window", fits).await;
    }

    /// Keeps a picture of the page among the leavings of the tests.
    pub async fn shoot(&self, name: &str) {
        let picture = self.ask(Method::GET, "/screenshot", &Value::Null).await.unwrap();
        let bytes = base64::engine::general_purpose::STANDARD.decode(picture.as_str().unwrap());
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::write(file, bytes.unwrap()).unwrap();
    }

    /// Leaves whoever is signed in and signs in anew.
    pub async fn sign_in(&self, who: &SignIn) {
        self.ask(Method::DELETE, "/cookie", &Value::Null).await.unwrap();
        self.go("/sign-in?next=/orders").await;
        self.fill("input[name=name]", &who.name).await;
        self.fill("input[name=password]", &who.password).await;
        self.click("button.primary").await;
        self.see("h1", "Orders of labels").await;
    }

    /// Fills in the form and orders; gives the path of the new order.
    pub async fn order(&self, order: &Order<'_>) -> String {
        self.go("/orders/new").await;
        self.fill("input[name=gtin]", order.gtin).await;
        self.fill("input[name=name]", order.name).await;
        self.fill("input[name=hs_code]", order.hs_code).await;
        match order.array {
            Some(file) => {
                self.click("input[name=source][value=array]").await;
                self.type_into("input[name=array]", &file.display().to_string()).await;
            }
            None => self.fill("input[name=quantity]", &order.quantity.to_string()).await,
        }
        self.click(&format!("input[name=delivery][value={}]", order.delivery)).await;
        self.click("#order").await;
        self.see("#state", "Submitted").await;
        self.path().await
    }

    /// Waits on the page of an order until it is in this state.
    pub async fn await_state(&self, order: &str, words: &str) {
        self.go(order).await;
        self.see("#state", words).await;
    }

    /// Loads the page of an order again until a number on it is this.
    pub async fn await_number(&self, order: &str, css: &str, number: &str) {
        self.until(&format!("{number} in {css}"), async || {
            self.go(order).await;
            let text = self.text(css).await?;
            if text == number { Ok(()) } else { Err(format!("found '{text}'")) }
        })
        .await;
    }

    /// What a link of the page gives to whoever is signed in here.
    pub async fn download(&self, path: &str) -> Vec<u8> {
        let cookies = self.ask(Method::GET, "/cookie", &Value::Null).await.unwrap();
        let named = |c: &Value| Some(format!("{}={}", c["name"].as_str()?, c["value"].as_str()?));
        let cookies: Vec<String> = cookies.as_array().unwrap().iter().filter_map(named).collect();
        let ask = self.client.get(format!("{}{path}", self.base));
        let answer = ask.header("Cookie", cookies.join("; ")).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.bytes().await.unwrap().to_vec()
    }

    /// Scans a label as a hand scanner does: keys, then Enter. Waits for the verdict.
    pub async fn scan(&self, keys: &str, verdict: &str) {
        self.type_into("#scan", &format!("{keys}{ENTER}")).await;
        self.see("#verdict", verdict).await;
    }
}

/// Starts `chromedriver` on a port of its own choice; gives its address.
async fn start_driver() -> (Child, String) {
    let started = Command::new("chromedriver")
        .args(["--port=0", "--log-level=WARNING"])
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn();
    let mut driver =
        started.expect("this test needs a browser: apt-get install chromium chromium-driver");
    let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
    let port = async {
        while let Some(line) = lines.next_line().await.unwrap() {
            if let Some((_, port)) = line.split_once("started successfully on port ") {
                return port.trim_end_matches('.').to_owned();
            }
        }
        panic!("chromedriver ended before it said its port");
    };
    let port = tokio::time::timeout(SOON, port).await.expect("chromedriver says its port");
    (driver, format!("http://127.0.0.1:{port}"))
}
