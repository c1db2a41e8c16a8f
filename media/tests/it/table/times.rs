//! Frame rates, constant and not, fields, long holds and single pictures.

use super::rows;

rows! {
    film_23_976 { rate: (24_000, 1001) }
    film_23_976_mkv { file: "film.mkv", rate: (24_000, 1001), frames: Some(72) }
    rate_25_mkv { file: "pal.mkv" }
    rate_29_97 { rate: (30_000, 1001) }
    rate_29_97_ts { file: "ntsc.ts", rate: (30_000, 1001) }
    rate_50 { rate: (50, 1) }
    rate_59_94 { rate: (60_000, 1001) }
    rate_59_94_mkv { file: "fast.mkv", rate: (60_000, 1001) }
    rate_120 {
        rate: (120, 1),
        seconds: 1.5,
        beeps: &[0.5, 1.0],
        fps: Some((60, 1)),
        shows: |n| Some(2 * n),
    }
    time_lapse_15 { rate: (15, 1) }
    phone {
        args: "{V}{709},settb=1/90000,setpts=(N/30+0.004*sin(N*1.7)+0.004)/TB {A} -fps_mode vfr \
            -enc_time_base 1/90000 {h264} -video_track_timescale 90000 -c:a aac",
        rate: (30, 1),
    }
    phone_in_the_dark {
        args: "{V}{709},select='mod(n,7)-3' {A} -fps_mode vfr {h264} -c:a aac",
        rate: (30, 1),
        frames: Some(89),
        shows: |n| Some(if n % 7 == 3 { n - 1 } else { n }),
    }
    screen_that_holds_still {
        file: "screen.mp4",
        args: "{V}{709},select='lt(n,25)+gte(n,775)' {A} -fps_mode vfr {h264} -c:a aac",
        seconds: 32.0,
        beeps: &[0.5, 31.4],
        shows: |n| Some(if (25..775).contains(&n) { 24 } else { n }),
    }
    screen_of_a_browser {
        file: "screen.webm",
        args: "{V}{709},select='lt(n,25)+gte(n,50)' {A} -fps_mode vfr -c:v libvpx-vp9 {tags} \
            -deadline realtime -cpu-used 8 -b:v 1M -c:a libopus",
        shows: |n| Some(if (25..50).contains(&n) { 24 } else { n }),
    }
    top_field_first {
        file: "tv.ts",
        args: "{V},scale=160:96:flags=neighbor,setsar=1{709},tinterlace=interleave_top {A} -vf setfield=tff \
            -c:v mpeg2video -flags +ildct+ilme -q:v 2 {tags}",
        rate: (50, 1),
        size: (160, 96),
    }
    bottom_field_first {
        file: "tv.ts",
        args: "{V},scale=160:96:flags=neighbor,setsar=1{709},tinterlace=interleave_bottom {A} -vf setfield=bff \
            -c:v mpeg2video -flags +ildct+ilme -q:v 2 {tags}",
        rate: (50, 1),
        size: (160, 96),
    }
    ntsc_fields {
        file: "camera.mp4",
        args: "{V},scale=160:96:flags=neighbor,setsar=1{709},tinterlace=interleave_top {A} -vf setfield=tff \
            {h264} -x264-params tff=1",
        rate: (60_000, 1001),
        size: (160, 96),
    }
    one_picture {
        args: "{V}{709} -frames:v 1 {h264}",
        seconds: 0.04,
        beeps: &[],
    }
    a_still_with_sound {
        args: "{V}{709},trim=end_frame=1 {A} {h264} -c:a aac",
        shows: |_| Some(0),
        beeps: &[],
    }
    a_third_of_a_second { seconds: 0.32, beeps: &[0.12] }
}
