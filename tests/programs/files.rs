//! Tools that read and write files: sort, tar, gzip, xz, bc, ghostscript.

use std::fmt::Write as _;
use std::fs;

use crate::harness::{Need, Outcome, Scenario, Session};

/// The scenarios of this file.
pub fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario {
            name: "sort, tar, gzip, xz and bc give the same bytes",
            programs: &[&["sort"], &["tar"], &["gzip"], &["xz"], &["bc"]],
            need: Need::Required,
            volatile: &[],
            run: tools,
        },
        Scenario {
            name: "ghostscript renders a page to the same image",
            programs: &[&["gs"]],
            need: Need::Optional,
            volatile: &[],
            run: ghostscript,
        },
    ]
}

fn tools(session: &mut Session) -> Outcome {
    session.write("data.txt", lines(120_000))?;
    for number in 0..60 {
        session.write(&format!("tree/{}/{number}", number % 7), lines(number * 20))?;
    }
    session
        .run("sort", &["--parallel=2", "-S", "2M", "-T", ".", "data.txt", "-o", "sorted.txt"])?;
    session
        .run("sort", &["--parallel=2", "-u", "-k2,2n", "-k1,1r", "data.txt", "-o", "keys.txt"])?;
    let archive = ["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner"];
    session.run("tar", &[&archive[..], &["-cf", "tree.tar", "tree"]].concat())?;
    session.run("tar", &[&archive[..], &["-czf", "tree.tar.gz", "tree"]].concat())?;
    session.run("tar", &["-tvf", "tree.tar.gz"])?;
    session.run("tar", &["-xf", "tree.tar", "--one-top-level=copy"])?;
    session.run("gzip", &["-n", "-k", "-6", "data.txt"])?;
    session.run("gzip", &["-t", "data.txt.gz"])?;
    session.run("xz", &["-k", "-2", "-T2", "--block-size=1MiB", "data.txt"])?;
    session.run("xz", &["-dc", "-T2", "data.txt.xz"])?;
    session.step("bc", &["-l", "-q"]).input("scale=500\n4*a(1)\n2^4000\ne(1)\n").run()?;
    let pipeline = "awk '{ n[$2 % 100] += length($0) } END { for (k in n) print k, n[k] }' data.txt \
                    | sort | sha256sum; grep -cE '(1+2|3+4).*a' data.txt; sed 's/a/b/g' data.txt \
                    | tr a-z A-Z | uniq -c | md5sum; find tree -type f | sort | xargs -n 5 wc -l";
    session.run("sh", &["-c", pipeline])?;
    Ok(())
}

fn lines(count: u32) -> String {
    let mut state = 42_u32;
    (0..count).fold(String::new(), |mut text, line| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let _ = writeln!(text, "{state:08x} {} {}", state % 7919, line % 100);
        text
    })
}

fn ghostscript(session: &mut Session) -> Outcome {
    session.write("page.ps", fs::read(Session::input("page.ps"))?)?;
    let common = ["-q", "-dBATCH", "-dNOPAUSE", "-dSAFER", "-r100", "-dNumRenderingThreads=2"];
    let devices = [
        ["-sDEVICE=png16m", "-sOutputFile=page.png", "-dTextAlphaBits=4"],
        ["-sDEVICE=ppmraw", "-sOutputFile=page.ppm", "-dMaxBitmap=2000000"],
    ];
    for device in devices {
        session.run("gs", &[&common[..], &device, &["page.ps"]].concat())?;
    }
    Ok(())
}
