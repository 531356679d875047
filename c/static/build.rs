//! Compiles the archive's C++ operators; the names of C are those of the shared library.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=../src/operators");
    println!("cargo:rustc-check-cfg=cfg(operators)");
    cc::Build::new()
        .files(["../src/operators/new.c", "../src/operators/static.c"])
        .opt_level(2)
        .pic(true)
        .flag("-fno-builtin")
        .flag("-fexceptions")
        .warnings(true)
        .extra_warnings(true)
        .compile("arenite_operators");
}
