import java.nio.file.*;
import java.util.*;
import java.util.stream.*;

public class Main {
  record Pair(String name, int length) {}

  public static void main(String[] args) throws Exception {
    System.out.println(Arrays.stream(args).map(a -> new Pair(a, a.length())).toList());
    Path folder = Files.createTempDirectory("java");
    for (int i = 0; i < 20; i++) Files.writeString(folder.resolve("f" + i), "line " + i);
    try (Stream<Path> files = Files.walk(folder)) {
      System.out.println(files.filter(Files::isRegularFile).mapToLong(f -> f.toFile().length()).sum());
    }
    System.out.println(IntStream.range(0, 100000).parallel().mapToLong(i -> (long) i * i % 7).sum());
    Process child = new ProcessBuilder("sh", "-c", "echo from a child; exit 5").inheritIO().start();
    System.out.println(child.waitFor());
    Thread[] threads = new Thread[8];
    for (int i = 0; i < threads.length; i++) (threads[i] = new Thread(() -> new java.io.File("/etc").list())).start();
    for (Thread thread : threads) thread.join();
    System.out.println(Files.exists(Path.of("/usr/bin/java")) + " " + System.getProperty("java.specification.version"));
  }
}
