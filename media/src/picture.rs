//! From a decoded picture to the rung's: scaled, square pixels, upright, BT.709 limited, 8 bit.

use domain::source::VideoTrack;
use ffmpeg_next::{format::Pixel, frame};

use crate::{MediaError, frames, graph::Chain, orientation, tracks};

/// Exact on every processor; bicubic costs as little as any (scaling is under 5 % of the work).
const SCALER: &str = "flags=bicubic+accurate_rnd+full_chroma_int+bitexact";

/// Shapes that differ by less are the same but for rounding (1080 lines are stored as 1088).
const SAME_SHAPE: f64 = 0.02;

/// Makes pictures of one size.
pub(crate) struct Scaler {
    track: VideoTrack,
    width: u32,
    height: u32,
    output: Pixel,
    chain: Option<(Shape, Chain)>,
}

/// What a chain was built for; sources may change it in mid-stream. Format, width, height and
/// sample aspect ratio.
type Shape = (Pixel, u32, u32, (u32, u32));

impl Scaler {
    /// For pictures of `track`, made `width × height` when upright, as `output` pixels.
    pub(crate) fn new(track: &VideoTrack, width: u32, height: u32, output: Pixel) -> Self {
        Self { track: track.clone(), width, height, output, chain: None }
    }

    /// The picture as the rung shows it.
    pub(crate) fn scale(&mut self, picture: &frame::Video) -> Result<frame::Video, MediaError> {
        let aspect = tracks::ratio(picture.aspect_ratio());
        let aspect = aspect.unwrap_or(self.track.sample_aspect_ratio);
        let shape = (picture.format(), picture.width(), picture.height(), aspect);
        if self.chain.as_ref().is_none_or(|(built, _)| *built != shape) {
            self.chain = Some((shape, self.build(shape)?));
        }
        let Some((_, chain)) = &mut self.chain else {
            return Err(MediaError::Internal("no scaler".into()));
        };
        let mut input = frames::share(picture)?;
        chain.push(&mut input)?;
        let mut output = frame::Video::empty();
        if !chain.pull(&mut output)? {
            return Err(MediaError::Internal("the scaler kept a picture back".into()));
        }
        Ok(output)
    }

    fn build(&self, (format, width, height, aspect): Shape) -> Result<Chain, MediaError> {
        let name = pixel_name(format);
        let args = format!(
            "video_size={width}x{height}:pix_fmt={name}:time_base=1/1000000:pixel_aspect=1/1"
        );
        let track = &self.track;
        let stored = (width, height, aspect);
        let spec = spec(track, name, stored, (self.width, self.height), pixel_name(self.output));
        Chain::new("buffer", &args, &spec)
    }
}

/// libav's name of a pixel format.
pub(crate) fn pixel_name(format: Pixel) -> &'static str {
    format.descriptor().map_or("none", |descriptor| descriptor.name())
}

/// The chain for pictures stored as `format` pixels, `stored` in that shape.
fn spec(
    track: &VideoTrack,
    format: &str,
    stored: Stored,
    (width, height): (u32, u32),
    output: &str,
) -> String {
    // Scaled as stored and turned afterwards: turning a small picture is cheap.
    let swap = track.orientation.swaps_sides();
    let (width, height) = if swap { (height, width) } else { (width, height) };
    let (inner, pad) = inside(track, stored, (width, height));
    let turn = orientation::filters(track.orientation);
    // A still of two fields would show both at once; one is enough.
    let field = if track.interlaced && output == "rgb24" { "field=top," } else { "" };
    let scale = scale(track, format, inner.0, inner.1);
    // Frames still carry the source's tags: libav is told that they are BT.709 by now.
    let rgb = if output == "rgb24" { ",scale=in_color_matrix=bt709:in_range=tv" } else { "" };
    format!("{field}{scale},format=yuv420p,setsar=1{pad}{turn}{rgb},format={output}")
}

/// Width, height and sample aspect ratio of a picture as stored.
type Stored = (u32, u32, (u32, u32));

