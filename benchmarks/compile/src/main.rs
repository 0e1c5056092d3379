//! How long a crate with many entries takes to check, beside the same data in other macros.
//!
//! `cargo run --release -p bench-compile` writes one crate for each way and size, builds their
//! dependencies once, then checks each crate several times as after an edit and prints the medians
//! and their ratios to `phf_map!`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use std::{fs, io};

/// How often each crate is checked; the median counts.
const RUNS: usize = 5;

/// A way to have data in a crate.
struct Way {
    name: &'static str,
    dependency: &'static str,
    source: fn(usize) -> String,
    sizes: &'static [usize],
}

const PHF: &str = r#"phf = { version = "0.13", features = ["macros"] }"#;

const WAYS: [Way; 8] = [
    Way { name: "slice", dependency: "", source: slice, sizes: &[0, 1_000, 10_000] },
    // At 10,000 entries it runs into the compiler's recursion limit.
    Way { name: "json!", dependency: r#"serde_json = "1""#, source: json, sizes: &[0, 1_000] },
    Way { name: "phf_map!", dependency: PHF, source: phf_map, sizes: &[0, 1_000, 10_000] },
    // What the compiler takes for a typed key and an accessor for each, without any macro.
    Way { name: "accessors by hand", dependency: "", source: by_hand, sizes: &[0, 1_000, 10_000] },
    // The dependency, and nothing declared.
    Way { name: "kv-runtime", dependency: "kv", source: |_| String::new(), sizes: &[0] },
    Way { name: "kv_namespace!", dependency: "kv", source: inline, sizes: &[0, 1_000, 10_000] },
    Way {
        name: "phf_map! of structs",
        dependency: PHF,
        source: phf_map_of_structs,
        sizes: &[0, 1_000, 10_000],
    },
    Way {
        name: "kv_namespace! of objects",
        dependency: "kv",
        source: inline_objects,
        sizes: &[0, 1_000, 10_000],
    },
];

fn main() -> std::process::ExitCode {
    match measure() {
        Ok(table) => {
            print!("{table}");
            std::process::ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            std::process::ExitCode::FAILURE
        }
    }
}

fn measure() -> io::Result<String> {
    let folder = tempfile::tempdir()?;
    let runtime = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../kv-runtime").canonicalize()?;
    let mut crates = Vec::new();
    for way in &WAYS {
        for size in way.sizes {
            let name = format!("{}-{size}", way.name.replace("! ", "-").replace('!', ""));
            let name = name.replace([' ', '_'], "-");
            let source = (way.source)(*size);
            crates.push((
                way.name,
                *size,
                write(folder.path(), &name, way.dependency, &runtime, &source)?,
            ));
        }
    }
    for size in [0, 10_000, 100_000, 1_000_000] {
        let name = format!("seed-{size}");
        let source = kv("title: \"big\", values: [..file(\"seed.json\")]");
        let path = write(folder.path(), &name, "kv", &runtime, &source)?;
        fs::write(path.join("seed.json"), seed(size))?;
        crates.push(("..file", size, path));
    }
    let members: Vec<_> =
        crates.iter().filter_map(|(_, _, path)| path.file_name()?.to_str()).collect();
    let manifest = format!("[workspace]\nresolver = \"3\"\nmembers = {members:?}\n");
    fs::write(folder.path().join("Cargo.toml"), manifest)?;
    check(folder.path(), &["--workspace"])?;

    // Each crate once, then all again: what the machine does meanwhile is shared by all.
    let mut times = vec![Vec::new(); crates.len()];
    for _ in 0..RUNS {
        for ((_, _, path), times) in crates.iter().zip(&mut times) {
            let source = path.join("src/lib.rs");
            let text = fs::read(&source)?;
            fs::write(&source, text)?;
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let begun = Instant::now();
            check(folder.path(), &["-p", name])?;
            times.push(begun.elapsed());
        }
    }
    let medians: Vec<_> = crates
        .iter()
        .zip(&mut times)
        .map(|((way, size, _), times)| {
            times.sort_unstable();
            (*way, *size, times[RUNS / 2])
        })
        .collect();
    Ok(table(&medians))
}

/// The medians, what the entries alone take, and how that compares with `phf_map!`.
fn table(medians: &[(&str, usize, Duration)]) -> String {
    let of = |way: &str, size: usize| {
        medians.iter().find(|m| (m.0, m.1) == (way, size)).map(|m| m.2.as_secs_f64())
    };
    let mut out = "| way | entries | check, s | without the empty crate, s | to the map |\n\
                   |---|---|---|---|---|\n"
        .to_owned();
    for (way, size, time) in medians {
        let time = time.as_secs_f64();
        let entries = time - of(way, 0).unwrap_or_default();
        let map = if way.contains(" of ") { "phf_map! of structs" } else { "phf_map!" };
        let ratio = of(map, *size).filter(|_| *size > 0);
        let ratio = ratio.map_or_else(|| "–".to_owned(), |phf| format!("{:.2}", time / phf));
        let _ = writeln!(out, "| `{way}` | {size} | {time:.2} | {entries:.2} | {ratio} |");
    }
    out
}

fn write(
    folder: &Path,
    name: &str,
    dependency: &str,
    runtime: &Path,
    source: &str,
) -> io::Result<PathBuf> {
    let dependency = match dependency {
        "kv" => format!("kv-runtime = {{ path = {:?} }}", runtime.display().to_string()),
        other => other.to_owned(),
    };
    let path = folder.join(name);
    fs::create_dir_all(path.join("src"))?;
    let manifest = format!(
        "[package]\nname = {name:?}\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\n{dependency}\n"
    );
    fs::write(path.join("Cargo.toml"), manifest)?;
    fs::write(path.join("src/lib.rs"), source)?;
    Ok(path)
}

fn check(folder: &Path, arguments: &[&str]) -> io::Result<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    // What an incremental check costs depends on what the last one left.
    let output = Command::new(cargo)
        .arg("check")
        .args(arguments)
        .current_dir(folder)
        .env("CARGO_INCREMENTAL", "0")
        .output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()))
}

