// Worker threads, JSON, hashes, compression and big maps.
const { Worker, isMainThread, parentPort, workerData } = require("worker_threads");
const crypto = require("crypto");
const zlib = require("zlib");

function generator(seed) {
  let state = seed >>> 0;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0);
}

function work(seed) {
  const next = generator(seed);
  const table = new Map();
  for (let i = 0; i < 40000; i++) {
    table.set("k" + (next() % 9000), Buffer.alloc(next() % 500, i & 255).toString("hex"));
    if (i % 3 === 0) table.delete("k" + (next() % 9000));
  }
  const text = JSON.stringify([...table].sort());
  const packed = zlib.deflateSync(text, { level: 3 });
  const same = zlib.inflateSync(packed).toString() === text;
  const back = JSON.stringify(JSON.parse(text)) === text;
  return [seed, table.size, same, back, crypto.createHash("sha256").update(text).digest("hex")].join(" ");
}

if (isMainThread) {
  const runs = [1, 2, 3, 4].map((seed) => new Promise((resolve, reject) => {
    const worker = new Worker(__filename, { workerData: seed });
    worker.once("message", resolve);
    worker.once("error", reject);
  }));
  Promise.all(runs).then((lines) => {
    for (const line of lines) console.log(line);
    console.log("main " + work(5));
    const buffers = [];
    for (let i = 1; i < 400; i++) buffers.push(Buffer.alloc(i * 1000, i));
    console.log("buffers " + crypto.createHash("md5").update(Buffer.concat(buffers)).digest("hex"));
  });
} else {
  parentPort.postMessage(work(workerData));
}
