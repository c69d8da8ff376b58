import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Garbage, files and faults in several threads. */
public class Work {
    static int files(int thread) throws Exception {
        int bad = 0;
        for (int i = 0; i < 200; i++) {
            Path path = Path.of("/tmp/work." + thread + "." + i);
            Files.write(path, new byte[1000]);
            byte[][] garbage = new byte[50][];
            for (int k = 0; k < garbage.length; k++) garbage[k] = new byte[10000];
            if (Files.size(path) != 1000 || Files.exists(Path.of("/no/such"))) bad++;
            Files.delete(path);
            try {
                String nothing = i < 0 ? "" : null;
                bad += nothing.length() + 1;
            } catch (NullPointerException expected) {
                continue;
            }
        }
        return bad;
    }

    static int deep(int n) {
        return deep(n + 1) + 1;
    }

    public static void main(String[] args) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(4);
        List<Future<Integer>> all = new ArrayList<>();
        for (int t = 0; t < 4; t++) {
            final int thread = t;
            all.add(pool.submit(() -> files(thread)));
        }
        int bad = 0;
        for (Future<Integer> one : all) bad += one.get();
        pool.shutdown();
        System.gc();
        try {
            deep(0);
        } catch (StackOverflowError expected) {
            System.out.println("stack overflow caught");
        }
        Process child = new ProcessBuilder("echo", "child").start();
        System.out.println("bad " + bad + " " + new String(child.getInputStream().readAllBytes()).trim());
    }
}
