#!/usr/bin/env python3
"""Fantail's segments against the ffmpeg command line at equal bitrate, in VMAF.

    cargo build --release -p media --example measure
    python3 -m venv v && v/bin/pip install imageio-ffmpeg==0.8.1      # an ffmpeg with libvmaf, 170 MB
    media/examples/vmaf.py clip.mp4 480p:854x480:3.1:1400,720p:1280x720:3.1:3000 out/ \
        "$(v/bin/python -c 'import imageio_ffmpeg as i; print(i.get_ffmpeg_exe())')"

A rung is name:size:level:maxrate in kb/s; maxrate is that of the plan (at most 1.5 times the source's).
The command line encodes in two passes with the same preset, GOP and cap at the bitrate that Fantail
needed. "Joins" are the pictures within two of a segment's start, "middle" all others.
"""
import json, statistics, subprocess, sys
from pathlib import Path


def run(*command):
    return subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True).stdout


def probe(path, entries):
    return run("ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", entries, "-of", "csv=p=0", path).split()


def bitrate(path, fps):
    sizes = [int(line.strip(",")) for line in probe(path, "packet=size")]
    return sum(sizes) * 8 * fps / len(sizes)


def vmaf(ffmpeg, made, clip, fps):
    log = made.with_suffix(".json")
    size = "scale={}:{}".format(*probe(clip, "stream=width,height")[0].split(",")[:2])
    graph = f"[0:v]setpts=N,{size}:flags=bicubic[made];[1:v]setpts=N[clip];[made][clip]libvmaf=log_fmt=json:log_path={log}"
    run(ffmpeg, "-v", "error", "-r", fps, "-i", made, "-r", fps, "-i", clip, "-lavfi", graph, "-f", "null", "-")
    return [frame["metrics"]["vmaf"] for frame in json.loads(log.read_text())["frames"]]


def report(name, made, scores, fps):
    starts = [round(second * fps) for second in [2, *range(4, len(scores), 4)]]
    near = {at + n for at in starts for n in range(-2, 3) if at + 2 < len(scores)}
    joins = statistics.mean(scores[at] for at in near)
    middle = statistics.mean(score for at, score in enumerate(scores) if at not in near)
    mean = statistics.mean(scores)
    print(f"{name:14} {bitrate(made, fps) / 1000:7.0f} kb/s  mean {mean:6.2f}  joins {joins:6.2f}  middle {middle:6.2f}  {joins - middle:+.2f}")


clip, rungs, out, ffmpeg = sys.argv[1:]
out = Path(out)
num, den = map(int, probe(clip, "stream=r_frame_rate")[0].split("/"))
fps = num / den
names = [rung.split(":")[0] for rung in rungs.split(",")]
run("target/release/examples/measure", clip, ",".join(names), out)
for rung in rungs.split(","):
    name, size, level, maxrate = rung.split(":")
    ours, theirs = out / f"{name}.mp4", out / f"{name}-cli.mp4"
    gop = round(2 * fps)
    scale = f"scale={size.replace('x', ':')}:flags=bicubic+accurate_rnd+full_chroma_int,format=yuv420p"
    encode = ["-map", "0:v", "-vf", scale, "-fps_mode", "passthrough", "-c:v", "libx264", "-preset", "faster"]
    encode += ["-profile:v", "high", "-level", level, "-maxrate", f"{maxrate}k", "-bufsize", f"{maxrate}k"]
    encode += ["-g", gop, "-keyint_min", gop, "-sc_threshold", 0, "-b:v", round(bitrate(ours, fps))]
    for number, to in ((1, ["-f", "null", "-"]), (2, [theirs])):
        run("ffmpeg", "-v", "error", "-y", "-i", clip, *encode, "-pass", number, "-passlogfile", out / name, *to)
    report(name, ours, vmaf(ffmpeg, ours, clip, fps), fps)
    report(f"{name} CLI", theirs, vmaf(ffmpeg, theirs, clip, fps), fps)
