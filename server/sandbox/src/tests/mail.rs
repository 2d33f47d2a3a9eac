//! The mail catcher from outside.

use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{Attachment, MultiPart, header::ContentType},
};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::World;

#[tokio::test]
async fn a_pipelined_conversation_is_understood() {
    let world = World::new().await;
    let mut stream = TcpStream::connect(world.sandbox.smtp_addr).await.unwrap();
    let words = "MAIL FROM:<x@y.id>\r\nEHLO app\r\nDATA\r\nMAIL FROM:<kami@sanggup.test> BODY=8BITMIME\r\n\
                 RCPT TO:<Siti@Contoh.id>\r\nRCPT TO:<budi@contoh.id>\r\nRCPT TO:<x@tolak.invalid>\r\nDATA\r\n\
                 Subject: =?UTF-8?B?S29kZSDigJMgMTIz?=\r\nContent-Type: text/plain; charset=utf-8\r\n\
                 Content-Transfer-Encoding: quoted-printable\r\n\r\nKode Anda =31=32=33\r\n..titik\r\n.\r\n\
                 NOOP\r\nRSET\r\nWHAT\r\nQUIT\r\n";
    stream.write_all(words.as_bytes()).await.unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).await.unwrap();
    let codes: Vec<_> = said.lines().map(|line| &line[..3]).collect();
    let expected = [
        "220", "503", "250", "250", "250", "250", "250", "503", "250", "250", "250", "550", "354", "250", "250", "250",
        "502", "221",
    ];
    assert_eq!(codes, expected, "{said}");
    let caught = world.sim("messages?to=siti@contoh.id").await;
    assert_eq!(caught[0]["text"], "Kode – 123\n\nKode Anda 123\r\n.titik");
    assert_eq!(
        (&caught[0]["channel"], &caught[0]["to"]),
        (&json!("email"), &json!("Siti@Contoh.id"))
    );
    assert_eq!(world.sandbox.messages("budi@contoh.id").len(), 1);
}

#[tokio::test]
async fn a_real_client_with_parts_and_attachment_is_understood() {
    let world = World::new().await;
    let letter = Message::builder()
        .from("Sanggup <halo@sanggup.test>".parse().unwrap())
        .to("Siti <siti@contoh.id>".parse().unwrap())
        .subject("Perjanjian — tanda tangan")
        .multipart(
            MultiPart::mixed()
                .multipart(MultiPart::alternative_plain_html(
                    "Halo Siti, é".to_owned(),
                    "<p>Halo <b>Siti</b></p>".to_owned(),
                ))
                .singlepart(
                    Attachment::new("perjanjian.pdf".into())
                        .body(vec![37_u8; 300], ContentType::parse("application/pdf").unwrap()),
                ),
        )
        .unwrap();
    let mailer = AsyncSmtpTransport::<Tokio1Executor>::from_url(&world.sandbox.smtp_url)
        .unwrap()
        .build();
    mailer.send(letter).await.unwrap();
    let caught = world.sim("messages?to=siti@contoh.id&channel=email").await;
    let body = &caught[0]["body"];
    assert_eq!(body["subject"], "Perjanjian — tanda tangan");
    assert_eq!(body["text"], "Halo Siti, é");
    assert!(body["html"].as_str().unwrap().contains("<b>Siti</b>"));
    assert_eq!(body["attachments"], json!([{"name": "perjanjian.pdf", "bytes": 300}]));
}
