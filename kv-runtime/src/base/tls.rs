//! Secure connections: rustls with ring, and the system's trusted certificates.

use std::sync::Arc;

use rustls::client::WantsClientCert;
use rustls::crypto::ring;
use rustls::{ClientConfig, ConfigBuilder, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;

/// The configuration for servers with a certificate.
pub(crate) fn trusting_the_system() -> Result<ClientConfig, rustls::Error> {
    builder(BuilderVerifierExt::with_platform_verifier)
}

/// The configuration for a server on this machine without TLS. It reads no certificates, since a minimal
/// container may have none.
pub(crate) fn trusting_nobody() -> Result<ClientConfig, rustls::Error> {
    builder(|builder| Ok(builder.with_root_certificates(RootCertStore::empty())))
}

fn builder(
    verifier: impl FnOnce(
        ConfigBuilder<ClientConfig, rustls::WantsVerifier>,
    ) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, rustls::Error>,
) -> Result<ClientConfig, rustls::Error> {
    // The process's default provider is up to the program, so this does not depend on it.
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = verifier(builder.with_safe_default_protocol_versions()?)?;
    let mut config = builder.with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}
