//! The mail catcher. In: SMTP (RFC 5321 with PIPELINING, 8BITMIME, SMTPUTF8, SIZE). Out: one caught message per
//! recipient, subject and text decoded.
//!
//! Recipients in the domain `tolak.invalid` do not exist (550).

use mail_parser::{MessageParser, MimeHeaders};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};
use uuid::Uuid;

use crate::state::{Channel, Message, Sim, now};

/// Longest command line; RFC 5321 asks for 512.
const LINE: u64 = 4_096;
/// Largest message, bytes.
const SIZE: usize = 10 * 1024 * 1024;
/// Most recipients of one message.
const RECIPIENTS: usize = 100;

/// Accepts connections until the sandbox stops.
pub async fn serve(listener: TcpListener, sim: Sim) {
    loop {
        tokio::select! {
            () = sim.stop.cancelled() => return,
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    let sim = sim.clone();
                    tokio::spawn(async move {
                        tokio::select! {
                            () = sim.stop.cancelled() => {}
                            ended = converse(stream, &sim) => {
                                if let Err(error) = ended { tracing::debug!(%error, "SMTP connection closed"); }
                            }
                        }
                    });
                }
            }
        }
    }
}

/// What a sender has said so far about the message to come.
#[derive(Default)]
struct Envelope {
    from: Option<String>,
    to: Vec<String>,
}

async fn converse(stream: TcpStream, sim: &Sim) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut read = BufReader::new(read);
    let mut envelope = Envelope::default();
    let mut greeted = false;
    write.write_all(b"220 sandbox.sanggup.test ESMTP\r\n").await?;
    loop {
        let Some(line) = line(&mut read).await? else {
            return Ok(());
        };
        let (verb, rest) = line.split_once(' ').unwrap_or((line.as_str(), ""));
        let verb = verb.to_ascii_uppercase();
        let reply = match verb.as_str() {
            "EHLO" | "HELO" if rest.trim().is_empty() => "501 Domain is required".to_owned(),
            "EHLO" => {
                (greeted, envelope) = (true, Envelope::default());
                format!("250-sandbox.sanggup.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE {SIZE}")
            }
            "HELO" => {
                (greeted, envelope) = (true, Envelope::default());
                "250 sandbox.sanggup.test".to_owned()
            }
            "MAIL" | "RCPT" | "DATA" if !greeted => "503 Say EHLO first".to_owned(),
            "MAIL" => mail(&mut envelope, rest),
            "RCPT" => recipient(&mut envelope, rest),
            "DATA" if envelope.to.is_empty() => "503 There are no recipients".to_owned(),
            "DATA" => {
                write.write_all(b"354 End with a dot on a line of its own\r\n").await?;
                match data(&mut read).await? {
                    Data::Whole(raw) => keep(sim, std::mem::take(&mut envelope), &raw),
                    Data::TooLarge => {
                        envelope = Envelope::default();
                        "552 The message is too large".to_owned()
                    }
                    Data::Cut => return Ok(()),
                }
            }
            "RSET" => {
                envelope = Envelope::default();
                "250 Forgotten".to_owned()
            }
            "NOOP" => "250 Well".to_owned(),
            "VRFY" => "252 Send it and see".to_owned(),
            "QUIT" => {
                write.write_all(b"221 Goodbye\r\n").await?;
                return Ok(());
            }
            _ => "502 Not implemented".to_owned(),
        };
        write.write_all(format!("{reply}\r\n").as_bytes()).await?;
    }
}

/// One command; `None` when the sender has gone.
async fn line(read: &mut (impl AsyncBufRead + Unpin)) -> std::io::Result<Option<String>> {
    let mut line = Vec::new();
    read.take(LINE).read_until(b'\n', &mut line).await?;
    if !line.ends_with(b"\n") {
        return Ok(None);
    }
    Ok(Some(String::from_utf8_lossy(&line).trim_end().to_owned()))
}

/// The address between angle brackets after `FROM:` or `TO:`.
fn address<'a>(rest: &'a str, word: &str) -> Option<&'a str> {
    let head = rest.get(..word.len())?;
    let tail = rest[word.len()..].trim_start().strip_prefix('<')?;
    head.eq_ignore_ascii_case(word)
        .then(|| tail.split_once('>').map(|(address, _)| address))
        .flatten()
}

fn mail(envelope: &mut Envelope, rest: &str) -> String {
    if envelope.from.is_some() {
        return "503 The sender is known already".to_owned();
    }
    match address(rest, "FROM:") {
        Some(from) => {
            envelope.from = Some(from.to_owned());
            "250 Sender accepted".to_owned()
        }
        None => "501 Say MAIL FROM:<address>".to_owned(),
    }
}

fn recipient(envelope: &mut Envelope, rest: &str) -> String {
    match address(rest, "TO:") {
        _ if envelope.from.is_none() => "503 Say MAIL first".to_owned(),
        _ if envelope.to.len() == RECIPIENTS => "452 Too many recipients".to_owned(),
        Some(to) if to.to_ascii_lowercase().ends_with("@tolak.invalid") => "550 5.1.1 No such mailbox".to_owned(),
        Some(to) if to.contains('@') => {
            envelope.to.push(to.to_owned());
            "250 Recipient accepted".to_owned()
        }
        _ => "501 Say RCPT TO:<address>".to_owned(),
    }
}

/// How the body ended.
enum Data {
    Whole(Vec<u8>),
    TooLarge,
    Cut,
}

/// Reads up to the lone dot and takes the stuffed dots out.
async fn data(read: &mut (impl AsyncBufRead + Unpin)) -> std::io::Result<Data> {
    let (mut raw, mut line, mut too_large) = (Vec::new(), Vec::new(), false);
    loop {
        line.clear();
        (&mut *read).take(SIZE as u64).read_until(b'\n', &mut line).await?;
        if !line.ends_with(b"\n") {
            return Ok(Data::Cut);
        }
        if line == b".\r\n" || line == b".\n" {
            return Ok(if too_large { Data::TooLarge } else { Data::Whole(raw) });
        }
        too_large |= raw.len() + line.len() > SIZE;
        if !too_large {
            raw.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
        }
    }
}

fn keep(sim: &Sim, envelope: Envelope, raw: &[u8]) -> String {
    let Some((subject, text, body)) = parse(envelope.from.as_deref().unwrap_or_default(), raw) else {
        return "554 The message has no readable header".to_owned();
    };
    let id = Uuid::new_v4().to_string();
    let mut store = sim.store();
    for to in envelope.to {
        store.messages.push(Message {
            id: id.clone(),
            channel: Channel::Email,
            to,
            text: format!("{subject}\n\n{text}"),
            at: now(),
            status: "delivered",
            body: body.clone(),
        });
    }
    format!("250 Caught as {id}")
}

/// Subject, readable text and the parts a test may want.
fn parse(from: &str, raw: &[u8]) -> Option<(String, String, Value)> {
    let mail = MessageParser::default().parse(raw)?;
    let subject = mail.subject().unwrap_or_default().to_owned();
    let text = mail.body_text(0).unwrap_or_default().trim_end().to_owned();
    let attachments: Vec<_> = mail
        .attachments()
        .map(|part| json!({"name": part.attachment_name(), "bytes": part.contents().len()}))
        .collect();
    let header = |name: &str| mail.header_raw(name).map(|value| value.trim().to_owned());
    let body = json!({
        "from": from,
        "subject": subject,
        "text": text,
        "html": mail.body_html(0),
        "message_id": mail.message_id(),
        "outbox_id": header("X-Outbox-Id"),
        "attachments": attachments,
    });
    Some((subject, text, body))
}
