package io.hostmaintenance.defects;

import io.hostmaintenance.defects.Witness.Testimony;
import io.hostmaintenance.defects.Witness.Verdict;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.tools.ToolProvider;

/** Runs tests on an operator of which one source was changed; nothing else is compiled anew. */
final class Trial {

  private static final Path SOURCES = Path.of("src/main/java/io/hostmaintenance");
  private static final String CLASS_PATH = System.getProperty("java.class.path");

  private Trial() {}

  /** The source that a defect changes, as it stands. */
  static String source(Defect defect) throws IOException {
    return Files.readString(SOURCES.resolve(defect.source()));
  }

  /** What the tests of a defect say when the operator has it, by test. */
  static Map<String, Testimony> of(Defect defect) throws IOException, ClassNotFoundException {
    try (var directory = new Scratch()) {
      var changed = directory.path().resolve(Path.of(defect.source()).getFileName());
      Files.writeString(changed, defect.applyTo(source(defect)));
      compile(changed, directory.path());
      return hear(defect.caughtBy(), directory.path());
    } catch (IllegalStateException e) {
      return Map.of(defect.source(), new Testimony(Verdict.MUTE, e.getMessage()));
    }
  }

  /** What tests say of the operator as it stands, by test. */
  static Map<String, Testimony> without(List<String> tests)
      throws IOException, ClassNotFoundException {
    try (var directory = new Scratch()) {
      return hear(tests, directory.path());
    }
  }

  private static void compile(Path source, Path directory) {
    var complaint = new ByteArrayOutputStream();
    var result =
        ToolProvider.getSystemJavaCompiler()
            .run(
                null,
                null,
                complaint,
                "-proc:none",
                "-cp",
                CLASS_PATH,
                "-d",
                directory.toString(),
                source.toString());
    if (result != 0) {
      throw new IllegalStateException("does not compile: " + complaint);
    }
  }

  private static Map<String, Testimony> hear(List<String> tests, Path changed)
      throws IOException, ClassNotFoundException {
    var said = new LinkedHashMap<String, Testimony>();
    try (var operator = new Operator(changed)) {
      for (var test : tests) {
        said.put(test, Witness.testimony(test, operator));
      }
    }
    return said;
  }

  /**
   * The operator and its tests, loaded for themselves, with changed classes before all others; and
   * openstack4j, which keeps our connector in a static. Other libraries are shared.
   */
  private static final class Operator extends URLClassLoader {

    Operator(Path changed) {
      super(
          Stream.concat(
                  Stream.of(changed), Stream.of(CLASS_PATH.split(File.pathSeparator)).map(Path::of))
              .map(Operator::url)
              .toArray(URL[]::new),
          Trial.class.getClassLoader());
    }

    private static URL url(Path path) {
      try {
        return path.toUri().toURL();
      } catch (MalformedURLException e) {
        throw new IllegalArgumentException(e);
      }
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (!name.startsWith("io.hostmaintenance.") && !name.startsWith("org.openstack4j.")) {
        return super.loadClass(name, resolve);
      }
      synchronized (getClassLoadingLock(name)) {
        var known = findLoadedClass(name);
        return known != null ? known : findClass(name);
      }
    }
  }

  /** A directory that does not outlive its use. */
  private record Scratch(Path path) implements AutoCloseable {

    Scratch() throws IOException {
      this(Files.createTempDirectory("defect"));
    }

    @Override
    public void close() throws IOException {
      try (var files = Files.walk(path)) {
        for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }
}
