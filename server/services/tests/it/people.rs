//! People and photos for the tests of papers and notices, made without the sign-up that other tests are about.

use domain::{
    Actor,
    id::UserId,
    users::{Email, NewProfile, Nik, PersonName, Phone, UserService},
};
use services::{clock::Clock, testing::World};
use std::io::Cursor;
use time::macros::date;

/// A borrower with a profile, reachable at `phone` and at an address made of it.
pub async fn person(world: &World, phone: &str) -> UserId {
    let user_id = UserId(world.clock.new_id());
    let vault = &world.services.core.vault;
    let email = email_of(phone);
    let mut connection = world.owner.acquire().await.expect("a connection");
    let key = vault
        .create_user_key_in(&mut connection, user_id, world.clock.now())
        .await
        .expect("a key");
    sqlx::query(
        "insert into auth.account
             (user_id, role, email_sealed, email_index, phone_sealed, phone_index, password_hash, pepper_kid,
              created_at, opened_at)
         values ($1, 'borrower', $2, $3, $4, $5, '', '', $6, $6)",
    )
    .bind(user_id.0)
    .bind(key.seal("auth.account.email", user_id.0, email.as_bytes()))
    .bind(vault.index("email", &email))
    .bind(key.seal("auth.account.phone", user_id.0, phone.as_bytes()))
    .bind(vault.index("phone", phone))
    .bind(world.clock.now())
    .execute(&mut *connection)
    .await
    .expect("an account");
    drop(connection);
    // The serial of the NIK is the end of the number.
    let profile = NewProfile {
        user_id,
        full_name: PersonName::parse("Sari Wulandari").expect("a name"),
        nik: Nik::parse(&format!("360203500198{}", &phone[phone.len() - 4..])).expect("a NIK"),
        phone: Phone::parse(phone).expect("a number"),
        email: Email::parse(&email).expect("an address"),
        birth_date: date!(1998 - 01 - 10),
        consents: Vec::new(),
    };
    world
        .services
        .users
        .open_profile(&Actor::system(), profile)
        .await
        .expect("a profile");
    user_id
}

/// The address of the person with this number.
pub fn email_of(phone: &str) -> String {
    format!("sari.{}@contoh.id", phone.trim_start_matches('+'))
}

/// A sharp photo of something like a card, as JPEG; another `number`, another photo.
pub fn card(number: u32) -> Vec<u8> {
    let picture = image::RgbImage::from_fn(1_000, 630, |x, y| {
        let (u, v) = (x / 5, y / 5);
        let letter = (u * 7 + v * 13 + u * v + number) % 5 < 2 && v % 6 < 4 && u % 40 > 4;
        if letter {
            image::Rgb([40, 40, 60])
        } else {
            image::Rgb([150, 190, 215])
        }
    });
    let mut bytes = Cursor::new(Vec::new());
    picture
        .write_to(&mut bytes, image::ImageFormat::Jpeg)
        .expect("a picture encodes");
    bytes.into_inner()
}
