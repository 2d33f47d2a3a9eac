//! The camera: stream into the video, frames into checks, one frame into a file of the page's form.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use leptos::wasm_bindgen::JsCast as _;
use wasm_bindgen::{JsValue, closure::Closure};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    Blob, CanvasRenderingContext2d, DataTransfer, Element, File, FilePropertyBag, HtmlCanvasElement, HtmlDialogElement,
    HtmlInputElement, HtmlVideoElement, MediaStream, MediaStreamConstraints, MediaStreamTrack, Url,
};

use super::{dom, net};
use crate::islands::{
    CameraShot,
    luma::{Checks, Frame, check},
};

/// Widest side of the photo that is sent, in pixels.
const LONGEST: u32 = 1920;
/// Said when the camera cannot be had.
const REFUSED: &str = "Kamera belum diizinkan. Izinkan lewat setelan situs, atau pilih foto dari galeri.";

/// The dialog and what happens in it.
struct Studio {
    shot: CameraShot,
    dialog: HtmlDialogElement,
    video: HtmlVideoElement,
    input: HtmlInputElement,
    gallery: HtmlInputElement,
    /// Counts openings and closings, so that a frame loop knows when it is over.
    opening: Cell<u32>,
    /// `blob:` address of the photo taken.
    photo: RefCell<Option<String>>,
}

/// Takes over the dialog `#camera`. Without it the page's file input is the way.
pub(crate) fn start() {
    let Some((studio, button)) = Studio::found().map(Rc::new).zip(dom::by_id::<Element>("camera-open")) else {
        return;
    };
    let this = studio.clone();
    dom::on(&button, "click", move |_| open(&this));
    let this = studio.clone();
    dom::on(&studio.dialog, "close", move |_| this.stop());
    let this = studio.clone();
    dom::on(&studio.dialog, "click", move |event| {
        let act = dom::origin(&event).and_then(|at| at.closest("[data-act]").ok()??.get_attribute("data-act"));
        match act.as_deref() {
            Some("close") => this.dialog.close(),
            Some("gallery") => this.choose(),
            Some("lamp") => this.switch_lamp(),
            Some("shoot") => shoot(&this),
            Some("again") => this.again(),
            Some("accept") => this.accept(),
            _ => {}
        }
    });
}

/// Opens the dialog and asks for the camera.
fn open(studio: &Rc<Studio>) {
    studio.again();
    dom::write("camera-hint", "");
    // Open already: nothing to do.
    let _ = studio.dialog.show_modal();
    let opening = studio.opening.get() + 1;
    studio.opening.set(opening);
    let studio = studio.clone();
    spawn_local(async move {
        match stream(studio.shot.facing()).await {
            Some(stream) if studio.opening.get() == opening => {
                dom::show_id("camera-lamp", lamp(&stream).is_some());
                studio.video.set_src_object(Some(&stream));
                // `autoplay` is set as well; a browser that refuses shows a still picture.
                let _ = studio.video.play();
                studio.watch(opening).await;
            }
            // Closed while the browser was asking.
            Some(stream) => end(&stream),
            None => dom::write("camera-hint", REFUSED),
        }
    });
}

/// Takes the photo: shows it and puts it into the file input.
fn shoot(studio: &Rc<Studio>) {
    let Some(canvas) = canvas() else { return };
    if studio.draw(&canvas, LONGEST).is_none() {
        return;
    }
    let studio = studio.clone();
    let keep = Closure::once_into_js(move |blob: Option<Blob>| {
        if let Some(blob) = blob
            && studio.put(&blob).is_some()
            && let Ok(address) = Url::create_object_url_with_blob(&blob)
        {
            studio.preview(Some(address));
            dom::write("camera-hint", studio.shot.question());
        }
    });
    // A canvas of our own drawing is never tainted, so this is not refused.
    let _ = canvas.to_blob_with_type_and_encoder_options(keep.unchecked_ref(), "image/jpeg", &JsValue::from_f64(0.88));
}

impl Studio {
    fn found() -> Option<Self> {
        let dialog: HtmlDialogElement = dom::by_id("camera")?;
        Some(Self {
            shot: CameraShot::parse(&dialog.get_attribute("data-shot")?)?,
            input: dom::by_id(&dialog.get_attribute("data-input")?)?,
            gallery: dom::by_id(&dialog.get_attribute("data-gallery")?)?,
            video: dom::by_id("camera-video")?,
            opening: Cell::new(0),
            photo: RefCell::new(None),
            dialog,
        })
    }

