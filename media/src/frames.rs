//! Frames that share their pixels, and what an encoder is told of one of them.

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

/// Adds `steps` hundredths to the quantiser (QP) of all macroblocks of a picture.
pub(crate) fn shift_quantiser(frame: &mut frame::Video, steps: i32) -> Result<(), MediaError> {
    let (bottom, right) = (frame.height(), frame.width());
    let side = |pixels: u32| i32::try_from(pixels).unwrap_or(i32::MAX);
    let size = std::mem::size_of::<ffi::AVRegionOfInterest>();
    let region = ffi::AVRegionOfInterest {
        self_size: u32::try_from(size).unwrap_or(0),
        top: 0,
        bottom: side(bottom),
        left: 0,
        right: side(right),
        // A share of the whole range of 51 steps.
        qoffset: ffi::AVRational { num: steps, den: 5100 },
    };
    // SAFETY: the frame is ours; libav returns null or a buffer of at least `size` bytes, aligned
    // for any type, that the frame owns. The region is plain data.
    unsafe {
        let kind = ffi::AVFrameSideDataType::AV_FRAME_DATA_REGIONS_OF_INTEREST;
        let data = ffi::av_frame_new_side_data(frame.as_mut_ptr(), kind, size);
        if data.is_null() {
            return Err(MediaError::Internal("no memory for a frame's side data".into()));
        }
        (*data).data.cast::<ffi::AVRegionOfInterest>().write(region);
    }
    Ok(())
}
