// JavaScript, since TypeScript does not parse imports of the source phase yet.
import source jpeg from "@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm";
import source png from "@jsquash/png/codec/pkg/squoosh_png_bg.wasm";
import source resize from "@jsquash/resize/lib/resize/pkg/squoosh_resize_bg.wasm";

export { jpeg, png, resize };
