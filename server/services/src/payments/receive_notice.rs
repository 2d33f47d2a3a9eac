//! A notice from a gateway comes in. Enters: raw bytes. Leaves: a sealed row in the inbox and a job, committed before
//! the gateway hears 200; or nothing at all, when the signature is wrong.

use super::Payments;
use crate::{
    failure::Fallible,
    jobs::{self, Job},
};
use domain::payments::Receipt;
use sha2::{Digest as _, Sha256};

/// Purpose of the seal.
const INBOX: &str = "payments.inbox";

impl Payments {
    pub(super) async fn take_midtrans(&self, raw: &[u8]) -> Fallible<Receipt> {
        match self.collections.notice(raw) {
            Ok(notice) => {
                self.store("midtrans", &notice.dedupe_key(), &notice.order_id, raw)
                    .await
            }
            Err(receipt) => Ok(refuse("midtrans", receipt, raw)),
        }
    }

    pub(super) async fn take_xendit(&self, token: &str, raw: &[u8]) -> Fallible<Receipt> {
        match self.payouts.notice(token, raw) {
            Ok(notice) => {
                self.store("xendit", &notice.dedupe_key, &notice.reference_id, raw)
                    .await
            }
            Err(receipt) => Ok(refuse("xendit", receipt, raw)),
        }
    }

    async fn store(&self, provider: &'static str, dedupe_key: &str, our_ref: &str, raw: &[u8]) -> Fallible<Receipt> {
        let id = self.core.clock.new_id();
        let now = self.core.clock.now();
        // The body holds personal data; nobody needs it unless a case is looked into.
        let sealed = self.core.vault.seal_system(INBOX, id, raw);
        let mut tx = self.core.begin().await?;
        let hash = Sha256::digest(raw).to_vec();
        let stored = sqlx::query!(
            "insert into payments.inbox
                 (inbox_id, provider, dedupe_key, our_ref, body_sealed, body_hash, received_at, checked_at)
             values ($1, $2, $3, $4, $5, $6, $7, $7)
             on conflict on constraint inbox_dedupe_key do nothing",
            id,
            provider,
            dedupe_key,
            our_ref,
            sealed,
            hash,
            now,
        )
        .execute(&mut *tx)
        .await?;
        if stored.rows_affected() == 1 {
            jobs::enqueue_in(&mut tx, &Job::ProcessInbox { inbox_id: id }, None).await?;
            tx.commit().await?;
            return Ok(Receipt::Accepted);
        }
        // Rows of before have no hash: any copy fits them.
        let same = sqlx::query_scalar!(
            r#"select coalesce(body_hash = $3, true) as "same!"
                 from payments.inbox
                where provider = $1 and dedupe_key = $2"#,
            provider,
            dedupe_key,
            hash,
        );
        if same.fetch_optional(&mut *tx).await?.unwrap_or(true) {
            return Ok(Receipt::Accepted);
        }
        metrics::counter!("webhooks_contradicting", "provider" => provider).increment(1);
        tracing::error!(
            provider,
            dedupe_key,
            hash = hex::encode(hash),
            "a known notice came with another body"
        );
        Ok(Receipt::Contradiction)
    }
}

/// Of what was refused only a hash is kept, in the log.
fn refuse(provider: &'static str, receipt: Receipt, raw: &[u8]) -> Receipt {
    if receipt == Receipt::Ignored {
        return receipt;
    }
    let hash = hex::encode(Sha256::digest(raw));
    tracing::warn!(provider, ?receipt, hash, "a notice was refused");
    metrics::counter!("webhooks_refused", "provider" => provider).increment(1);
    receipt
}
