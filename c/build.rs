//! Sets the flags of the shared library, and compiles what the C++ operators need of C.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=src/operators");
    // Resolve our own names inside the library, everything at load time, and never unload it: blocks
    // that it handed out live as long as the process.
    for flag in ["-Bsymbolic", "-znow", "-znodelete", "-zrelro", "-soname=libarenite.so"] {
        println!("cargo:rustc-cdylib-link-arg=-Wl,{flag}");
    }
    println!("cargo:rerun-if-changed=layout.ld");
    let layout = std::env::var("CARGO_MANIFEST_DIR").map(|folder| format!("{folder}/layout.ld"));
    if let Ok(layout) = layout {
        println!("cargo:rustc-cdylib-link-arg=-Wl,-T,{layout}");
    }
    println!("cargo:rustc-check-cfg=cfg(operators)");
    println!("cargo:rustc-cfg=operators");
    cc::Build::new()
        .files(["src/operators/new.c", "src/operators/shared.c"])
        .opt_level(2)
        .pic(true)
        .flag("-fno-builtin")
        .flag("-fno-plt")
        .flag("-fexceptions")
        .warnings(true)
        .extra_warnings(true)
        .compile("arenite_operators");
}
