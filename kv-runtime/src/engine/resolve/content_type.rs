//! The content type of a file, as a web server would send it.

use mime_guess::mime;

/// Extensions for which [`mime_guess`] returns something else than web servers do: `ts` is not a video, and
/// the others have newer registered types.
const OTHERS: [(&str, &str); 10] = [
    ("ts", "text/typescript"),
    ("mts", "text/typescript"),
    ("cts", "text/typescript"),
    ("tsx", "text/typescript"),
    ("jsx", "text/javascript"),
    ("mjs", "text/javascript"),
    ("cjs", "text/javascript"),
    ("map", "application/json"),
    ("woff", "font/woff"),
    ("webmanifest", "application/manifest+json"),
];

/// The content type of a file, by its name. Text is assumed to be UTF-8.
pub(super) fn content_type(name: &str) -> String {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let other = OTHERS.iter().find(|(other, _)| extension.eq_ignore_ascii_case(other));
    let guessed = mime_guess::from_path(name).first_or_octet_stream();
    let essence = other.map_or_else(|| guessed.essence_str(), |(_, essence)| essence);
    if essence.starts_with(mime::TEXT.as_str()) {
        format!("{essence}; charset=utf-8")
    } else {
        essence.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_types_are_what_the_web_expects() {
        for (name, expected) in [
            ("index.html", "text/html; charset=utf-8"),
            ("a/main.js", "text/javascript; charset=utf-8"),
            ("main.mjs", "text/javascript; charset=utf-8"),
            ("main.js.map", "application/json"),
            ("main.ts", "text/typescript; charset=utf-8"),
            ("main.MTS", "text/typescript; charset=utf-8"),
            ("style.css", "text/css; charset=utf-8"),
            ("robots.txt", "text/plain; charset=utf-8"),
            ("data.json", "application/json"),
            ("logo.svg", "image/svg+xml"),
            ("favicon.ico", "image/x-icon"),
            ("font.woff", "font/woff"),
            ("font.woff2", "font/woff2"),
            ("app.wasm", "application/wasm"),
            ("site.webmanifest", "application/manifest+json"),
            ("unknown.xyz123", "application/octet-stream"),
            ("LICENSE", "application/octet-stream"),
        ] {
            assert_eq!(content_type(name), expected, "{name}");
        }
    }
}
