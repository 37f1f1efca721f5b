//! AWS as far as a first invocation needs it: an HTTPS server that refuses every call. To refuse is enough: the client,
//! its certificates, the handshake and the signature are all paid for by then.

use anyhow::{Context, Result, bail};
use axum::Router;
use axum::http::StatusCode;
use axum::serve::Listener;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::server::TlsStream;

/// The server, and the certificate by which functions know it.
pub struct Aws {
    /// `AWS_ENDPOINT_URL` for the functions.
    pub endpoint: String,
    /// `SSL_CERT_FILE` for the functions.
    pub certificate: PathBuf,
    /// Handshakes that were completed.
    pub handshakes: Arc<AtomicUsize>,
    _folder: tempfile::TempDir,
    server: tokio::task::JoinHandle<()>,
}

impl Aws {
    /// Serves on a free port of the loopback interface, with a certificate made for this run.
    ///
    /// # Errors
    /// Where `openssl` makes none, or no port is free.
    pub async fn serve() -> Result<Aws> {
        let folder = tempfile::tempdir()?;
        let (certificate, key) = (
            folder.path().join("certificate.pem"),
            folder.path().join("key.pem"),
        );
        let made = Command::new("openssl")
            .args([
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
            ])
            .args([
                "-days",
                "1",
                "-subj",
                "/CN=localhost",
                "-addext",
                "subjectAltName=DNS:localhost",
            ])
            .args(["-addext", "basicConstraints=critical,CA:FALSE", "-keyout"])
            .arg(&key)
            .arg("-out")
            .arg(&certificate)
            .output()
            .context("openssl, which makes the certificate, could not be run")?;
        if !made.status.success() {
            bail!("openssl: {}", String::from_utf8_lossy(&made.stderr));
        }
        let config = ServerConfig::builder().with_no_client_auth().with_single_cert(
            vec![CertificateDer::from_pem_file(&certificate)?],
            PrivateKeyDer::from_pem_file(&key)?,
        )?;
        let tcp = TcpListener::bind(("127.0.0.1", 0)).await?;
        let endpoint = format!("https://localhost:{}", tcp.local_addr()?.port());
        let handshakes = Arc::new(AtomicUsize::new(0));
        let listener = Tls {
            tcp,
            acceptor: TlsAcceptor::from(Arc::new(config)),
            handshakes: Arc::clone(&handshakes),
        };
        let router = Router::new().fallback(async || {
            (
                StatusCode::FORBIDDEN,
                "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>",
            )
        });
        let server = tokio::spawn(async move {
            // It ends with the task.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Aws {
            endpoint,
            certificate,
            handshakes,
            _folder: folder,
            server,
        })
    }
}

impl Drop for Aws {
    fn drop(&mut self) {
        self.server.abort();
    }
}

struct Tls {
    tcp: TcpListener,
    acceptor: TlsAcceptor,
    handshakes: Arc<AtomicUsize>,
}

impl Listener for Tls {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let Ok((stream, address)) = self.tcp.accept().await else {
                continue;
            };
            if let Ok(stream) = self.acceptor.accept(stream).await {
                self.handshakes.fetch_add(1, Ordering::SeqCst);
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.tcp.local_addr()
    }
}
