//! Makes renditions of a local file and says what they cost, to compare with the ffmpeg command
//! line: `measure clip.mp4 480p,720p,audio out/` (several rungs joined by `+` share one decode).

use std::{collections::BTreeMap, env, error::Error, fs, path::Path, time::Instant};

use domain::{Plan, Recipe, RenditionName};
use media::{AudioSpan, SpanOutput, Stop, VideoSpan};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [clip, names, folder] = arguments.as_slice() else {
        return Err("usage: measure <clip> <renditions> <folder>".into());
    };
    let open = || fs::File::open(clip).map(Box::new);
    let info = media::probe(open()?, fs::metadata(clip)?.len())?;
    println!("{info:#?}");
    let plan = Plan::new(info, Recipe::standard()).map_err(|reason| reason.to_string())?;
    for group in names.split(',') {
        let renditions: Vec<RenditionName> = group.split('+').map(RenditionName::from).collect();
        let grid = plan.grid(&renditions[0]).ok_or("no such rendition")?;
        let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        let mut take = |output| {
            match output {
                // Every chunk of sound begins with the same one.
                SpanOutput::Init { rendition, bytes } => {
                    files.entry(rendition.0).or_insert(bytes);
                }
                SpanOutput::Segment { rendition, bytes, .. } => {
                    files.entry(rendition.0).or_default().extend(bytes);
                }
                SpanOutput::Loudness { .. }
                | SpanOutput::ClosedCaptions { .. }
                | SpanOutput::Progress { .. } => {}
            }
            Ok(())
        };
        let (began, stop) = (Instant::now(), Stop::default());
        if renditions[0].is_audio() {
            for chunk in 0..grid.chunks() {
                let span = AudioSpan { plan: plan.clone(), chunk };
                println!("{:?}", media::encode_audio(open()?, &span, &mut take, &stop)?);
            }
        } else {
            let segments = 1..grid.segments() + 1;
            let span = VideoSpan { plan: plan.clone(), renditions, segments };
            println!("{:?}", media::encode_video(open()?, &span, &mut take, &stop)?);
        }
        println!("{group}: {:.2?}", began.elapsed());
        for (name, bytes) in files {
            fs::write(Path::new(folder).join(format!("{name}.mp4")), bytes)?;
        }
    }
    Ok(())
}
