//! Stands between the server and PostgreSQL and counts what is written; at the chosen write the server is killed,
//! either before PostgreSQL hears of it, or after PostgreSQL did it and before the server learns so.
//!
//! Reads the frontend half of PostgreSQL's protocol 3.0 and changes nothing in it. Enters: where PostgreSQL is.
//! Leaves: a port, and a dead server.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    process::Child,
    sync::watch,
};

/// When, relative to the chosen write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// PostgreSQL never hears of it.
    Before,
    /// PostgreSQL did it; the server never learns.
    After,
}

#[derive(Default)]
struct State {
    /// Kill at this write, counted from one.
    plan: Option<(usize, Moment)>,
    counting: bool,
    writes: Vec<String>,
    victim: Option<Child>,
    killed: bool,
}

/// A listening proxy.
#[derive(Clone)]
pub struct Proxy {
    /// On the loopback interface.
    pub port: u16,
    state: Arc<Mutex<State>>,
}

impl Proxy {
    /// Listens and passes everything on to `target` (host and port).
    pub async fn start(target: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let proxy = Self {
            port: listener.local_addr().expect("an address").port(),
            state: Arc::default(),
        };
        let accepting = proxy.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (proxy, target) = (accepting.clone(), target.clone());
                tokio::spawn(async move {
                    if let Ok(server) = TcpStream::connect(target).await {
                        proxy.pass(client, server).await;
                    }
                });
            }
        });
        proxy
    }

    /// The process that dies.
    pub fn watch_over(&self, victim: Child) {
        self.state().victim = Some(victim);
    }

    /// Whether the process still runs; reaps it when not.
    pub fn alive(&self) -> bool {
        match &mut self.state().victim {
            Some(child) => matches!(child.try_wait(), Ok(None)),
            None => false,
        }
    }

    /// SIGKILL, now.
    pub fn kill(&self) {
        let mut state = self.state();
        state.killed = true;
        if let Some(child) = &mut state.victim {
            // Already dead is fine.
            let _ = child.start_kill();
        }
    }

    /// Counts from here; kills at write number `at` when one is given.
    pub fn arm(&self, plan: Option<(usize, Moment)>) {
        let mut state = self.state();
        state.plan = plan;
        state.counting = true;
        state.writes.clear();
        state.killed = false;
    }

    /// Whether the planned kill happened.
    pub fn struck(&self) -> bool {
        self.state().killed
    }

    /// The writes since [`Proxy::arm`], up to the kill; text of each.
    pub fn writes(&self) -> Vec<String> {
        self.state().writes.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn pass(&self, client: TcpStream, server: TcpStream) {
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = server.into_split();
        let (cut, was_cut) = watch::channel(false);
        tokio::select! {
            () = self.forward(from_client, to_server, cut) => {}
            () = self.back(from_server, to_client, was_cut) => {}
        }
    }

    /// Statements go to PostgreSQL one message at a time, so that a kill falls between two.
    async fn forward(&self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf, cut: watch::Sender<bool>) {
        let mut buffer = Vec::new();
        let mut statements: HashMap<Vec<u8>, Option<String>> = HashMap::new();
        let mut started = false;
        loop {
            while let Some(length) = message_length(&buffer, started) {
                let message: Vec<u8> = buffer.drain(..length).collect();
                let write = if started {
                    write_of(&message, &mut statements)
                } else {
                    None
                };
                started = true;
                match write.and_then(|write| self.count(write)) {
                    Some(Moment::Before) => return self.kill(),
                    Some(Moment::After) => drop(cut.send(true)),
                    None => {}
                }
                if to.write_all(&message).await.is_err() {
                    return;
                }
            }
            match from.read_buf(&mut buffer).await {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
        }
    }

    /// Answers go back untouched; after a cut the first answer kills instead.
    async fn back(&self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf, cut: watch::Receiver<bool>) {
        let mut buffer = vec![0; 16 * 1024];
        loop {
            let Ok(length @ 1..) = from.read(&mut buffer).await else {
                return;
            };
            if *cut.borrow() {
                return self.kill();
            }
            if to.write_all(&buffer[..length]).await.is_err() {
                return;
            }
        }
    }

    /// Counts a write; says how to strike when it is the planned one.
    fn count(&self, write: String) -> Option<Moment> {
        let mut state = self.state();
        if !state.counting || state.killed {
            return None;
        }
        state.writes.push(write);
        let (at, moment) = state.plan?;
        (state.writes.len() == at).then_some(moment)
    }
}

/// Length of the first whole message; the very first of a connection has no type byte.
fn message_length(buffer: &[u8], started: bool) -> Option<usize> {
    let head = usize::from(started);
    let length = buffer.get(head..head + 4)?;
    let length = head + u32::from_be_bytes(length.try_into().ok()?) as usize;
    (buffer.len() >= length).then_some(length)
}

/// The statement that a message executes, when it writes: `Bind` of a prepared one, or a simple `Query`.
fn write_of(message: &[u8], statements: &mut HashMap<Vec<u8>, Option<String>>) -> Option<String> {
    let (kind, body) = (message[0], &message[5..]);
    let mut texts = body.split(|byte| *byte == 0);
    match kind {
        b'P' => {
            let (name, sql) = (texts.next()?, texts.next()?);
            statements.insert(name.to_vec(), writing(sql));
            None
        }
        b'B' => {
            let name = texts.nth(1)?;
            statements.get(name)?.clone()
        }
        b'Q' => writing(texts.next()?),
        _ => None,
    }
}

/// The beginning of a statement that changes something. What comes by the clock does not count: signs of life of the job
/// queue, its asking for work, the seal of the audit log.
fn writing(sql: &[u8]) -> Option<String> {
    let sql = String::from_utf8_lossy(sql).to_lowercase();
    let words = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    let writes = ["insert ", "update ", "delete ", "add_job", "commit"]
        .iter()
        .any(|word| {
            words.starts_with(word) || words.contains(&format!(" {word}")) || words.contains(&format!(".{word}"))
        });
    let by_the_clock = ["heartbeat", "_workers", "skip locked", "audit.seal"];
    (writes && by_the_clock.iter().all(|word| !words.contains(word))).then(|| words.chars().take(110).collect())
}
