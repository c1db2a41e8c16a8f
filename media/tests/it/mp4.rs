//! The MP4 for download: plays while it loads, with sound, as long as the segments.

use std::{
    fs,
    io::{self, Cursor, Seek, SeekFrom, Write},
    sync::{Arc, Mutex},
};

use media::{MediaError, Mp4Request};

use crate::clips::{Dir, all_audio, ffprobe, plan, whole};

/// A file that complains if it is not written in order behind its head.
#[derive(Clone, Default)]
struct InOrder(Arc<Mutex<(Cursor<Vec<u8>>, u64)>>);

impl Write for InOrder {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().0.write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for InOrder {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let (file, seeks) = &mut *self.0.lock().unwrap();
        *seeks += 1;
        file.seek(to)
    }
}

#[test]
fn plays_while_it_loads() {
    let dir = Dir::new();
    for (rate, sound) in [("24000/1001", true), ("30", false)] {
        let tone = if sound { "-f lavfi -i sine=r=44100:d=9 -c:a aac" } else { "" };
        let clip = dir.clip(
            "clip.mp4",
            &format!("-f lavfi -i testsrc2=s=160x90:r={rate}:d=9 {tone} -c:v libx264"),
        );
        let plan = plan(&clip);
        let video = whole(&clip, &plan, "480p").track("480p");
        let audio = sound.then(|| all_audio(&clip, &plan).track("audio"));
        let request = Mp4Request { plan: plan.clone(), rendition: "480p".into() };
        let sink = InOrder::default();
        let audio = audio.map(|bytes| Box::new(Cursor::new(bytes)) as Box<dyn io::Read + Send>);
        let size =
            media::mux_mp4(Box::new(Cursor::new(video)), audio, &request, sink.clone()).unwrap();
        let (file, seeks) = &*sink.0.lock().unwrap();
        assert_eq!((file.get_ref().len() as u64, *seeks), (size, 2), "head is written last");
        let path = dir.file("out.mp4", file.get_ref());
        let at = |kind: &[u8]| file.get_ref().windows(4).position(|w| w == kind).unwrap();
        assert!(at(b"moov") < at(b"mdat"), "faststart");
        let facts = ffprobe(&path, "-show_entries stream=codec_name,start_time,duration,nb_frames");
        assert_eq!(facts.len(), if sound { 2 } else { 1 });
        let seconds = plan.duration_seconds();
        for fact in facts {
            let fields: Vec<&str> = fact.split(',').collect();
            assert!(["h264", "aac"].contains(&fields[0]));
            let start: f64 = fields[1].parse().unwrap();
            let length: f64 = fields[2].parse().unwrap();
            assert!(start.abs() < 0.001 && (length - seconds).abs() < 0.03, "{fact} {seconds}");
        }
        let frames = ffprobe(&path, "-select_streams v -show_entries frame=pts_time");
        assert_eq!(frames.len() as u64, plan.frames);
        fs::remove_file(path).unwrap();
    }
}

#[test]
fn a_full_sink_is_the_sinks_fault() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    impl Seek for Full {
        fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
            Ok(0)
        }
    }
    let dir = Dir::new();
    let clip = dir.clip("clip.mp4", "-f lavfi -i testsrc2=s=160x90:r=25:d=1 -c:v libx264");
    let plan = plan(&clip);
    let video = whole(&clip, &plan, "480p").track("480p");
    let request = Mp4Request { plan, rendition: "480p".into() };
    let result = media::mux_mp4(Box::new(Cursor::new(video)), None, &request, Full);
    assert!(matches!(result, Err(MediaError::Sink(_))), "{result:?}");
}
