//! What we let libav touch: the containers, codecs and sizes that strangers may send.

/// Demuxers, by libav's whole names: no playlists, no concat scripts, nothing that opens others.
pub(crate) const CONTAINERS: &str =
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,flv,ogg,asf";
/// A protocol that does not exist: bytes come from us or from nowhere.
pub(crate) const PROTOCOLS: &str = "none";
/// Tracks of a file; more is an attack.
pub(crate) const MAX_STREAMS: &str = "64";
/// Bytes that libav reads to find out about tracks.
pub(crate) const PROBE_BYTES: &str = "5000000";
/// Longest side of a picture, in pixels.
pub(crate) const MAX_SIDE: u32 = 8192;
/// Pixels of a picture: 8K UHD with room for padding to blocks.
pub(crate) const MAX_PIXELS: u64 = 8192 * 4608;
/// Highest sampling rate of sound, in Hz.
pub(crate) const MAX_SAMPLE_RATE: u32 = 384_000;
/// Channels of a sound track, as many as libav mixes down.
pub(crate) const MAX_CHANNELS: u32 = 64;
/// Refused or damaged packets of a span from which on it is asked whether they are the most.
pub(crate) const MANY_ERRORS: u64 = 50;
/// Threads of one decoder: more cost memory (785 MB with 16 against 346 MB with 4 at 4K).
pub(crate) const DECODER_THREADS: usize = 4;
/// Packets in a row that the demuxer refuses before the rest is given up.
pub(crate) const MAX_BAD_PACKETS: u32 = 500;

/// Picture codecs, by libav's codec names.
const VIDEO_CODECS: [&str; 20] = [
    "h264",
    "hevc",
    "vp8",
    "vp9",
    "av1",
    "mpeg1video",
    "mpeg2video",
    "mpeg4",
    "h263",
    "msmpeg4v2",
    "msmpeg4v3",
    "prores",
    "mjpeg",
    "wmv1",
    "wmv2",
    "wmv3",
    "vc1",
    "dnxhd",
    "flv1",
    "dvvideo",
];
/// Sound codecs, by libav's codec names; all of PCM besides.
const AUDIO_CODECS: [&str; 20] = [
    "aac",
    "mp1",
    "mp2",
    "mp3",
    "ac3",
    "eac3",
    "opus",
    "vorbis",
    "flac",
    "alac",
    "wmav1",
    "wmav2",
    "wmapro",
    "amr_nb",
    "amr_wb",
    "adpcm_ms",
    "adpcm_ima_wav",
    "adpcm_ima_qt",
    "aac_latm",
    "dts",
];
/// Text codecs that become captions, by libav's codec names.
const CAPTION_CODECS: [&str; 5] = ["mov_text", "subrip", "webvtt", "ass", "eia_608"];
/// Decoders that libav's own probing may open: the above by the names of their decoders.
pub(crate) const DECODERS: &str = "h264,hevc,vp8,libvpx,vp9,libvpx-vp9,av1,libdav1d,mpeg1video,\
    mpeg2video,mpeg4,h263,msmpeg4v2,msmpeg4,prores,mjpeg,wmv1,wmv2,wmv3,vc1,dnxhd,flv,dvvideo,\
    aac,aac_fixed,aac_latm,dca,mp1float,mp2float,mp3float,mp1,mp2,mp3,ac3,eac3,opus,libopus,vorbis,libvorbis,\
    flac,alac,wmav1,wmav2,wmapro,amrnb,amrwb,libopencore_amrnb,libopencore_amrwb,\
    adpcm_ms,adpcm_ima_wav,adpcm_ima_qt,pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be,pcm_s32le,\
    pcm_s32be,pcm_f32le,pcm_f32be,pcm_f64le,pcm_f64be,pcm_u8,pcm_s8,pcm_alaw,pcm_mulaw,\
    pcm_bluray,pcm_dvd,pcm_s8_planar,pcm_s16le_planar,pcm_s24le_planar,pcm_s32le_planar";

/// Whether we decode pictures of this codec.
pub(crate) fn takes_video(codec: &str) -> bool {
    VIDEO_CODECS.contains(&codec)
}