/// How large a picture is within `width × height`, and the filter that puts it in the middle. It
/// fills all, unless the source has changed the shape of its pictures in mid-stream.
fn inside(
    track: &VideoTrack,
    (stored_width, stored_height, aspect): Stored,
    (width, height): (u32, u32),
) -> ((u32, u32), String) {
    let shape = |width: u32, height: u32, (num, den): (u32, u32)| {
        (f64::from(width) * f64::from(num)) / (f64::from(height) * f64::from(den)).max(1.0)
    };
    let planned = shape(track.width, track.height, track.sample_aspect_ratio);
    let relative = shape(stored_width, stored_height, aspect) / planned.max(f64::MIN_POSITIVE);
    if (relative - 1.0).abs() < SAME_SHAPE {
        return ((width, height), String::new());
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a side's length")]
    let even = |side: f64| ((side / 2.0).round() as u32 * 2).max(2);
    let (inner_width, inner_height) = if relative > 1.0 {
        (width, even(f64::from(height) / relative).min(height))
    } else {
        (even(f64::from(width) * relative).min(width), height)
    };
    let (x, y) = ((width - inner_width) / 4 * 2, (height - inner_height) / 4 * 2);
    ((inner_width, inner_height), format!(",pad={width}:{height}:{x}:{y}"))
}

fn scale(track: &VideoTrack, format: &str, width: u32, height: u32) -> String {
    let color = &track.color;
    let full = color.range == "pc" || format.starts_with("yuvj");
    let range = if full { "full" } else { "limited" };
    if color.is_hdr() {
        // Linear light in floats at the rung's own size, 1 being the white of texts and faces
        // (203 cd/m², ITU-R BT.2408 table 1). What SDR can show stays as it is, brighter things
        // are pressed together below 1; the rest of libav's curves turn that white grey.
        let (transfer, primaries) = (&color.transfer, wide_primaries(&color.primaries));
        let matrix = wide_matrix(&color.matrix);
        return format!(
            "{}zscale=w={width}:h={height}:f=bicubic:tin={transfer}:pin={primaries}:min={matrix}\
             :rin={range}:t=linear:npl=203,format=gbrpf32le,zscale=p=bt709,\
             tonemap=tonemap=mobius:param=0.3:peak=10:desat=0,zscale=t=bt709:m=bt709:r=limited",
            tagged(transfer, primaries, matrix),
        );
    }
    if color.primaries == "bt2020" && !is_rgb(format) {
        let matrix = wide_matrix(&color.matrix);
        return format!(
            "{}zscale=w={width}:h={height}:f=bicubic:tin=bt709:pin=bt2020:min={matrix}\
             :rin={range}:p=bt709:t=bt709:m=bt709:r=limited",
            tagged("bt709", "bt2020", matrix),
        );
    }
    let plain = format!("scale=w={width}:h={height}:{SCALER}");
    if is_rgb(format) {
        return format!("{plain}:out_color_matrix=bt709:out_range=tv");
    }
    let matrix = matrix(track);
    if matrix == "bt709" && !full {
        // Nothing to convert: libav then passes pictures of the right size through.
        return plain;
    }
    let range = if full { "pc" } else { "tv" };
    format!("{plain}:in_color_matrix={matrix}:out_color_matrix=bt709:in_range={range}:out_range=tv")
}

/// The scaler's name of a track's matrix. Untagged pictures are what players take them for:
/// BT.709 from 720 lines on, BT.601 below.
fn matrix(track: &VideoTrack) -> &'static str {
    match track.color.matrix.as_str() {
        "bt709" => "bt709",
        "bt470bg" | "smpte170m" => "bt601",
        "smpte240m" => "smpte240m",
        "fcc" => "fcc",
        "bt2020nc" | "bt2020c" => "bt2020",
        _ if track.width >= 1280 || track.height >= 720 => "bt709",
        _ => "bt601",
    }
}

/// Tags that the pictures shall carry: where zscale has an option for what comes in but none for
/// what goes out, it passes the source's own on, and the next one fails on those it does not know.
fn tagged(transfer: &str, primaries: &str, matrix: &str) -> String {
    format!("setparams=color_trc={transfer}:color_primaries={primaries}:colorspace={matrix},")
}

/// Primaries of wide or high range pictures: those that zscale knows, else those of BT.2020.
fn wide_primaries(name: &str) -> &str {
    match name {
        "bt709" | "smpte170m" | "bt470bg" | "smpte431" | "smpte432" => name,
        _ => "bt2020",
    }
}

/// Their matrix: RGB's, constant luminance and ICtCp are tags that zscale fails on.
fn wide_matrix(name: &str) -> &str {
    match name {
        "bt709" | "smpte170m" | "bt470bg" => name,
        _ => "bt2020nc",
    }
}

