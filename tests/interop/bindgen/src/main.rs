//! `bindgen WASM FOLDER`: makes a Worker's modules of its wasm, as worker-build does for users.
//!
//! worker-build would download tools to do so; this is wasm-bindgen's own library behind a command.

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

use wasm_bindgen_cli_support::Bindgen;

/// The module that the Workers runtime starts.
const ENTRY: &str = r#"import * as glue from "./index_bg.js";
import wasm from "./index_bg.wasm";

const instance = new WebAssembly.Instance(wasm, { "./index_bg.js": glue });
glue.__wbg_set_wasm(instance.exports);
instance.exports.__wbindgen_start();

export default { fetch: (request, env, context) => glue.fetch(request, env, context) };
"#;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<PathBuf> = env::args_os().skip(1).map(PathBuf::from).collect();
    let [wasm, folder] = arguments.as_slice() else {
        return Err("usage: bindgen WASM FOLDER".into());
    };
    let mut bindgen = Bindgen::new();
    bindgen.input_path(wasm).out_name("index").bundler(true)?.typescript(false);
    bindgen.remove_name_section(true).remove_producers_section(true);
    bindgen.generate(folder)?;
    fs::write(folder.join("index.js"), ENTRY)?;
    Ok(())
}