/// Whether we decode sound of this codec.
pub(crate) fn takes_audio(codec: &str) -> bool {
    codec.starts_with("pcm_") || AUDIO_CODECS.contains(&codec)
}

/// Whether we make captions of this codec.
pub(crate) fn takes_captions(codec: &str) -> bool {
    CAPTION_CODECS.contains(&codec)
}

/// Whether a picture of this size is one we hold in memory.
pub(crate) fn takes_size(width: u32, height: u32) -> bool {
    width.max(height) <= MAX_SIDE && u64::from(width) * u64::from(height) <= MAX_PIXELS
}

/// Whether sound of this shape is some that we resample.
pub(crate) fn takes_sound(sample_rate: u32, channels: u32) -> bool {
    (1..=MAX_SAMPLE_RATE).contains(&sample_rate) && (1..=MAX_CHANNELS).contains(&channels)
}

/// Latest time that is believed of a track that ends at `end_us`, in microseconds: a damaged
/// timestamp would otherwise freeze or silence everything up to it.
pub(crate) fn latest_us(end_us: i64) -> i64 {
    end_us.saturating_add(10_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    const README: &str = include_str!("../README.md");

    /// The cells of the first row that begins so.
    fn row(first: &str) -> Vec<&'static str> {
        let start = format!("| {first} |");
        let found = README.lines().find(|line| line.starts_with(&start));
        found.unwrap_or_else(|| panic!("no row {first}")).split('|').map(str::trim).collect()
    }

    fn named(first: &str) -> Vec<&'static str> {
        row(first)[2].split('`').skip(1).step_by(2).collect()
    }

    #[test]
    fn the_readme_lists_what_is_taken() {
        assert_eq!(named("containers"), CONTAINERS.split(',').collect::<Vec<_>>());
        assert_eq!(named("pictures"), VIDEO_CODECS);
        assert_eq!(named("sound"), AUDIO_CODECS);
        assert_eq!(named("captions"), CAPTION_CODECS);
    }

    #[test]
    fn the_readme_tells_every_limit() {
        let cage = crate::Limits::default();
        for (first, value, name) in [
            ("address space of one call, bytes", cage.memory_bytes.to_string(), "memory_bytes"),
            ("CPU time of one call, seconds", cage.cpu_seconds.to_string(), "cpu_seconds"),
            ("silence of one call, seconds", cage.silence.as_secs().to_string(), "silence"),
            (
                "time of one call without an output, seconds",
                cage.stall.as_secs().to_string(),
                "stall",
            ),
            ("time of one call, seconds", cage.wall.as_secs().to_string(), "wall"),
            ("side of a picture, pixels", MAX_SIDE.to_string(), "MAX_SIDE"),
            ("pixels of a picture", MAX_PIXELS.to_string(), "MAX_PIXELS"),
            ("length, hours", domain::plan::MAX_HOURS.to_string(), "MAX_HOURS"),
            ("tracks", MAX_STREAMS.to_owned(), "MAX_STREAMS"),
            ("sampling rate, Hz", MAX_SAMPLE_RATE.to_string(), "MAX_SAMPLE_RATE"),
            ("channels", MAX_CHANNELS.to_string(), "MAX_CHANNELS"),
            ("bytes read to find tracks", PROBE_BYTES.to_owned(), "PROBE_BYTES"),
            ("threads of a decoder", DECODER_THREADS.to_string(), "DECODER_THREADS"),
            (
                "refused packets in a row before the rest is given up",
                MAX_BAD_PACKETS.to_string(),
                "MAX_BAD_PACKETS",
            ),
            (
                "refused packets of a span before it may count as damaged",
                MANY_ERRORS.to_string(),
                "MANY_ERRORS",
            ),
        ] {
            let cells = row(first);
            assert_eq!(cells[2], value, "{first}");
            assert!(cells[3].contains(&format!("`{name}`")), "{first}");
        }
        assert_eq!(MAX_SIDE, domain::plan::MAX_SIDE);
    }
}
