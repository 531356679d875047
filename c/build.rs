//! Sets the flags of the shared library.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // Resolve our own names inside the library, everything at load time, and never unload it: blocks
    // that it handed out live as long as the process.
    for flag in ["-Bsymbolic", "-znow", "-znodelete", "-zrelro", "-soname=libarenite.so"] {
        println!("cargo:rustc-cdylib-link-arg=-Wl,{flag}");
    }
}
