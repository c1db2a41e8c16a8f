//! Posters, storyboards and previews: the right pictures, at a cost that does not follow the length.

use std::{
    fs::{self, File},
    io::{self, Cursor, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use domain::{Plan, Storyboard, preview};
use media::{Origin, PreviewRequest, StillsRequest, StoryboardRequest};

use crate::{
    clips::{Dir, ffprobe, open, plan, raw, video},
    picture::{QUADRANTS, UPRIGHT, quarters, set_matrix},
};

/// Grows brighter by four with every second.
const STAIRS: &str = "-f lavfi -i nullsrc=s=64x48:r=25,geq=lum=20+4*floor(T):cb=128:cr=128 -t 36 \
    -c:v libx264 -pix_fmt yuv420p -colorspace bt709";

/// A file that counts what is read of it.
struct Counted {
    file: File,
    bytes: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.bytes.fetch_add(read as u64, Relaxed);
        Ok(read)
    }
}

impl Seek for Counted {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

fn storyboard(path: &Path, plan: &Plan) -> Option<Vec<Vec<u8>>> {
    let request = StoryboardRequest { plan: plan.clone(), origin: Origin::Upload };
    media::storyboard(open(path), &request).unwrap()
}

fn cut_preview(path: &Path, plan: &Plan) -> Option<Vec<u8>> {
    let request = PreviewRequest { plan: plan.clone(), origin: Origin::Upload };
    media::preview(open(path), &request).unwrap()
}

/// The header and these segments of the smallest rung, as they come from the bucket.
fn of_rung(
    path: &Path,
    plan: &Plan,
    wanted: impl IntoIterator<Item = u32>,
) -> Box<Cursor<Vec<u8>>> {
    let mut bytes = Vec::new();
    for index in wanted {
        let made = video(path, plan, &["480p"], index..index + 1);
        if bytes.is_empty() {
            bytes.extend(&made.inits[0].1);
        }
        bytes.extend(made.segment("480p", index));
    }
    Box::new(Cursor::new(bytes))
}

/// The second of [`STAIRS`] that a tile shows.
fn second(rgb: &[u8]) -> f64 {
    let mean = rgb.iter().map(|&value| f64::from(value)).sum::<f64>() / rgb.len() as f64;
    // Limited range to full.
    (mean * 219.0 / 255.0 + 16.0 - 20.0) / 4.0
}

#[test]
fn tiles_show_their_time_whatever_the_container() {
    let dir = Dir::new();
    for name in ["clip.mp4", "clip.mkv", "clip.avi"] {
        let clip = dir.clip(name, &format!("{STAIRS} -g 50"));
        let plan = plan(&clip);
        let tiles = storyboard(&clip, &plan).unwrap_or_else(|| panic!("{name} has an index"));
        assert_eq!(tiles.len(), 36, "{name}");
        for (tile, rgb) in tiles.iter().enumerate() {
            assert_eq!(rgb.len(), 64 * 48 * 3);
            let off = second(rgb) - tile as f64;
            assert!(off.abs() < 1.3, "{name}: tile {tile} is {off} s off, key frames 2 s apart");
        }
    }
}

#[test]
fn what_has_no_dense_index_is_made_from_the_smallest_rung() {
    let dir = Dir::new();
    let cases = [("sparse.mp4", "-g 250"), ("sparse.mkv", "-g 250"), ("none.ts", "-g 25")];
    for (name, keys) in cases {
        let clip = dir.clip(name, &format!("{STAIRS} {keys} -sc_threshold 0"));
        let plan = plan(&clip);
        assert_eq!(storyboard(&clip, &plan), None, "{name}");
        assert_eq!(cut_preview(&clip, &plan), None, "{name}");
    }
    let clip = dir.path("sparse.mp4");
    let plan = plan(&clip);
    let origin = Origin::Rung("480p".into());
    let segments = of_rung(&clip, &plan, Storyboard::of(&plan).segments());
    let request = StoryboardRequest { plan: plan.clone(), origin: origin.clone() };
    let tiles = media::storyboard(segments, &request).unwrap().unwrap();
    assert_eq!(tiles.len(), 36);
    for (tile, rgb) in tiles.iter().enumerate() {
        let off = second(rgb) - tile as f64;
        assert!(off.abs() < 1.3, "tile {tile} is {off} s off");
    }
    let excerpts = preview::excerpts_of_rung(plan.duration_us());
    let segments = of_rung(&clip, &plan, preview::segments(&excerpts));
    let request = PreviewRequest { plan, origin };
    let file = dir.file("preview.mp4", &media::preview(segments, &request).unwrap().unwrap());
    let shown = raw(&file, "rgb24", "");
    assert_eq!(shown.len(), 90 * 64 * 48 * 3, "3.6 s");
    for (frame, wanted) in [(0, 4.0), (29, 5.0), (30, 14.0), (60, 26.0)] {
        let seen = second(&shown[frame * 64 * 48 * 3..][..64 * 48 * 3]);
        assert!((seen - wanted).abs() < 0.5, "frame {frame} shows second {seen}, not {wanted}");
    }
}

#[test]
fn a_longer_video_costs_no_more() {
    let dir = Dir::new();
    let args = "-f lavfi -i testsrc2=s=160x90:r=25:d=30,noise=alls=20:allf=t -c:v libx264 \
        -preset ultrafast -g 100";
    let piece = dir.clip("piece.mp4", args);
    let measure = |minutes: u32| -> (u64, u64, PathBuf) {
        let loops = minutes * 2 - 1;
        let args = format!("-stream_loop {loops} -i {} -c copy", piece.display());
        let clip = dir.clip(&format!("{minutes}.mp4"), &args);
        let plan = plan(&clip);
        let bytes = Arc::new(AtomicU64::new(0));
        let source =
            || Box::new(Counted { file: File::open(&clip).unwrap(), bytes: Arc::clone(&bytes) });
        let (origin, positions) = (Origin::Upload, vec![100, 500, 900]);
        let request = StillsRequest { plan: plan.clone(), positions, max_width: 160 };
        assert_eq!(media::stills(source(), &request).unwrap().len(), 3);
        let request = StoryboardRequest { plan: plan.clone(), origin: origin.clone() };
        assert_eq!(media::storyboard(source(), &request).unwrap().unwrap().len(), 150);
        assert!(media::preview(source(), &PreviewRequest { plan, origin }).unwrap().is_some());
        let file = fs::read(&clip).unwrap();
        let moov = file.windows(4).rposition(|kind| kind == b"moov").unwrap();
        // The index is as long as the video; it is read once by each of the three.
        let index = 3 * (file.len() - moov) as u64;
        (bytes.load(Relaxed).saturating_sub(index), file.len() as u64, clip)
    };
    let (short, short_size, _) = measure(10);
    let (long, long_size, _) = measure(40);
    assert!(long_size > 39 * short_size / 10);
    let near = |a: u64, b: u64| a < b + b / 10;
    assert!(near(long, short) && near(short, long), "{short} and {long} bytes read");
    assert!(long < long_size / 4, "{long} of {long_size} bytes");
}

#[test]
fn tiles_and_previews_are_upright_in_the_right_colours() {
    let dir = Dir::new();
    let args = format!(
        "-f lavfi -i {QUADRANTS},transpose=cclock,format=yuv420p -t 1 -c:v libx264 -g 5 \
         -colorspace bt709 -color_primaries bt709 -color_trc bt709"
    );
    let mut bytes = fs::read(dir.clip("lying.mp4", &args)).unwrap();
    set_matrix(&mut bytes, 90, false);
    let clip = dir.file("clip.mp4", &bytes);
    let plan = plan(&clip);
    let tiles = storyboard(&clip, &plan).unwrap();
    assert_eq!(quarters(&tiles[0], 160, 90), UPRIGHT);
    let file = dir.file("preview.mp4", &cut_preview(&clip, &plan).unwrap());
    assert_eq!(quarters(&raw(&file, "rgb24", "-frames:v 1"), 160, 90), UPRIGHT);
}

#[test]
fn high_dynamic_range_is_brought_down() {
    let dir = Dir::new();
    let clip = dir.clip(
        "hdr.mkv",
        "-f lavfi -i testsrc2=s=320x180:r=25:d=0.2 -vf zscale=tin=bt709:min=bt709:pin=bt709:rin=tv:\
         t=smpte2084:m=bt2020nc:p=bt2020:npl=500,format=yuv420p10le -c:v libx265 -x265-params \
         log-level=none:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc",
    );
    let plan = plan(&clip);
    let file = dir.file("preview.mp4", &cut_preview(&clip, &plan).unwrap());
    let told = ffprobe(&file, "-show_entries stream=pix_fmt,color_transfer");
    assert_eq!(told, ["yuv420p,bt709"]);
    for seen in [storyboard(&clip, &plan).unwrap().remove(0), raw(&file, "rgb24", "-frames:v 1")] {
        let (dark, bright) = (seen.iter().min().unwrap(), seen.iter().max().unwrap());
        assert!(*dark < 40 && *bright > 180, "{dark}…{bright}: grey");
    }
}

#[test]
fn a_preview_is_small_silent_and_plays_while_it_loads() {
    let dir = Dir::new();
    let clip = dir.clip(
        "clip.mp4",
        "-f lavfi -i testsrc2=s=640x360:r=50:d=20 -f lavfi -i sine=d=20 -c:v libx264 -g 100 \
         -preset ultrafast",
    );
    let plan = plan(&clip);
    let bytes = cut_preview(&clip, &plan).unwrap();
    let at = |kind: &[u8; 4]| bytes.windows(4).position(|found| found == kind).unwrap();
    assert!(at(b"moov") < at(b"mdat"));
    assert!(bytes.len() < 250_000, "{} bytes", bytes.len());
    let file = dir.file("preview.mp4", &bytes);
    let streams =
        ffprobe(&file, "-show_entries stream=codec_name,width,height,r_frame_rate,nb_frames");
    assert_eq!(streams, ["h264,320,180,25/1,90"], "one stream");
    // The shortest there is.
    let clip =
        dir.clip("still.mp4", "-f lavfi -i testsrc2=s=320x180:r=25 -frames:v 1 -c:v libx264");
    let plan = crate::clips::plan(&clip);
    assert_eq!(storyboard(&clip, &plan).unwrap().len(), 1);
    let file = dir.file("preview.mp4", &cut_preview(&clip, &plan).unwrap());
    assert_eq!(ffprobe(&file, "-show_entries stream=nb_frames"), ["1"]);
}

#[test]
fn the_poster_shows_something() {
    let dir = Dir::new();
    // Black, out of focus, a scene, fading to white, and each with key frames of its own.
    let clip = dir.clip(
        "film.mp4",
        "-f lavfi -i color=black:s=320x180:r=25:d=4 -f lavfi -i testsrc2=s=320x180:r=25:d=4 \
         -filter_complex [1]split=3[a][scene][c];[a]gblur=8[blurred];\
         [c]fade=out:0:100:c=white[fading];[0][blurred][scene][fading]concat=n=4,format=yuv420p \
         -c:v libx264 -g 10",
    );
    let plan = plan(&clip);
    let positions = (1..20).map(|part| part * 50).collect();
    let request = StillsRequest { plan, positions, max_width: 320 };
    let stills = media::stills(open(&clip), &request).unwrap();
    assert_eq!(stills.len(), 3);
    for still in &stills {
        // The fade has hardly begun where it is let in.
        let second = still.at_us as f64 / 1e6;
        assert!((8.0..12.9).contains(&second), "a still of {second} s, {}", still.score);
    }
    assert!(stills.is_sorted_by(|a, b| a.score >= b.score));
}
