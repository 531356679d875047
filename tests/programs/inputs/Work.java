import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/** Threads, direct buffers and zlib streams, which the JVM takes from malloc. */
public class Work {
    static String work(int seed) throws Exception {
        Random random = new Random(seed);
        TreeMap<Integer, byte[]> table = new TreeMap<>();
        for (int i = 0; i < 5000; i++) {
            byte[] data = new byte[random.nextInt(2000)];
            random.nextBytes(data);
            table.put(random.nextInt(2000), data);
        }
        CRC32 crc = new CRC32();
        for (byte[] data : table.values()) {
            Deflater deflater = new Deflater(1);
            deflater.setInput(data);
            deflater.finish();
            byte[] packed = new byte[data.length + 100];
            int length = deflater.deflate(packed);
            deflater.end();
            Inflater inflater = new Inflater();
            inflater.setInput(packed, 0, length);
            byte[] back = new byte[data.length];
            inflater.inflate(back);
            inflater.end();
            ByteBuffer direct = ByteBuffer.allocateDirect(data.length + 1);
            direct.put(back).flip();
            crc.update(direct);
        }
        return seed + " " + table.size() + " " + crc.getValue();
    }

    public static void main(String[] arguments) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(4);
        List<Future<String>> results = new ArrayList<>();
        for (int seed = 0; seed < 8; seed++) {
            int own = seed;
            results.add(pool.submit(() -> work(own)));
        }
        for (Future<String> result : results) {
            System.out.println(result.get());
        }
        pool.shutdown();
    }
}
