//! The tools that build and keep programs: g++, make, git.

use std::fmt::Write as _;
use std::fs;
use std::io;

use libtest_mimic::Failed;

use crate::harness::{Need, Outcome, Scenario, Session};
use crate::lookup;

/// The scenarios of this file.
pub fn scenarios() -> Vec<Scenario> {
    let scenario = |name, programs, volatile, run| Scenario {
        name,
        programs,
        need: Need::Required,
        volatile,
        run,
    };
    vec![
        scenario("g++ compiles templates to the same object file", &[&["g++"]], &[], cxx),
        scenario("make -j2 builds a C project", &[&["make"], &["gcc"], &["ar"]], &[], make),
        // The index holds times and inode numbers, and packs depend on the timing of threads;
        // the scenario compares the objects.
        scenario("git commits, packs and checks a repository", &[&["git"]], &[".git"], git),
    ]
}

fn cxx(session: &mut Session) -> Outcome {
    session.write("templates.cpp", fs::read(Session::input("templates.cpp"))?)?;
    for tool in ["cc1plus", "as", "collect2", "ld"] {
        let path = session.run("g++", &[&format!("-print-prog-name={tool}")])?.text();
        // A name without a folder is looked up on PATH.
        if let Some(path) = lookup::find(path.trim_end()) {
            session.expect_helper(path);
        }
    }
    let flags = ["-std=c++17", "-O1", "-frandom-seed=1", "-c", "templates.cpp"];
    session.run("g++", &[&flags[..], &["-o", "templates.o"]].concat())?;
    session.run("g++", &["templates.o", "-pthread", "-o", "templates"])?;
    let program = session.work().join("templates");
    session.run(&program.to_string_lossy(), &[])?;
    // A program that does not compile: the messages must be the same as well.
    session
        .write("wrong.cpp", "#include <map>\nstd::map<int> wrong(std::string s) { return s; }\n")?;
    session.step("g++", &["-c", "wrong.cpp"]).finish()?;
    Ok(())
}

fn make(session: &mut Session) -> Outcome {
    write_project(session, 40)?;
    session.step("make", &["-j2"]).without_output().run()?;
    let program = session.work().join("program");
    session.run(&program.to_string_lossy(), &[])?;
    session.run("make", &["-j2"])?;
    Ok(())
}

/// Writes a project of `count` C files, a library of them and a program.
fn write_project(session: &Session, count: u32) -> io::Result<()> {
    let mut calls = String::new();
    let mut declarations = String::new();
    for number in 0..count {
        let mut body = "#include <stdio.h>\n#include <stdlib.h>\n#include \"all.h\"\n".to_owned();
        for part in 0..12 {
            let _ = writeln!(
                body,
                "static long part{part}(long x) {{ long *block = malloc(sizeof *block * {size}); \
                 for (int i = 0; i < {size}; i++) block[i] = x * i + {number}; \
                 long sum = 0; for (int i = 0; i < {size}; i++) sum ^= block[i]; \
                 free(block); return sum; }}",
                size = part * 7 + number + 1,
            );
        }
        let _ = write!(body, "long file{number}(long x) {{ return 0");
        for part in 0..12 {
            let _ = write!(body, " + part{part}(x + {part})");
        }
        body.push_str("; }\n");
        session.write(&format!("file{number}.c"), body)?;
        let _ = writeln!(declarations, "long file{number}(long x);");
        let _ = writeln!(calls, "  printf(\"%ld\\n\", file{number}({number}));");
    }
    session.write("all.h", declarations)?;
    let main = format!("#include <stdio.h>\n#include \"all.h\"\nint main(void) {{\n{calls}}}\n");
    session.write("main.c", main)?;
    session.write(
        "Makefile",
        "OBJECTS := $(patsubst %.c,%.o,$(wildcard file*.c))\n\
         program: main.o liball.a\n\tgcc main.o liball.a -o $@\n\
         liball.a: $(OBJECTS)\n\tar rcsD $@ $(sort $^)\n\
         %.o: %.c all.h\n\tgcc -O1 -c $< -o $@\n",
    )
}

fn git(session: &mut Session) -> Outcome {
    for number in 0..600_u32 {
        session.write(&file_name(number), file_text(number, 1))?;
    }
    run_git(session, &["init", "--quiet", "--initial-branch=main"])?;
    run_git(session, &["add", "."])?;
    run_git(session, &["commit", "--quiet", "-m", "First"])?;
    for round in 2..6_u32 {
        for number in (0..600).filter(|number| number % round == 0) {
            session.write(&file_name(number), file_text(number, round))?;
        }
        run_git(session, &["add", "--all"])?;
        run_git(session, &["commit", "--quiet", "-m", &format!("Round {round}")])?;
    }
    run_git(session, &["checkout", "--quiet", "-b", "side", "HEAD~2"])?;
    session.write("side.txt", file_text(9, 9))?;
    run_git(session, &["add", "side.txt"])?;
    run_git(session, &["commit", "--quiet", "-m", "Side"])?;
    run_git(session, &["checkout", "--quiet", "main"])?;
    run_git(session, &["merge", "--quiet", "--no-edit", "side"])?;
    run_git(session, &["gc", "--quiet", "--aggressive", "--prune=now"])?;
    run_git(session, &["fsck", "--full", "--strict", "--no-progress"])?;
    run_git(session, &["log", "--graph", "--stat", "--format=fuller"])?;
    run_git(session, &["log", "-p", "--format=%H", "-3"])?;
    run_git(session, &["cat-file", "--batch-all-objects", "--batch-check"])?;
    run_git(session, &["blame", "--", &file_name(60)])?;
    run_git(session, &["clone", "--quiet", "--no-local", ".", ".git/clone"])?;
    run_git(session, &["-C", ".git/clone", "rev-parse", "HEAD", "HEAD^{tree}"])?;
    Ok(())
}

fn run_git(session: &mut Session, arguments: &[&str]) -> Result<(), Failed> {
    let date = "2001-02-03T04:05:06Z";
    session
        .step("git", arguments)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_AUTHOR_NAME", "Author")
        .env("GIT_AUTHOR_EMAIL", "author@example.org")
        .env("GIT_AUTHOR_DATE", date)
        .env("GIT_COMMITTER_NAME", "Author")
        .env("GIT_COMMITTER_EMAIL", "author@example.org")
        .env("GIT_COMMITTER_DATE", date)
        .run()?;
    Ok(())
}

fn file_name(number: u32) -> String {
    format!("folder{}/file{number}.txt", number % 23)
}

fn file_text(number: u32, round: u32) -> String {
    let lines = 20 + number % 90;
    (0..lines).fold(String::new(), |mut text, line| {
        let value = (line * 7919 + number * 31).wrapping_mul(if line % 9 == 0 { round } else { 1 });
        let _ = writeln!(text, "line {line} of {number}: {value:x} {}", value % 1009);
        text
    })
}
