//! Small grey pictures of rejects: for the report on paper, and to stay with a job when it is closed.
use super::super::WebState;
use super::super::line_page::kept_picture;
use super::super::page::{Refusal, must};
use super::super::signed_in::SignedIn;
use crate::access::Permission;
use crate::grading::Picture;
use crate::line::PictureId;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, GrayImage, imageops};
use std::time::Duration;
use tokio::time::Instant;

/// Pictures in a report, and kept with a closed job: the first ones.
pub(super) const PICTURES_MAX: usize = 200;
/// Pixels along the longer side: a symbol is still seen, and a job keeps about a megabyte.
const SIDE: u32 = 240;
/// Of JPEG, in a hundred.
const QUALITY: u8 = 60;
/// So long pictures are read for one answer; a camera's pictures are large.
const READ_WITHIN: Duration = Duration::from_secs(12);

/// A small picture.
pub(super) struct Small {
    pub(super) id: PictureId,
    pub(super) jpeg: Vec<u8>,
}

impl Small {
    /// Its pixels; nothing where it is none.
    pub(super) fn picture(&self) -> Option<Picture> {
        Picture::read(&self.jpeg).ok()
    }
}

/// Where the picture of a reject is: the camera's while that is there, otherwise the small one of its
/// job.
pub(super) fn address(line: &str, job: i64, picture: PictureId) -> String {
    format!("/lines/{line}/jobs/{job}/pictures/{}.png", picture.0)
}

/// The small pictures of the first rejects of a job that are there: those kept with it, the others
/// from the camera's shelf.
pub(super) async fn of_job(state: &WebState, line: &str, job: i64) -> Result<Vec<Small>, Refusal> {
    let until = Instant::now() + READ_WITHIN;
    let mut all = Vec::new();
    for id in state.store.reject_pictures(job, PICTURES_MAX).await? {
        if let Some(jpeg) = state.store.kept_small(job, id).await? {
            all.push(Small { id, jpeg });
        } else if Instant::now() < until
            && let Some(jpeg) = from_shelf(state, line, id).await
        {
            all.push(Small { id, jpeg });
        }
    }
    Ok(all)
}

/// Keeps them with the job, before the shelf throws them away.
pub(super) async fn keep(state: &WebState, line: &str, job: i64) -> Result<(), Refusal> {
    let small = of_job(state, line, job).await?;
    let small: Vec<_> = small.into_iter().map(|small| (small.id, small.jpeg)).collect();
    Ok(state.store.keep_pictures(job, &small).await?)
}

async fn from_shelf(state: &WebState, line: &str, id: PictureId) -> Option<Vec<u8>> {
    let bytes = kept_picture(state, line, &format!("{}.png", id.0)).await.ok()?;
    tokio::task::spawn_blocking(move || shrunk(&bytes)).await.ok().flatten()
}

/// A picture in small, as JPEG.
fn shrunk(bytes: &[u8]) -> Option<Vec<u8>> {
    let Picture { luma, width, height } = Picture::read(bytes).ok()?;
    let side = |this: u32| (this * SIDE.min(width.max(height)) / width.max(height)).max(1);
    let whole = GrayImage::from_raw(width, height, luma)?;
    let small = imageops::thumbnail(&whole, side(width), side(height));
    let mut jpeg = Vec::new();
    let (width, height) = small.dimensions();
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY)
        .encode(&small, width, height, ExtendedColorType::L8)
        .ok()?;
    Some(jpeg)
}

/// The picture of a reject of a job: as the camera took it while that is kept (`NUMBER.png`), or in
/// small (`NUMBER.jpg`); each stands in for the other.
pub(super) async fn show(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Path((line, job, file)): Path<(String, i64, String)>,
) -> Result<Response, Refusal> {
    must(&person, Permission::SeeLine)?;
    state.job(&line, job).await?;
    let gone = || Refusal::not_found("such picture");
    let (number, ending) = file.split_once('.').ok_or_else(gone)?;
    let number: u64 = number.parse().map_err(|_| gone())?;
    let small = state.store.kept_small(job, PictureId(number)).await?;
    if let (Some(jpeg), "jpg") = (&small, ending) {
        return Ok(([(header::CONTENT_TYPE, "image/jpeg")], jpeg.clone()).into_response());
    }
    match (kept_picture(&state, &line, &format!("{number}.png")).await, small) {
        (Ok(png), _) => Ok(([(header::CONTENT_TYPE, "image/png")], png).into_response()),
        (Err(_), Some(jpeg)) => Ok(([(header::CONTENT_TYPE, "image/jpeg")], jpeg).into_response()),
        (Err(gone), None) => Err(gone),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_picture_keeps_its_shape_and_a_smaller_one_its_size() {
        let png = |width, height| {
            let mut png = std::io::Cursor::new(Vec::new());
            let picture = GrayImage::from_pixel(width, height, image::Luma([90]));
            picture.write_to(&mut png, image::ImageFormat::Png).unwrap();
            png.into_inner()
        };
        for ((width, height), wanted) in [((2_400, 1_200), (240, 120)), ((60, 90), (60, 90))] {
            let jpeg = shrunk(&png(width, height)).unwrap();
            let small = Small { id: PictureId(1), jpeg }.picture().unwrap();
            assert_eq!((small.width, small.height), wanted);
        }
        assert_eq!(shrunk(b"no picture"), None);
    }
}
