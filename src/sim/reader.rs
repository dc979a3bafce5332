//! Fake smart readers: they read nothing themselves, but say what they are told they have read, the way the makers' readers say it.
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// Which language a reader speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tongue {
    /// Cognex `DataMan`: `||>TRIGGER ON`, lines; silent about commands.
    DataMan,
    /// Cognex In-Sight: asks for user and password, `SE8` and `SW8`, `GV` and a cell.
    InSight,
    /// Keyence SR: `LON`, `LOFF`, carriage returns.
    Keyence,
    /// SICK Lector: `CoLa` A in `STX` and `ETX`.
    Sick,
    /// Hikrobot ID: `start`, lines.
    Hikrobot,
}

/// A fake reader with one client at a time.
#[derive(Debug)]
pub struct Reader {
    tongue: Tongue,
    /// What it reads when it is triggered next; nothing: no symbol.
    shown: mpsc::Receiver<Option<String>>,
    /// Sends byte by byte.
    pub dribbles: bool,
    last: String,
}

impl Reader {
    /// A reader before which `shown` comes by.
    pub fn new(tongue: Tongue, shown: mpsc::Receiver<Option<String>>) -> Self {
        Self { tongue, shown, dribbles: false, last: String::new() }
    }

    /// Serves clients one after the other, until the task is dropped.
    pub async fn serve(mut self, listener: TcpListener) -> std::io::Result<()> {
        loop {
            let (client, _) = listener.accept().await?;
            client.set_nodelay(true)?;
            if let Err(error) = self.talk(client).await {
                tracing::debug!(%error, "a client of a fake reader is gone");
            }
        }
    }

    async fn talk(&mut self, mut client: TcpStream) -> std::io::Result<()> {
        if self.tongue == Tongue::InSight {
            self.ask_who(&mut client).await?;
        }
        loop {
            let command = self.command(&mut client).await?;
            self.obey(&mut client, &command).await?;
        }
    }

    async fn ask_who(&self, client: &mut TcpStream) -> std::io::Result<()> {
        client.write_all(b"Welcome to In-Sight(tm)  Session 0\r\nUser: ").await?;
        let user = line(client, b'\n').await?;
        client.write_all(b"Password: ").await?;
        let password = line(client, b'\n').await?;
        let right = user.trim() == "admin" && password.trim().is_empty();
        let answer: &[u8] = if right { b"User Logged In\r\n" } else { b"Invalid Password\r\n" };
        client.write_all(answer).await
    }

    async fn command(&self, client: &mut TcpStream) -> std::io::Result<String> {
        match self.tongue {
            Tongue::DataMan | Tongue::InSight => line(client, b'\n').await,
            Tongue::Keyence => line(client, b'\r').await,
            Tongue::Sick => line(client, 3).await,
            Tongue::Hikrobot => {
                let mut word = [0; 5];
                client.read_exact(&mut word).await?;
                Ok(String::from_utf8_lossy(&word).into_owned())
            }
        }
    }

    async fn obey(&mut self, client: &mut TcpStream, command: &str) -> std::io::Result<()> {
        let command = command.trim_matches(|c: char| c.is_ascii_control());
        match (self.tongue, command) {
            (Tongue::DataMan, "||>TRIGGER ON") | (Tongue::Hikrobot, "start") => {
                let read = self.shown.recv().await.flatten();
                let text = read.unwrap_or_else(|| self.nothing().to_owned());
                self.send(client, format!("{text}\r\n").as_bytes()).await
            }
            (Tongue::InSight, "SE8" | "SW8") => {
                let read = self.shown.recv().await.flatten();
                self.last = read.unwrap_or_else(|| self.nothing().to_owned());
                let pushed =
                    if command == "SE8" { format!("{}\r\n", self.last) } else { String::new() };
                self.send(client, format!("1\r\n{pushed}").as_bytes()).await
            }
            (Tongue::InSight, "GVA001") => {
                let answer = format!("1\r\n{}\r\n", self.last);
                self.send(client, answer.as_bytes()).await
            }
            (Tongue::InSight, _) => self.send(client, b"0\r\n").await,
            (Tongue::Keyence, "LON") => {
                self.send(client, b"OK,LON\r").await?;
                // Without a symbol it looks on until it is told to give up.
                if let Some(Some(text)) = self.shown.recv().await {
                    self.send(client, format!("{text}\r").as_bytes()).await?;
                }
                Ok(())
            }
            (Tongue::Keyence, "LOFF") => self.send(client, b"OK,LOFF\rERROR\r").await,
            (Tongue::Keyence, _) => self.send(client, b"ER,XX,00\r").await,
            (Tongue::Sick, "sMN mTCgateon") => {
                self.send(client, b"\x02sAN mTCgateon 1\x03").await?;
                if let Some(Some(text)) = self.shown.recv().await {
                    self.send(client, format!("\u{2}{text}\u{3}").as_bytes()).await?;
                }
                Ok(())
            }
            (Tongue::Sick, "sMN mTCgateoff") => {
                self.send(client, b"\x02sAN mTCgateoff 1\x03\x02NoRead\x03").await
            }
            (Tongue::Sick, _) => self.send(client, b"\x02sFA 3\x03").await,
            (Tongue::DataMan | Tongue::Hikrobot, _) => Ok(()),
        }
    }

    fn nothing(&self) -> &'static str {
        match self.tongue {
            Tongue::DataMan | Tongue::InSight => "NO-READ",
            Tongue::Keyence => "ERROR",
            Tongue::Sick | Tongue::Hikrobot => "NoRead",
        }
    }

    async fn send(&self, client: &mut TcpStream, bytes: &[u8]) -> std::io::Result<()> {
        if !self.dribbles {
            return client.write_all(bytes).await;
        }
        for byte in bytes {
            client.write_all(std::slice::from_ref(byte)).await?;
            tokio::task::yield_now().await;
        }
        Ok(())
    }
}

async fn line(client: &mut TcpStream, end: u8) -> std::io::Result<String> {
    let mut line = Vec::new();
    loop {
        match client.read_u8().await? {
            byte if byte == end => return Ok(String::from_utf8_lossy(&line).into_owned()),
            byte if line.len() < 256 => line.push(byte),
            _ => return Err(std::io::Error::other("too long a command")),
        }
    }
}
