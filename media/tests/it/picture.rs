//! What a viewer would notice: the right colours in the right places at the right times.

use std::path::Path;

use domain::{FrameRate, Plan};
use media::StillsRequest;

use crate::clips::{Dir, ffprobe, open, plan, raw, whole};

/// Red, green / blue, white; upright.
pub(crate) const QUADRANTS: &str = "color=red:s=160x90,drawbox=c=0x00ff00:t=fill:x=80:w=80:h=45,\
    drawbox=c=blue:t=fill:y=45:w=80:h=45,drawbox=c=white:t=fill:x=80:y=45:w=80:h=45";
/// Tags that leave colours as they are.
const HD: &str = "-colorspace bt709 -color_primaries bt709 -color_trc bt709";
pub(crate) const UPRIGHT: &str = "rg/bw";

/// Letters of the colours in the middle of each quarter, top to bottom.
pub(crate) fn quarters(rgb: &[u8], width: usize, height: usize) -> String {
    let letter = |x: usize, y: usize| {
        let at = (y * width + x) * 3;
        let [r, g, b] = [rgb[at], rgb[at + 1], rgb[at + 2]].map(|value| value > 128);
        match (r, g, b) {
            (true, false, false) => 'r',
            (false, true, false) => 'g',
            (false, false, true) => 'b',
            (true, true, true) => 'w',
            _ => '?',
        }
    };
    let (left, right) = (width / 4, width * 3 / 4);
    let (top, bottom) = (height / 4, height * 3 / 4);
    format!(
        "{}{}/{}{}",
        letter(left, top),
        letter(right, top),
        letter(left, bottom),
        letter(right, bottom)
    )
}

fn seen(dir: &Dir, clip: &Path, plan: &Plan) -> (String, (usize, usize)) {
    let joined = dir.file("joined.mp4", &whole(clip, plan, "480p").track("480p"));
    let size = ffprobe(&joined, "-show_entries stream=width,height");
    let (width, height) = size[0].split_once(',').unwrap();
    let (width, height) = (width.parse().unwrap(), height.parse().unwrap());
    let rgb = raw(&joined, "rgb24", "-frames:v 1");
    (quarters(&rgb, width, height), (width, height))
}

#[test]
fn all_eight_ways_to_hold_a_phone_come_out_upright() {
    let dir = Dir::new();
    for (degrees, undo) in
        [(0, "null"), (90, "transpose=cclock"), (180, "hflip,vflip"), (270, "transpose=clock")]
    {
        for mirrored in [false, true] {
            // Stored so that obeying the matrix (mirror, then turn) gives the upright picture.
            let stored = if mirrored { format!("{undo},hflip") } else { undo.to_owned() };
            let args =
                format!("-f lavfi -i {QUADRANTS},{stored},format=yuv420p -t 0.4 -c:v libx264");
            let mut bytes = std::fs::read(dir.clip("lying.mp4", &args)).unwrap();
            set_matrix(&mut bytes, degrees, mirrored);
            let clip = dir.file("clip.mp4", &bytes);
            let case = format!("{degrees}° mirrored: {mirrored}");
            let oracle = raw(&clip, "rgb24", "-frames:v 1");
            assert_eq!(quarters(&oracle, 160, 90), UPRIGHT, "ffmpeg itself, {case}");

            let plan = plan(&clip);
            let (colours, size) = seen(&dir, &clip, &plan);
            assert_eq!((colours.as_str(), size), (UPRIGHT, (160, 90)), "{case}");
            let request = StillsRequest { plan, positions: vec![500], max_width: 80 };
            let still = &media::stills(open(&clip), &request).unwrap()[0];
            let (width, height) = (still.width as usize, still.height as usize);
            assert_eq!((width, height), (80, 46));
            assert_eq!(quarters(&still.rgb, width, height), UPRIGHT, "still, {case}");
        }
    }
}

/// Writes the display matrix into the only track header (ISO 14496-12 8.3.2, version 0).
pub(crate) fn set_matrix(mp4: &mut [u8], degrees: i32, mirrored: bool) {
    let (cos, sin) = match degrees {
        0 => (1, 0),
        90 => (0, 1),
        180 => (-1, 0),
        _ => (0, -1),
    };
    let side = if mirrored { -1 } else { 1 };
    let cells = [side * cos, side * sin, 0, -sin, cos, 0, 0, 0].map(|cell: i32| cell << 16);
    let at = mp4.windows(4).position(|kind| kind == b"tkhd").unwrap() + 44;
    for (place, cell) in cells.into_iter().enumerate() {
        mp4[at + place * 4..][..4].copy_from_slice(&cell.to_be_bytes());
    }
}

#[test]
fn pixels_become_square_and_sides_even() {
    let dir = Dir::new();
    let clip = dir.clip(
        "wide.mkv",
        &format!(
            "-f lavfi -i {QUADRANTS},scale=91:75,setsar=2/1 -t 0.2 -c:v libx264 -pix_fmt yuv444p"
        ),
    );
    let plan = plan(&clip);
    assert_eq!(seen(&dir, &clip, &plan), (UPRIGHT.to_owned(), (182, 76)));
}