    /// Ends the stream, so that the phone's camera light goes out.
    fn stop(&self) {
        self.opening.set(self.opening.get() + 1);
        if let Some(stream) = self.video.src_object() {
            end(&stream);
            self.video.set_src_object(None);
        }
        // It went out with the stream.
        dom::show_id("camera-lamp", false);
        lamp_is(false);
    }

    /// The page's own way to the gallery instead; it sends what is chosen.
    fn choose(&self) {
        self.dialog.close();
        self.gallery.click();
    }

    /// Lights the phone's lamp, or puts it out.
    fn switch_lamp(&self) {
        let Some(track) = self.video.src_object().as_ref().and_then(lamp) else {
            return;
        };
        let on = dom::by_id::<Element>("camera-lamp")
            .and_then(|button| button.get_attribute("aria-pressed"))
            .is_none_or(|pressed| pressed != "true");
        spawn_local(async move {
            if set_lamp(&track, on).await.is_some() {
                lamp_is(on);
            }
        });
    }

    /// Throws the photo away.
    fn again(&self) {
        self.preview(None);
        self.mark(Checks::default());
    }

    /// Shows the photo with its two answers, or the picture of the camera with the shutter.
    fn preview(&self, address: Option<String>) {
        if let Some(photo) = dom::by_id::<Element>("camera-photo") {
            dom::show(&photo, address.is_some());
            dom::set(&photo, "src", address.as_deref().unwrap_or_default());
        }
        dom::show(&self.video, address.is_none());
        dom::show_id("camera-controls", address.is_none());
        dom::show_id("camera-answers", address.is_some());
        if let Some(old) = self.photo.replace(address) {
            // An address that is gone already needs no release.
            let _ = Url::revoke_object_url(&old);
        }
    }

    /// Sends the form with the photo in it.
    fn accept(&self) {
        self.dialog.close();
        if let Some(form) = self.input.form() {
            // A form the browser finds incomplete shows its own message.
            let _ = form.request_submit();
        }
    }

    /// Measures five frames a second until this opening is over; says one thing at a time.
    async fn watch(&self, opening: u32) {
        let Some(canvas) = canvas() else { return };
        while self.opening.get() == opening {
            if self.photo.borrow().is_none()
                && let Some(checks) = self.measure(&canvas)
            {
                self.mark(checks);
                dom::write("camera-hint", self.hint(checks));
            }
            net::sleep(200).await;
        }
    }

    const fn hint(&self, checks: Checks) -> &'static str {
        match self.shot {
            CameraShot::Face if checks.passed() => "Tanpa masker, topi, atau kacamata hitam",
            _ => checks.hint(),
        }
    }

    fn mark(&self, checks: Checks) {
        for (check, passed) in [
            ("bright", checks.bright),
            ("even", checks.even),
            ("sharp", checks.sharp),
        ] {
            if let Some(pill) = dom::by_id::<Element>(&format!("camera-{check}")) {
                dom::set(
                    &pill,
                    "class",
                    if passed {
                        "camera__check camera__check--passed"
                    } else {
                        "camera__check"
                    },
                );
            }
        }
        if let Some(outline) = dom::by_id::<Element>("camera-outline") {
            dom::set(&outline, "class", if checks.passed() { "camera__progress" } else { "" });
        }
    }

    /// Draws what the frame shows into the canvas, at most `width` pixels wide; `None` before the first picture.
    fn draw(&self, canvas: &HtmlCanvasElement, width: u32) -> Option<CanvasRenderingContext2d> {
        let (wide, high) = self.shot.frame();
        let (source_width, source_height) = (self.video.video_width(), self.video.video_height());
        if source_width == 0 || source_height == 0 {
            return None;
        }
        // The part of the picture that `object-fit: cover` shows in the frame.
        let cut_width = source_width.min(source_height * wide / high);
        let cut_height = source_height.min(source_width * high / wide);
        let width = width.min(cut_width);
        let height = width * high / wide;
        canvas.set_width(width);
        canvas.set_height(height);
        let paint: CanvasRenderingContext2d = canvas.get_context("2d").ok()??.dyn_into().ok()?;
        paint
            .draw_image_with_html_video_element_and_sw_and_sh_and_dx_and_dy_and_dw_and_dh(
                &self.video,
                f64::from((source_width - cut_width) / 2),
                f64::from((source_height - cut_height) / 2),
                f64::from(cut_width),
                f64::from(cut_height),
                0.0,
                0.0,
                f64::from(width),
                f64::from(height),
            )
            .ok()?;
        Some(paint)
    }

    fn measure(&self, canvas: &HtmlCanvasElement) -> Option<Checks> {
        let paint = self.draw(canvas, 320)?;
        let (width, height) = (canvas.width(), canvas.height());
        let pixels = paint
            .get_image_data(0.0, 0.0, f64::from(width), f64::from(height))
            .ok()?
            .data();
        let checks = check(Frame {
            rgba: &pixels.0,
            width: usize::try_from(width).ok()?,
        });
        Some(match self.shot {
            CameraShot::Card => checks,
            // Around a face there is a wall.
            CameraShot::Face => Checks { near: true, ..checks },
        })
    }

    /// Puts the photo into the file input, as if it had been chosen there.
    fn put(&self, blob: &Blob) -> Option<()> {
        let options = FilePropertyBag::new();
        options.set_type("image/jpeg");
        let file = File::new_with_blob_sequence_and_options(&js_sys::Array::of1(blob), "foto.jpg", &options).ok()?;
        let transfer = DataTransfer::new().ok()?;
        transfer.items().add_with_file(&file).ok()?;
        self.input.set_files(transfer.files().as_ref());
        Some(())
    }
}

