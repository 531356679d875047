//! Interpreters and virtual machines: python3, perl, lua, ruby, node, java.

use std::fs;

use crate::harness::{Need, Outcome, Scenario, Session};
use crate::lookup;

/// The scenarios of this file.
pub fn scenarios() -> Vec<Scenario> {
    let scenario =
        |name, programs, run| Scenario { name, programs, need: Need::Required, volatile: &[], run };
    vec![
        scenario("python3 runs threads, forks and containers", &[&["python3"]], python_script),
        scenario("python3 passes its own tests", &[&["python3"]], python_own_tests),
        scenario("perl runs hashes, regular expressions and forks", &[&["perl"]], perl),
        scenario("lua runs tables, coroutines and collections", &[&["lua5.4", "lua"]], lua),
        scenario("ruby runs threads, forks and collections", &[&["ruby"]], ruby),
        scenario("node runs workers, JSON and hashes", &[&["node", "nodejs"]], node),
        Scenario {
            name: "java compiles and runs threads with direct buffers",
            programs: &[&["java"], &["javac"]],
            need: Need::Optional,
            volatile: &[],
            run: java,
        },
    ]
}

fn python_script(session: &mut Session) -> Outcome {
    let script = Session::input("work.py");
    session
        .step("python3", &[&script.to_string_lossy()])
        .env("PYTHONMALLOC", "malloc")
        .env("PYTHONHASHSEED", "0")
        .run()?;
    Ok(())
}

/// It fails under any allocator where an installed package imports `threading` at start-up.
const NEEDS_BARE_SITE: &str = "test_import_from_another_thread";

fn python_own_tests(session: &mut Session) -> Outcome {
    for test in ["test_json", "test_dict", "test_list", "test_threading"] {
        let output = session
            .step("python3", &["-m", "test", "--ignore", NEEDS_BARE_SITE, test])
            .env("PYTHONMALLOC", "malloc")
            .without_output()
            .limit(150)
            .run()?;
        // The counts are stable where this version of Python prints them; times are not.
        let text = output.text();
        let result: Vec<&str> = text
            .lines()
            .filter(|line| line.starts_with("Total tests") || line.starts_with("Result"))
            .collect();
        session.note(test, result.join("\n"));
    }
    Ok(())
}

fn perl(session: &mut Session) -> Outcome {
    let script = Session::input("work.pl");
    session
        .step("perl", &[&script.to_string_lossy()])
        .env("PERL_HASH_SEED", "0")
        .env("PERL_PERTURB_KEYS", "0")
        .run()?;
    Ok(())
}

fn lua(session: &mut Session) -> Outcome {
    let script = Session::input("work.lua");
    let name = if lookup::find("lua5.4").is_some() { "lua5.4" } else { "lua" };
    session.run(name, &[&script.to_string_lossy()])?;
    Ok(())
}

fn ruby(session: &mut Session) -> Outcome {
    let script = Session::input("work.rb");
    session.run("ruby", &[&script.to_string_lossy()])?;
    Ok(())
}

fn node(session: &mut Session) -> Outcome {
    let script = Session::input("work.js");
    let name = if lookup::find("node").is_some() { "node" } else { "nodejs" };
    session.run(name, &[&script.to_string_lossy()])?;
    Ok(())
}

fn java(session: &mut Session) -> Outcome {
    session.run("java", &["-version"])?;
    session.write("Work.java", fs::read(Session::input("Work.java"))?)?;
    session.run("javac", &["Work.java"])?;
    session.run("java", &["-Xmx256m", "-cp", ".", "Work"])?;
    Ok(())
}
