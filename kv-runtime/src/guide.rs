#![doc = include_str!("../guide/README.md")]
#![allow(clippy::doc_markdown, reason = "the pages are prose, which names products")]

macro_rules! pages {
    ($($name:ident $file:literal;)*) => {$(
        #[doc = include_str!($file)]
        pub mod $name {}
    )*};
}

pages! {
    first_namespace "../guide/first_namespace.md";
    using "../guide/using.md";
    testing "../guide/testing.md";
    workers "../guide/workers.md";
    stages "../guide/stages.md";
    state "../guide/state.md";
    seeds "../guide/seeds.md";
    data "../guide/data.md";
    coming_from "../guide/coming_from.md";
    ci "../guide/ci.md";
    troubleshooting "../guide/troubleshooting.md";
    limits_and_costs "../guide/limits_and_costs.md";
    security "../guide/security.md";
    how_it_works "../guide/how_it_works.md";
}