/// The track whose lamp the browser lends.
fn lamp(stream: &MediaStream) -> Option<MediaStreamTrack> {
    let track = stream.get_video_tracks().iter().next()?;
    let able = method(&track, "getCapabilities")?.call0(&track).ok()?;
    let lent = js_sys::Reflect::get(&able, &"torch".into()).ok()?.is_truthy();
    lent.then_some(())?;
    track.dyn_into().ok()
}

/// Lights the lamp of a track, or puts it out; `None` when the phone refuses.
async fn set_lamp(track: &MediaStreamTrack, on: bool) -> Option<()> {
    let (wish, constraints) = (js_sys::Object::new(), js_sys::Object::new());
    js_sys::Reflect::set(&wish, &"torch".into(), &on.into()).ok()?;
    js_sys::Reflect::set(&constraints, &"advanced".into(), &js_sys::Array::of1(&wish)).ok()?;
    let constraints: &JsValue = &constraints;
    let done = method(track, "applyConstraints")?.call1(track, constraints).ok()?;
    JsFuture::from(done.dyn_into::<js_sys::Promise>().ok()?).await.ok()?;
    Some(())
}

fn method(of: &JsValue, name: &str) -> Option<js_sys::Function> {
    js_sys::Reflect::get(of, &name.into()).ok()?.dyn_into().ok()
}

/// Says whether the lamp is lit.
fn lamp_is(on: bool) {
    if let Some(button) = dom::by_id::<Element>("camera-lamp") {
        dom::set(&button, "aria-pressed", if on { "true" } else { "false" });
    }
}

fn end(stream: &MediaStream) {
    for track in stream.get_tracks().iter() {
        if let Ok(track) = track.dyn_into::<MediaStreamTrack>() {
            track.stop();
        }
    }
}

fn canvas() -> Option<HtmlCanvasElement> {
    dom::document().create_element("canvas").ok()?.dyn_into().ok()
}

/// The camera that looks this way, at about 1920 by 1080; `None` when it is refused or absent.
async fn stream(facing: &str) -> Option<MediaStream> {
    let video = js_sys::Object::new();
    for (name, value) in [
        ("facingMode", JsValue::from_str(facing)),
        ("width", ideal(1920.0)?),
        ("height", ideal(1080.0)?),
    ] {
        js_sys::Reflect::set(&video, &name.into(), &value).ok()?;
    }
    let constraints = MediaStreamConstraints::new();
    constraints.set_video(&video);
    let devices = web_sys::window()?.navigator().media_devices().ok()?;
    JsFuture::from(devices.get_user_media_with_constraints(&constraints).ok()?)
        .await
        .ok()?
        .dyn_into()
        .ok()
}

fn ideal(pixels: f64) -> Option<JsValue> {
    let wish = js_sys::Object::new();
    js_sys::Reflect::set(&wish, &"ideal".into(), &pixels.into()).ok()?;
    Some(wish.into())
}
