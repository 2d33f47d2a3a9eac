//! S3 from outside, signed by hand.

use hmac::{Hmac, KeyInit, Mac};
use reqwest::{Method, Response};
use sha2::{Digest, Sha256};
use time::macros::format_description;

use super::World;
use crate::state::now;

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// One request with AWS Signature V4.
async fn signed(world: &World, secret: &str, method: Method, path: &str, body: &'static [u8]) -> Response {
    let stamp = now()
        .format(format_description!("[year][month][day]T[hour][minute][second]Z"))
        .unwrap();
    let day = &stamp[..8];
    let host = world.sandbox.s3_endpoint.strip_prefix("http://").unwrap();
    let hash = hex::encode(Sha256::digest(body));
    let names = "host;x-amz-content-sha256;x-amz-date";
    let canonical =
        format!("{method}\n{path}\n\nhost:{host}\nx-amz-content-sha256:{hash}\nx-amz-date:{stamp}\n\n{names}\n{hash}");
    let scope = format!("{day}/auto/s3/aws4_request");
    let to_sign = format!(
        "AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{}",
        hex::encode(Sha256::digest(canonical))
    );
    let key = [day, "auto", "s3", "aws4_request"]
        .iter()
        .fold(format!("AWS4{secret}").into_bytes(), |key, part| mac(&key, part));
    let signature = hex::encode(mac(&key, &to_sign));
    let authorization =
        format!("AWS4-HMAC-SHA256 Credential=demo-access-key/{scope}, SignedHeaders={names}, Signature={signature}");
    let url = format!("{}{path}", world.sandbox.s3_endpoint);
    let request = world.client.request(method, url).header("authorization", authorization);
    request
        .header("x-amz-date", stamp)
        .header("x-amz-content-sha256", hash)
        .body(body)
        .send()
        .await
        .unwrap()
}

#[tokio::test]
async fn objects_need_a_signature() {
    let world = World::new().await;
    let path = "/demo-sanggup/kyc/satu.jpg.enc";
    let url = format!("{}{path}", world.sandbox.s3_endpoint);
    assert_eq!(world.client.get(&url).send().await.unwrap().status(), 403);
    assert_eq!(world.client.put(&url).body("x").send().await.unwrap().status(), 403);
    assert_eq!(
        signed(&world, "other-secret", Method::PUT, path, b"rahasia")
            .await
            .status(),
        403
    );
    assert_eq!(
        signed(&world, "demo-secret-key", Method::PUT, path, b"rahasia")
            .await
            .status(),
        200
    );
    let got = signed(&world, "demo-secret-key", Method::GET, path, b"").await;
    assert_eq!(
        (got.status().as_u16(), got.bytes().await.unwrap().as_ref()),
        (200, b"rahasia".as_ref())
    );
    assert_eq!(
        signed(&world, "demo-secret-key", Method::DELETE, path, b"")
            .await
            .status(),
        204
    );
    assert_eq!(
        signed(&world, "demo-secret-key", Method::GET, path, b"").await.status(),
        404
    );
}

#[tokio::test]
async fn a_temporary_folder_goes_with_the_sandbox() {
    let world = World::new().await;
    let folder = world.sandbox.folder.path.clone();
    assert!(folder.join("s3/demo-sanggup").is_dir());
    world.sandbox.shutdown().await;
    assert!(!folder.exists());
}
