//! Object storage. In: S3 calls with AWS Signature V4 (anonymous and badly signed ones are refused).
//! Out: files below the data folder, through s3s-fs. The bucket exists from the start.

use std::{io, path::Path};

use s3s::{
    auth::SimpleAuth,
    service::{S3Service, S3ServiceBuilder},
};

use crate::config::Credentials;

/// The S3 service over `folder`, with the bucket made.
///
/// # Errors
/// When the folder cannot be made or read.
pub fn service(folder: &Path, credentials: &Credentials) -> io::Result<S3Service> {
    std::fs::create_dir_all(folder.join(&credentials.s3_bucket))?;
    let files = s3s_fs::FileSystem::new(folder).map_err(|error| io::Error::other(format!("{error:?}")))?;
    let mut builder = S3ServiceBuilder::new(files);
    builder.set_auth(SimpleAuth::from_single(
        &credentials.s3_access_key,
        credentials.s3_secret_key.as_str(),
    ));
    Ok(builder.build())
}
