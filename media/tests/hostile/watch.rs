//! What a hostile file must not reach: a file that nobody may open, a port that nobody may call.

use std::{
    fs,
    mem::MaybeUninit,
    net::TcpListener,
    os::fd::OwnedFd,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use rustix::fs::inotify;

/// Words that must appear in nothing we make.
const SECRET: &str = "canary-7f3a91c2e8d54b60";

/// A canary and a lure.
pub(crate) struct Watch {
    canary: PathBuf,
    /// Holds the canary, so that listings of the folder can be watched, too.
    folder: PathBuf,
    opened: OwnedFd,
    port: u16,
    calls: Arc<AtomicUsize>,
}

impl Watch {
    pub(crate) fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("fantail-canary-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let canary = folder.join("canary.txt");
        fs::write(&canary, SECRET).unwrap();
        let opened = inotify::init(inotify::CreateFlags::NONBLOCK).unwrap();
        let any = inotify::WatchFlags::OPEN | inotify::WatchFlags::ACCESS;
        inotify::add_watch(&opened, &canary, any).unwrap();
        inotify::add_watch(&opened, &folder, any).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let calls = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&calls);
        thread::spawn(move || {
            for _ in listener.incoming() {
                count.fetch_add(1, Ordering::Relaxed);
            }
        });
        Self { canary, folder, opened, port, calls }
    }

    /// Path of the canary.
    pub(crate) fn path(&self) -> &str {
        self.canary.to_str().unwrap()
    }

    /// `127.0.0.1:port` of the lure.
    pub(crate) fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Whether bytes hold what only the canary knows.
    pub(crate) fn leaked(bytes: &[u8]) -> bool {
        bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes())
    }

    /// What was touched so far.
    pub(crate) fn touched(&self) -> Option<String> {
        let calls = self.calls.load(Ordering::Relaxed);
        if calls > 0 {
            return Some(format!("{calls} connections to the lure"));
        }
        let mut buffer = [MaybeUninit::uninit(); 1024];
        let mut events = inotify::Reader::new(&self.opened, &mut buffer);
        match events.next() {
            Ok(event) => Some(format!("the canary: {:?}", event.events())),
            Err(_) => None,
        }
    }

    /// Opens and calls what is watched: does the watch see it?
    pub(crate) fn assert_awake(&self) {
        assert_eq!(self.touched(), None);
        assert!(Self::leaked(&fs::read(&self.canary).unwrap()));
        assert!(self.touched().is_some_and(|what| what.contains("canary")), "inotify is asleep");
        while self.touched().is_some() {}
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}
