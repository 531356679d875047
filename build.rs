//! Compiles the C shim.

fn main() {
    println!("cargo:rerun-if-changed=src/shim.c");
    let mut files = vec!["src/shim.c"];
    if std::env::var_os("CARGO_FEATURE_COUNTS").is_some() {
        println!("cargo:rerun-if-changed=src/sync/thread_number.c");
        files.push("src/sync/thread_number.c");
    }
    cc::Build::new()
        .files(files)
        .opt_level(2)
        .pic(true)
        .flag("-fno-builtin")
        .flag("-fno-plt")
        .flag("-fvisibility=hidden")
        .warnings(true)
        .extra_warnings(true)
        .compile("arenite_shim");
}
