//! Compiles the C shim.

fn main() {
    println!("cargo:rerun-if-changed=src/shim.c");
    cc::Build::new()
        .file("src/shim.c")
        .opt_level(2)
        .pic(true)
        .flag("-fno-builtin")
        .flag("-fvisibility=hidden")
        .warnings(true)
        .extra_warnings(true)
        .compile("arenite_shim");
}
