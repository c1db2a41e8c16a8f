//! Every way to store colours: matrices, ranges, subsamplings, depths, transfers.

use super::rows;

rows! {
    full_range_h264 {
        args: "{V},scale=out_color_matrix=bt709:out_range=pc,format=yuvj420p {A} -c:v libx264 \
            -preset ultrafast -colorspace bt709",
    }
    full_range_bt601 {
        args: "{V},scale=out_color_matrix=bt601:out_range=pc,format=yuvj420p {A} -c:v libx264 \
            -preset ultrafast -colorspace smpte170m",
    }
    bt601_ntsc {
        args: "{V},scale=out_color_matrix=bt601,format=yuv420p {A} -c:v libx264 -preset ultrafast \
            -colorspace smpte170m -color_primaries smpte170m -color_trc smpte170m",
    }
    bt601_pal {
        args: "{V},scale=out_color_matrix=bt601,format=yuv420p {A} -c:v libx264 -preset ultrafast \
            -colorspace bt470bg -color_primaries bt470bg -color_trc gamma28",
    }
    small_and_untagged {
        args: "{V},scale=out_color_matrix=bt601,format=yuv420p {A} -c:v libx264 -preset ultrafast",
    }
    large_and_untagged {
        args: "{V},scale=1280:720:flags=neighbor,scale=out_color_matrix=bt709,format=yuv420p {A} \
            -c:v libx264 -preset ultrafast",
        seconds: 1.0,
        beeps: &[0.5],
        size: (854, 480),
    }
    subsampled_422 { args: "{V},scale=out_color_matrix=bt709,format=yuv422p {A} {h264}" }
    full_color_444 { args: "{V},scale=out_color_matrix=bt709,format=yuv444p {A} {h264}" }
    ten_bit_h264 { args: "{V},scale=out_color_matrix=bt709,format=yuv420p10le {A} {h264}" }
    ten_bit_422_h264 { args: "{V},scale=out_color_matrix=bt709,format=yuv422p10le {A} {h264}" }
    rgb { file: "screen.mkv", args: "{V} {A} -c:v libx264rgb -preset ultrafast -crf 12" }
    hevc_pq {
        file: "phone.mov",
        args: "{V},zscale=tin=bt709:pin=bt709:min=gbr:rin=full:t=smpte2084:p=bt2020:m=bt2020nc:\
            r=limited:npl=203,format=yuv420p10le {A} -c:v libx265 -preset ultrafast -tag:v hvc1 \
            -x265-params log-level=none:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc",
        tolerance: 16,
        planned: |plan| assert!(plan.source.video.as_ref().unwrap().color.is_hdr()),
    }
    hevc_hlg {
        file: "phone.mov",
        args: "{V},zscale=tin=bt709:pin=bt709:min=gbr:rin=full:t=arib-std-b67:p=bt2020:m=bt2020nc:\
            r=limited:npl=203,format=yuv420p10le {A} -c:v libx265 -preset ultrafast -tag:v hvc1 \
            -x265-params log-level=none:colorprim=bt2020:transfer=arib-std-b67:\
            colormatrix=bt2020nc",
        tolerance: 16,
        planned: |plan| assert!(plan.source.video.as_ref().unwrap().color.is_hdr()),
    }
    wide_gamut {
        file: "wide.mp4",
        args: "{V},zscale=tin=bt709:pin=bt709:min=gbr:rin=full:t=bt709:p=bt2020:m=bt2020nc:\
            r=limited,format=yuv420p10le {A} -c:v libx265 -preset ultrafast \
            -x265-params log-level=none:colorprim=bt2020:transfer=bt709:colormatrix=bt2020nc",
        // Little light of a colour that BT.709 has none of is the difference of two large numbers.
        tolerance: 24,
    }
}
