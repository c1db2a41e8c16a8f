//! Codecs of pictures, in the containers they come in.

use super::rows;

rows! {
    hevc_ten_bit {
        file: "hevc.mkv",
        args: "{V},scale=out_color_matrix=bt709,format=yuv420p10le {A} -c:v libx265 \
            -preset ultrafast -x265-params log-level=none:bframes=3 {tags}",
    }
    vp9_webm {
        file: "web.webm",
        args: "{V}{709} {A} -c:v libvpx-vp9 -deadline realtime -cpu-used 8 -b:v 1M {tags} \
            -c:a libopus",
    }
    vp8_webm {
        file: "web.webm",
        args: "{V},scale=out_color_matrix=bt601,format=yuv420p {A} -c:v libvpx -deadline realtime \
            -cpu-used 8 -b:v 1M -c:a libvorbis",
    }
    av1_mp4 {
        args: "{V}{709} {A} -c:v libsvtav1 -preset 12 -crf 20 -g 25 {tags} -c:a aac",
    }
    mpeg2_ts {
        file: "tv.ts",
        args: "{V},scale=out_color_matrix=bt601,format=yuv420p {A} -c:v mpeg2video -q:v 2 -bf 2 \
            -g 12 -c:a mp2",
    }
    mpeg2_program_stream {
        file: "disc.mpg",
        args: "{V},scale=out_color_matrix=bt601,format=yuv420p {A} -c:v mpeg2video -q:v 2 -bf 2 \
            -g 12 -c:a ac3",
    }
    mpeg1 {
        file: "old.mpg",
        args: "{V},scale=out_color_matrix=bt601,format=yuv420p {A} -c:v mpeg1video -q:v 2 -bf 2 \
            -c:a mp2",
    }
    h264_ts { file: "tv.ts", args: "{V}{709} {A} {h264} -c:a aac" }
    mpeg4_asp_avi {
        file: "packed.avi",
        args: "{V},scale=out_color_matrix=bt601,format=yuv420p {A} -c:v mpeg4 -q:v 2 -bf 2 -g 25 \
            -c:a ac3",
    }
    msmpeg4_avi {
        file: "divx.avi",
        args: "{V},scale=out_color_matrix=bt601,format=yuv420p {A} -c:v msmpeg4 -q:v 2 \
            -fps_mode passthrough -c:a mp2",
    }
    prores_mov {
        file: "edit.mov",
        args: "{V},scale=out_color_matrix=bt709,format=yuv422p10le {A} {params} \
            -c:v prores_ks -c:a pcm_s16le",
    }
    prores_4444_mov {
        file: "edit.mov",
        args: "{V},scale=out_color_matrix=bt709,format=yuva444p10le {A} {params} \
            -c:v prores_ks -profile:v 4444 -c:a pcm_s24le",
    }
    dnxhd_mov {
        file: "edit.mov",
        args: "{V},scale=320:180:flags=neighbor,setsar=1,scale=out_color_matrix=bt709,format=yuv422p \
            {A} -c:v dnxhd -profile:v dnxhr_hq {tags} \
            -c:a pcm_s16le",
        size: (320, 180),
    }
    mjpeg_avi {
        file: "camera.avi",
        args: "{V},scale=out_color_matrix=bt601:out_range=pc,format=yuvj422p {A} -c:v mjpeg -q:v 2 \
            -c:a pcm_u8",
    }
    mjpeg_mov {
        file: "camera.mov",
        args: "{V},scale=out_color_matrix=bt601:out_range=pc,format=yuvj420p {A} -c:v mjpeg -q:v 2 \
            -c:a pcm_s16be",
    }
    dv_avi {
        file: "tape.avi",
        args: "{V},scale=720:576:flags=neighbor,scale=out_color_matrix=bt601,format=yuv420p,\
            setsar=16/15 {A} -c:v dvvideo -c:a pcm_s16le -ar 48000",
        seconds: 1.0,
        beeps: &[0.5],
        size: (640, 480),
        fps: Some((50, 1)),
        shows: |n| Some(n / 2),
    }
    flv1 {
        file: "old.flv",
        args: "{V},scale=out_color_matrix=bt601,format=yuv420p {A} -c:v flv -q:v 2 -ar 44100 \
            -c:a mp3",
    }
    h264_flv { file: "live.flv", args: "{V}{709} {A} {h264} -c:a aac" }
    wmv2_asf {
        file: "old.wmv",
        args: "{V},scale=out_color_matrix=bt601,format=yuv420p {A} -c:v wmv2 -q:v 2 -c:a wmav2",
    }
    h263_3gp {
        file: "phone.3gp",
        args: "{V},scale=176:144:flags=neighbor,setsar=1,scale=out_color_matrix=bt601,format=yuv420p {A} \
            -c:v h263 -q:v 2 -c:a aac",
        size: (176, 144),
    }
    theora_is_refused {
        file: "free.ogg",
        args: "{V}{709} -c:v libtheora",
        refused: Some("unsupported_codec"),
    }
}
