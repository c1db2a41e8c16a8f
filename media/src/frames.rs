//! Frames that share their pixels.

use ffmpeg_next::{ffi, frame};

use crate::MediaError;

/// A second reference to the same pixels, with properties of its own (`Clone` would copy all).
pub(crate) fn share(frame: &frame::Video) -> Result<frame::Video, MediaError> {
    let mut shared = frame::Video::empty();
    // SAFETY: both pointers are frames that libav allocated and that outlive the call;
    // `shared` is empty, as `av_frame_ref` demands, and counted references make it sound that
    // the pixels live as long as the longer-lived of both.
    let answer = unsafe { ffi::av_frame_ref(shared.as_mut_ptr(), frame.as_ptr()) };
    if answer < 0 {
        return Err(MediaError::libav("share a frame", answer.into()));
    }
    Ok(shared)
}
