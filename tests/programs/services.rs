//! Data bases: sqlite3 and redis-server.

use std::fmt::Write as _;
use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use libtest_mimic::Failed;

use crate::harness::{Background, Need, Outcome, Scenario, Session};

/// The server's socket, in the working folder: no port, so nothing else can meet it.
const SOCKET: &str = "redis.sock";

/// The scenarios of this file.
pub fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario {
            name: "sqlite3 builds, indexes and queries tables",
            programs: &[&["sqlite3"]],
            need: Need::Required,
            volatile: &[],
            run: sqlite,
        },
        Scenario {
            name: "redis-server serves redis-benchmark and saves its data",
            programs: &[&["redis-server"], &["redis-benchmark"], &["redis-cli"]],
            need: Need::Required,
            // It holds the time and the memory in use; the scenario compares the data's digest.
            volatile: &["dump.rdb", "appendonlydir", SOCKET],
            run: redis,
        },
    ]
}

fn sqlite(session: &mut Session) -> Outcome {
    let script = fs::read(Session::input("tables.sql"))?;
    session.step("sqlite3", &["-batch", "tables.db"]).input(script).run()?;
    session.run("sqlite3", &["tables.db", "SELECT count(*), total(price) FROM item"])?;
    Ok(())
}

fn redis(session: &mut Session) -> Outcome {
    let mut server = start_server(session)?;

    // Load: many clients, random keys, values of several sizes, and a fork in between.
    let benchmark = |session: &mut Session, arguments: &[&str]| -> Outcome {
        let common = ["-s", SOCKET, "-q", "--csv", "-c", "20", "-r", "5000"];
        let all = [&common[..], arguments].concat();
        session.step("redis-benchmark", &all).without_output().run()?;
        Ok(())
    };
    benchmark(session, &["-n", "20000", "-P", "8", "-d", "100"])?;
    session.step("redis-cli", &["-s", SOCKET, "BGSAVE"]).without_output().run()?;
    benchmark(session, &["-n", "3000", "-d", "5000", "-t", "set,get,lpush,rpop,hset,zadd"])?;
    wait_for_save(session)?;
    ask(session, &["FLUSHALL"])?;

    // Data: the same commands in both runs, so the same digest at every point.
    session.step("redis-cli", &["-s", SOCKET]).input(data_commands()).run()?;
    let before = ask(session, &["DEBUG", "DIGEST"])?;
    ask(session, &["SAVE"])?;
    ask(session, &["DEBUG", "RELOAD"])?;
    let after = ask(session, &["DEBUG", "DIGEST"])?;
    if before != after {
        return Err(format!("the digest changed across a reload: {before} {after}").into());
    }
    ask(session, &["DBSIZE"])?;
    ask(session, &["SORT", "list:7", "LIMIT", "0", "20", "ALPHA"])?;
    session.check_mapped(&server)?;
    server.check_alive()?;

    // A restart from the saved file must find the same data.
    session.step("redis-cli", &["-s", SOCKET, "SHUTDOWN", "SAVE"]).without_output().run()?;
    session.note("first server's exit", server.wait()?.to_string());
    let mut server = start_server(session)?;
    if ask(session, &["DEBUG", "DIGEST"])? != before {
        return Err("the digest changed across a restart".into());
    }
    session.step("redis-cli", &["-s", SOCKET, "SHUTDOWN", "NOSAVE"]).without_output().run()?;
    session.note("second server's exit", server.wait()?.to_string());
    Ok(())
}

fn start_server(session: &mut Session) -> Result<Background, Failed> {
    let options = ["--port", "0", "--unixsocket", SOCKET, "--save", "", "--io-threads", "2"];
    let mut server = session.start(
        "redis-server",
        &[&options[..], &["--enable-debug-command", "yes", "--daemonize", "no"]].concat(),
    )?;
    let start = Instant::now();
    while session
        .step("redis-cli", &["-s", SOCKET, "PING"])
        .untracked()
        .finish()
        .is_ok_and(|answer| !answer.text().starts_with("PONG"))
    {
        server.check_alive()?;
        if start.elapsed() > Duration::from_secs(20) {
            return Err("redis-server does not answer".into());
        }
        thread::sleep(Duration::from_millis(50));
    }
    Ok(server)
}

fn wait_for_save(session: &mut Session) -> Outcome {
    let start = Instant::now();
    loop {
        let step = session.step("redis-cli", &["-s", SOCKET, "INFO", "persistence"]);
        let text = step.untracked().finish()?.text();
        if text.contains("rdb_bgsave_in_progress:0") {
            let saved = text.contains("rdb_last_bgsave_status:ok");
            return if saved { Ok(()) } else { Err("BGSAVE failed".into()) };
        }
        if start.elapsed() > Duration::from_secs(30) {
            return Err("BGSAVE does not end".into());
        }
        thread::sleep(Duration::from_millis(50));
    }
}

/// Sends one command and returns the answer, which takes part in the comparison.
fn ask(session: &mut Session, command: &[&str]) -> Result<String, Failed> {
    let answer = session.run("redis-cli", &[&["-s", SOCKET], command].concat())?.text();
    if answer.starts_with("ERR") || answer.is_empty() {
        return Err(format!("redis-cli {}: {answer}", command.join(" ")).into());
    }
    Ok(answer)
}

fn data_commands() -> String {
    let mut text = String::new();
    for number in 0..6000_u32 {
        let value = "v".repeat((number * 7919 % 300) as usize + 1);
        let _ = writeln!(text, "SET key:{number} {value}{number}");
        let _ = writeln!(text, "RPUSH list:{} {value}", number % 40);
        let _ = writeln!(text, "HSET hash:{} field:{number} {value}", number % 25);
        let _ = writeln!(text, "ZADD set:{} {} member:{number}", number % 15, number * 31 % 997);
        if number % 5 == 0 {
            let _ = writeln!(text, "DEL key:{}", number / 2);
            let _ = writeln!(text, "APPEND key:{number} {value}{value}");
            let _ = writeln!(text, "LPOP list:{}", number % 40);
        }
    }
    text
}