fn is_rgb(format: &str) -> bool {
    ["gbr", "rgb", "bgr", "argb", "abgr", "0rgb", "0bgr", "pal8", "x2"]
        .iter()
        .any(|prefix| format.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use domain::source::{Color, Orientation};

    use super::*;

    fn track(width: u32, height: u32) -> VideoTrack {
        VideoTrack {
            stream: 0,
            codec: "h264".into(),
            width,
            height,
            sample_aspect_ratio: (1, 1),
            orientation: Orientation::default(),
            average_rate: None,
            base_rate: None,
            start_us: 0,
            late_us: 0,
            duration_us: 0,
            bitrate_bps: None,
            interlaced: false,
            pixel_format: "yuv420p".into(),
            color: Color::default(),
            cuttable: true,
        }
    }

    const HD: Stored = (1920, 1080, (1, 1));

    #[test]
    fn what_changes_its_shape_is_put_in_the_middle() {
        let track = track(1920, 1080);
        let within = |width, height, aspect| inside(&track, (width, height, aspect), (854, 480));
        assert_eq!(within(1280, 720, (1, 1)), ((854, 480), String::new()));
        assert_eq!(within(1920, 1088, (1, 1)), ((854, 480), String::new()));
        assert_eq!(within(720, 576, (16, 15)), ((640, 480), ",pad=854:480:106:0".into()));
        assert_eq!(within(1920, 800, (1, 1)), ((854, 356), ",pad=854:480:0:62".into()));
        assert_eq!(within(1080, 1920, (1, 1)), ((270, 480), ",pad=854:480:292:0".into()));
    }

    #[test]
    fn what_needs_no_conversion_gets_none() {
        let spec = spec(&track(1920, 1080), "yuv420p", HD, (1280, 720), "yuv420p");
        assert!(spec.starts_with("scale=w=1280:h=720:flags="), "{spec}");
        assert!(!spec.contains("matrix"), "{spec}");
    }

    #[test]
    fn old_and_full_range_pictures_are_converted() {
        let sd = spec(&track(720, 576), "yuv420p", (720, 576, (1, 1)), (720, 576), "yuv420p");
        assert!(sd.contains("in_color_matrix=bt601:out_color_matrix=bt709:in_range=tv"), "{sd}");
        let full = spec(&track(1920, 1080), "yuvj420p", HD, (1920, 1080), "yuv420p");
        assert!(full.contains("in_color_matrix=bt709") && full.contains("in_range=pc"), "{full}");
        let screen = spec(&track(1920, 1080), "gbrp", HD, (1920, 1080), "yuv420p");
        assert!(screen.contains("out_color_matrix=bt709") && !screen.contains("in_color"));
    }

    #[test]
    fn hdr_is_tone_mapped_at_the_size_of_the_rung() {
        let mut track = track(3840, 2160);
        track.color.transfer = "arib-std-b67".into();
        let spec = spec(&track, "yuv420p10le", (3840, 2160, (1, 1)), (854, 480), "yuv420p");
        assert!(spec.contains(",zscale=w=854:h=480:f=bicubic:tin=arib-std-b67"), "{spec}");
        assert!(spec.contains("tonemap=mobius"), "{spec}");
    }

    #[test]
    fn portrait_is_scaled_lying_and_then_turned() {
        let mut track = track(1920, 1080);
        track.orientation.clockwise_degrees = 90;
        let spec = spec(&track, "yuv420p", HD, (720, 1280), "yuv420p");
        assert!(spec.starts_with("scale=w=1280:h=720:"), "{spec}");
        assert!(spec.contains("setsar=1,transpose=clock,"), "{spec}");
    }

    #[test]
    fn no_tags_stop_it() {
        use ffmpeg_next::color::{Primaries, Range, Space, TransferCharacteristic as Transfer};
        crate::init();
        let primaries =
            [Primaries::BT2020, Primaries::Film, Primaries::SMPTE428, Primaries::Reserved];
        let transfers = [Transfer::SMPTE2084, Transfer::ARIB_STD_B67, Transfer::Log];
        let matrices = [
            Space::RGB,
            Space::Unspecified,
            Space::YCGCO,
            Space::BT2020NCL,
            Space::BT2020CL,
            Space::SMPTE2085,
            Space::ChromaDerivedCL,
            Space::ICTCP,
        ];
        for (primary, transfer, matrix) in primaries.iter().flat_map(|primary| {
            let pairs = transfers.iter().flat_map(|t| matrices.iter().map(move |m| (t, m)));
            pairs.map(move |(t, m)| (primary, t, m))
        }) {
            let mut picture = frame::Video::new(Pixel::YUV420P, 64, 48);
            picture.set_color_primaries(*primary);
            picture.set_color_transfer_characteristic(*transfer);
            picture.set_color_space(*matrix);
            picture.set_color_range(Range::MPEG);
            let mut track = track(64, 48);
            let named = |name: Option<&str>| name.unwrap_or("unknown").to_owned();
            track.color.primaries = named(primary.name());
            track.color.transfer = named(transfer.name());
            track.color.matrix = named(matrix.name());
            for output in [Pixel::YUV420P, Pixel::RGB24] {
                let scaled = Scaler::new(&track, 32, 24, output).scale(&picture);
                assert!(scaled.is_ok(), "{:?} as {output:?}", track.color);
            }
        }
    }
}
