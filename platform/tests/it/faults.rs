//! A line that breaks: a TCP proxy in front of the object store that cuts some answers short.

use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
    thread,
};

/// Passes connections on to `upstream` (`host:port`); the next `cuts` of them end after
/// `bytes` bytes of the answer.
pub(crate) struct BrokenLine {
    pub(crate) addr: SocketAddr,
    pub(crate) cuts: Arc<AtomicU32>,
}

impl BrokenLine {
    pub(crate) fn to(upstream: String, bytes: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (addr, cuts) = (listener.local_addr().unwrap(), Arc::new(AtomicU32::new(0)));
        let left = cuts.clone();
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let server = TcpStream::connect(&upstream).unwrap();
                let (client2, server2) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                let left = left.clone();
                thread::spawn(move || pass(client, server, || usize::MAX));
                thread::spawn(move || {
                    pass(server2, client2, || {
                        let cut = left.fetch_update(SeqCst, SeqCst, |cuts| cuts.checked_sub(1));
                        if cut.is_ok() { bytes } else { usize::MAX }
                    });
                });
            }
        });
        Self { addr, cuts }
    }
}

/// Copies until an end or until `most` bytes, asked at the first one.
fn pass(mut from: TcpStream, mut to: TcpStream, most: impl FnOnce() -> usize) {
    let mut buffer = [0; 16 * 1024];
    let mut most = Some(most);
    let mut left = usize::MAX;
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        if let Some(most) = most.take() {
            left = most();
        }
        let passed = read.min(left);
        left -= passed;
        if to.write_all(&buffer[..passed]).is_err() || left == 0 {
            break;
        }
    }
    let _already_closed = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}
