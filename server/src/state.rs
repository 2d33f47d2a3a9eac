//! What every handler can reach, given once.

use crate::listen::Timing;
use app::shell::Assets;
use axum::extract::FromRef;
use domain::{Backend, auth::SessionKind};
use leptos::config::LeptosOptions;
use services::{Services, changes::Changes, config::Config};
use std::{ops::Deref, sync::Arc};

/// The state of the web server. One counted pointer: axum clones it several times for each request.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

/// What the state holds.
pub struct Shared {
    /// The seven services and what they stand on.
    pub services: Services,
    /// The same seven behind their traits.
    pub backend: Backend,
    /// The environment.
    pub config: Arc<Config>,
    /// Where built files are.
    pub assets: Assets,
    /// What leptos_axum asks for.
    pub leptos: LeptosOptions,
    /// Serve the pages of this kind of session alone; everything when absent.
    pub only: Option<SessionKind>,
    /// Whom something changed for, as it happens.
    pub changes: Changes,
    /// How long requests and connections may take.
    pub timing: Timing,
    /// False from SIGTERM on, so that no new traffic comes while running requests end.
    pub ready: Arc<std::sync::atomic::AtomicBool>,
}

impl AppState {
    /// State over `services`, with the files of `site_root` (its `assets.json` names them), for everything or `only`
    /// one half.
    pub fn new(services: Services, config: Config, site_root: &str, only: Option<SessionKind>) -> Self {
        let assets = std::fs::read(format!("{site_root}/assets.json"))
            .ok()
            .and_then(|json| serde_json::from_slice(&json).ok())
            .unwrap_or_else(|| {
                tracing::warn!(
                    site_root,
                    "no built web half here: pages come without styles; run scripts/build-web"
                );
                Assets::default()
            });
        Self(Arc::new(Shared {
            backend: services.backend(),
            changes: Changes::listen(services.core.db.clone()),
            services,
            config: Arc::new(config),
            assets,
            leptos: LeptosOptions::builder()
                .output_name("app")
                .site_root(site_root.to_owned())
                .build(),
            only,
            timing: Timing::default(),
            ready: Arc::new(std::sync::atomic::AtomicBool::new(true)),
        }))
    }
}

impl Deref for AppState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> Self {
        state.leptos.clone()
    }
}