#[test]
fn colours_survive_every_way_to_store_them() {
    let dir = Dir::new();
    let cases = [
        ("full.mp4", "format=yuvj420p -c:v libx264".to_owned()),
        (
            "sd.mp4",
            "scale=out_color_matrix=bt601,format=yuv420p -colorspace smpte170m -c:v libx264"
                .to_owned(),
        ),
        ("hd.mp4", format!("scale=out_color_matrix=bt709,format=yuv420p {HD} -c:v libx264")),
        ("ten.mp4", format!("scale=out_color_matrix=bt709,format=yuv422p10le {HD} -c:v libx264")),
        ("rgb.mkv", "format=gbrp -c:v libx264rgb".to_owned()),
        ("motion.avi", "format=yuvj422p -c:v mjpeg -q:v 2".to_owned()),
        ("old.avi", "format=yuv420p -c:v mpeg4 -q:v 2".to_owned()),
        ("web.webm", "format=yuv420p -c:v libvpx-vp9".to_owned()),
        ("dvd.mpg", "format=yuv420p -r 25 -c:v mpeg2video -q:v 2".to_owned()),
        ("edit.mov", "format=yuv422p10le -c:v prores_ks".to_owned()),
    ];
    // 75 % bars: yellow, cyan, magenta, orange are where wrong matrices and ranges show.
    let bars = "color=0xbfbf00:s=160x90:r=25,drawbox=c=0x00bfbf:t=fill:x=80:w=80:h=45,\
        drawbox=c=0xbf00bf:t=fill:y=45:w=80:h=45,drawbox=c=0xbf6000:t=fill:x=80:y=45:w=80:h=45,format=yuv444p,format=gbrp";
    let wanted = [[0xbf, 0xbf, 0], [0, 0xbf, 0xbf], [0xbf, 0, 0xbf], [0xbf, 0x60, 0]];
    for (name, encode) in cases {
        let clip = dir.clip(name, &format!("-f lavfi -i {bars},{encode} -t 0.2"));
        let plan = plan(&clip);
        let joined = dir.file("joined.mp4", &whole(&clip, &plan, "480p").track("480p"));
        let told = ffprobe(
            &joined,
            "-show_entries stream=pix_fmt,color_range,color_space,color_transfer,color_primaries",
        );
        assert_eq!(told, ["yuv420p,tv,bt709,bt709,bt709"], "{name}");
        let rgb = raw(&joined, "rgb24", "-frames:v 1 -vf scale=in_color_matrix=bt709:in_range=tv");
        for (place, wanted) in [(40, 22), (120, 22), (40, 67), (120, 67)].into_iter().zip(wanted) {
            let at = (place.1 * 160 + place.0) * 3;
            for channel in 0..3 {
                let off = i32::from(rgb[at + channel]) - wanted[channel];
                assert!(off.abs() <= 8, "{name}: {:?} for {wanted:?}", &rgb[at..at + 3]);
            }
        }
    }
}

#[test]
fn variable_time_becomes_constant() {
    let dir = Dir::new();
    // A counter at 25 a second of which a third is missing, and a hole of a second.
    let select = "select='not(eq(mod(n,3),1))*not(between(n,30,55))'";
    let clip = dir.clip(
        "phone.mp4",
        &format!("-f lavfi -i testsrc2=s=160x90:r=25:d=4,{select} -fps_mode vfr -c:v libx264 {HD}"),
    );
    let mut plan = plan(&clip);
    plan.frame_rate = FrameRate::new(25, 1);
    plan.frames = 100;
    let joined = dir.file("joined.mp4", &whole(&clip, &plan, "480p").track("480p"));
    let straight = dir
        .clip("straight.mp4", &format!("-f lavfi -i testsrc2=s=160x90:r=25:d=4 -c:v libx264 {HD}"));
    let shown = raw(&joined, "gray", "");
    let wanted = raw(&straight, "gray", "");
    let picture = 160 * 90;
    assert_eq!(shown.len(), 100 * picture);
    let there = |n: usize| n % 3 != 1 && !(30..=55).contains(&n);
    for n in 0..100 {
        let source = (0..=n).rev().find(|&n| there(n)).unwrap();
        let pair =
            shown[n * picture..][..picture].iter().zip(&wanted[source * picture..][..picture]);
        let off: u64 = pair.map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
        assert!(off < 4 * picture as u64, "frame {n} does not show picture {source}: {off}");
    }
}

#[test]
fn fields_become_full_motion() {
    let dir = Dir::new();
    for flag in ["tff", "bff"] {
        let order = if flag == "tff" { "interleave_top" } else { "interleave_bottom" };
        let clip = dir.clip(
            "fields.ts",
            &format!(
                "-f lavfi -i testsrc2=s=320x240:r=50:d=6,tinterlace={order},setfield={flag} \
                 -c:v mpeg2video -flags +ildct+ilme -b:v 4M -pix_fmt yuv420p"
            ),
        );
        let plan = plan(&clip);
        assert!(plan.source.video.as_ref().unwrap().interlaced, "{flag}");
        assert_eq!(plan.frame_rate, FrameRate::new(50, 1), "{flag}");
        let all = whole(&clip, &plan, "480p");
        let alone = crate::clips::video(&clip, &plan, &["480p"], 3..4);
        assert!(all.segment("480p", 3) == alone.segment("480p", 3), "{flag}: not a pure function");
    }
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
    assert!(plan.source.video.as_ref().unwrap().color.is_hdr());
    let joined = dir.file("joined.mp4", &whole(&clip, &plan, "480p").track("480p"));
    let told = ffprobe(&joined, "-show_entries stream=pix_fmt,color_transfer");
    assert_eq!(told, ["yuv420p,bt709"]);
    let luma = raw(&joined, "gray", "-frames:v 1");
    let (dark, bright) = (luma.iter().min().unwrap(), luma.iter().max().unwrap());
    assert!(*dark < 40 && *bright > 180, "{dark}…{bright}: grey");
}
