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
/// Threads of one decoder: more cost memory (785 MB with 16 against 346 MB with 4 at 4K).
pub(crate) const DECODER_THREADS: usize = 4;
/// Packets in a row that the demuxer refuses before the rest is given up.
pub(crate) const MAX_BAD_PACKETS: u32 = 500;

/// Picture codecs, by libav's codec names.
const VIDEO_CODECS: [&str; 19] = [
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
];
/// Sound codecs, by libav's codec names; all of PCM besides.
const AUDIO_CODECS: [&str; 18] = [
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
];
/// Text codecs that become captions, by libav's codec names.
const CAPTION_CODECS: [&str; 5] = ["mov_text", "subrip", "webvtt", "ass", "eia_608"];
/// Decoders that libav's own probing may open: the above by the names of their decoders.
pub(crate) const DECODERS: &str = "h264,hevc,vp8,libvpx,vp9,libvpx-vp9,av1,libdav1d,mpeg1video,\
    mpeg2video,mpeg4,h263,msmpeg4v2,msmpeg4,prores,mjpeg,wmv1,wmv2,wmv3,vc1,dnxhd,flv,\
    aac,aac_fixed,mp1float,mp2float,mp3float,mp1,mp2,mp3,ac3,eac3,opus,libopus,vorbis,libvorbis,\
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

/// Latest time that is believed of a track that ends at `end_us`, in microseconds: a damaged
/// timestamp would otherwise freeze or silence everything up to it.
pub(crate) fn latest_us(end_us: i64) -> i64 {
    end_us.saturating_add(10_000_000)
}