fn entries(size: usize, entry: impl Fn(usize) -> String) -> String {
    (0..size).map(entry).collect()
}

fn slice(size: usize) -> String {
    let entries = entries(size, |i| format!("    (\"key_{i}\", \"the value of entry {i}\"),\n"));
    format!("pub static DATA: &[(&str, &str)] = &[\n{entries}];\n")
}

fn phf_map(size: usize) -> String {
    let entries = entries(size, |i| format!("    \"key_{i}\" => \"the value of entry {i}\",\n"));
    format!(
        "pub static DATA: phf::Map<&'static str, &'static str> = phf::phf_map! {{\n{entries}}};\n"
    )
}

fn by_hand(size: usize) -> String {
    let entries = entries(size, |i| {
        format!(
            "    /// Key `key_{i}`.\n    pub const KEY_{i}: Key<String> = Key::new(\"key_{i}\");\n    \
             /// Key `key_{i}`.\n    pub fn key_{i}(&self) -> Entry<'_, String> {{ Entry::new(self, Self::KEY_{i}) }}\n"
        )
    });
    format!(
        "use std::marker::PhantomData;\n\
         pub struct Big;\n\
         pub struct Key<T>(pub &'static str, PhantomData<T>);\n\
         impl<T> Key<T> {{ const fn new(key: &'static str) -> Self {{ Self(key, PhantomData) }} }}\n\
         pub struct Entry<'a, T> {{ pub store: &'a Big, pub key: Key<T> }}\n\
         impl<'a, T> Entry<'a, T> {{ fn new(store: &'a Big, key: Key<T>) -> Self {{ Self {{ store, key }} }} }}\n\
         impl Big {{\n{entries}}}\n"
    )
}

fn json(size: usize) -> String {
    let entries = entries(size, |i| format!("        \"key_{i}\": \"the value of entry {i}\",\n"));
    format!(
        "#![recursion_limit = \"65536\"]\n\
         pub fn data() -> serde_json::Value {{\n    serde_json::json!({{\n{entries}    }})\n}}\n"
    )
}

fn inline(size: usize) -> String {
    let entries = entries(size, |i| {
        format!("    {{ key: \"key_{i}\", value: \"the value of entry {i}\" }},\n")
    });
    kv(&format!("title: \"big\", values: [\n{entries}]"))
}

fn phf_map_of_structs(size: usize) -> String {
    let entries = entries(size, |i| {
        format!(
            "    \"key_{i}\" => Session {{ user_id: \"user_{i}\", role: \"admin\", logins: {i} }},\n"
        )
    });
    format!(
        "pub struct Session {{ pub user_id: &'static str, pub role: &'static str, pub logins: i64 }}\n\
         pub static DATA: phf::Map<&'static str, Session> = phf::phf_map! {{\n{entries}}};\n"
    )
}

fn inline_objects(size: usize) -> String {
    let entries = entries(size, |i| {
        format!(
            "    {{ key: \"key_{i}\", value: {{ userId: \"user_{i}\", role: \"admin\", logins: {i} }} }},\n"
        )
    });
    kv(&format!("title: \"big\", values: [\n{entries}]"))
}

fn kv(properties: &str) -> String {
    format!("kv_runtime::kv_namespace! {{ pub struct Big; {properties} }}\n")
}

fn seed(size: usize) -> String {
    let entries = entries(size, |i| {
        let comma = if i == 0 { "" } else { "," };
        format!("{comma}\n{{\"key\":\"key_{i}\",\"value\":\"the value of entry {i}\"}}")
    });
    format!("[{entries}\n]\n")
}
