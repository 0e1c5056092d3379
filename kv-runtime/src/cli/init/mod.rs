//! Writes a first declaration of existing namespaces: those that wrangler's configuration binds, or one
//! whose keys are read.

mod code;
mod families;
mod names;
mod shape;

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::args::InitArgs;
use super::commands::{Asking, Running};
use super::error::CliError;
use super::options::root;
use super::output::print;
use super::screen::printable;
use crate::engine::Select;
use crate::wrangler::{ConfigFile, FoundBinding};
use code::{Namespace, Place};
pub(super) use names::pascal;

/// The stage that corresponds to the top level of wrangler's configuration.
const TOP_LEVEL: &str = "dev";

impl Running<'_> {
    pub(super) async fn init(&mut self, args: &InitArgs) -> Result<(), CliError> {
        if args.from_wrangler.is_none() && args.from_namespace.is_empty() {
            return Err(CliError::NothingToInit);
        }
        let root = root(self.args, self.package)?;
        let to_stdout = args.out.as_deref() == Some(Path::new("-"));
        let path = args.out.clone().unwrap_or_else(|| root.join("src/kv.rs"));
        if !to_stdout && path.exists() {
            return Err(CliError::Exists(path));
        }
        let mut namespaces = Vec::new();
        if let Some(config) = &args.from_wrangler {
            let config = config.clone().map_or_else(|| ConfigFile::look(&root), Ok)?;
            let bindings = ConfigFile::bindings(&config)?;
            if bindings.is_empty() {
                return Err(CliError::NoBindings(config));
            }
            self.warn_of_duplicates(&bindings);
            namespaces.extend(self.bound(bindings).await);
        }
        for id in &args.from_namespace {
            namespaces.push(self.by_keys(id, args.seed.as_deref(), &root).await?);
        }
        names::make_unique(&mut namespaces);
        let code = code::file(&namespaces);
        if to_stdout {
            print(&code, &self.context.redactor)?;
        } else {
            write_new(&path, &code)?;
            self.screen.say("Wrote", &printable(&path.display().to_string()));
        }
        let module = path.file_stem().and_then(|stem| stem.to_str()).filter(|_| !to_stdout);
        let module = module.unwrap_or("kv");
        self.show_next_steps(&namespaces, module);
        Ok(())
    }

    /// Warns of bindings and ids that appear twice in an environment.
    fn warn_of_duplicates(&self, bindings: &[FoundBinding]) {
        for (index, binding) in bindings.iter().enumerate() {
            let before = bindings.get(..index).unwrap_or_default().iter();
            let mut before = before.filter(|other| other.environment == binding.environment);
            let name = printable(&binding.name);
            if before.clone().any(|other| other.name == binding.name) {
                self.screen.warn("Duplicate", &format!("binding {name}: keep one of the two"));
            } else if let Some(other) =
                before.find(|other| other.id.is_some() && other.id == binding.id)
            {
                let other = printable(&other.name);
                self.screen.warn("Duplicate", &format!("{name} and {other} have the same id"));
            }
        }
    }

    /// One namespace for each binding name; its ids may differ between environments.
    async fn bound(&mut self, bindings: Vec<FoundBinding>) -> Vec<Namespace> {
        let mut by_name: BTreeMap<String, Vec<Place>> = BTreeMap::new();
        for FoundBinding { environment, name, id } in bindings {
            let stage = environment.unwrap_or_else(|| TOP_LEVEL.to_owned());
            let title = match &id {
                Some(id) => self.title(id).await,
                None => None,
            };
            by_name.entry(name).or_default().push(Place { stage, namespace_id: id, title });
        }
        let namespace = |(binding, places): (String, Vec<Place>)| Namespace {
            name: names::pascal(&binding),
            binding: Some(binding),
            places,
            ..Namespace::default()
        };
        by_name.into_iter().map(namespace).collect()
    }

    /// Declares a namespace from its keys.
    async fn by_keys(
        &mut self,
        id: &str,
        seed: Option<&Path>,
        root: &Path,
    ) -> Result<Namespace, CliError> {
        let title = self.title(id).await;
        let stage = self.args.stage();
        let title_without_stage = title.as_deref().map(|title| title.replace(stage, ""));
        let name = names::pascal(title_without_stage.as_deref().unwrap_or("namespace"));
        let seen = self.run.sample(id, families::SAMPLES, &Asking::new(self)).await?;
        let families = families::guess(&seen);
        let mut seeds = Vec::new();
        if let Some(seed) = seed {
            let path = root.join(seed);
            let host = Asking::new(self);
            let exported = self.run.export_namespace(id, &Select::default(), path, &host).await?;
            self.show_exported(&[exported]);
            seeds.push(seed.display().to_string().replace('\\', "/"));
        }
        let place =
            Place { stage: self.args.stage().to_owned(), namespace_id: Some(id.to_owned()), title };
        Ok(Namespace { name, places: vec![place], families, seeds, ..Namespace::default() })
    }

    /// The title of a namespace, if it can be looked up.
    async fn title(&mut self, namespace_id: &str) -> Option<String> {
        self.run.title_of(namespace_id).await.ok().flatten()
    }

    fn show_next_steps(&self, namespaces: &[Namespace], module: &str) {
        let binary = self.package.binary.unwrap_or("deploy");
        let names: Vec<_> = namespaces.iter().map(|n| format!("{module}::{}", n.name)).collect();
        let mut lines = vec![
            String::new(),
            "Next:".to_owned(),
            "  1. read what was written: titles and types are guesses where it says so".to_owned(),
            format!("  2. write `pub mod {module};` in src/lib.rs, and in src/bin/{binary}.rs"),
            format!("       kv_runtime::deploy_main!({});", names.join(", ")),
            "     with the name of your crate before each path".to_owned(),
            "  3. import the existing namespaces:".to_owned(),
        ];
        let mut by_stage: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for namespace in namespaces {
            for place in &namespace.places {
                let is_id = |id: &&String| kv_rules::check_account_id(id).is_ok();
                let is_stage = kv_rules::check_id(&place.stage).is_ok();
                if let Some(id) = place.namespace_id.as_ref().filter(is_id).filter(|_| is_stage) {
                    let import = format!("{}={id}", namespace.id());
                    by_stage.entry(&place.stage).or_default().push(import);
                }
            }
        }
        if by_stage.is_empty() {
            lines.push("       nothing to import: no namespace id was found".to_owned());
        }
        let local = self.args.place.local.as_ref().map_or_else(String::new, |folder| {
            format!(" --local={}", printable(&folder.display().to_string()))
        });
        for (stage, imports) in by_stage {
            let imports = imports.join(" ");
            lines.push(format!(
                "       cargo run --bin {binary} -- import{local} --stage {stage} {imports}"
            ));
        }
        lines.push(format!("  4. cargo run --bin {binary} -- plan{local}"));
        for line in lines {
            self.screen.line(&line);
        }
    }
}

fn write_new(path: &Path, code: &str) -> Result<(), CliError> {
    let write = || {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        OpenOptions::new().write(true).create_new(true).open(path)?.write_all(code.as_bytes())
    };
    write().map_err(|source| CliError::Write { path: PathBuf::from(path), source })
}
