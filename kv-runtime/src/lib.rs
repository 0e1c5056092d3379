//! kv-runtime
