package io.hostmaintenance.operator;

/**
 * Begins the operator, or says that this Java is too old. It is compiled for Java 8 (pom.xml): an
 * older Java would otherwise end with the version of a class file, which tells nobody what to do.
 */
public final class Start {

  private static final int NEEDED = 25;

  private Start() {}

  /**
   * Runs {@link Main}. Status 2: this Java is too old.
   *
   * @param arguments are its own
   * @throws ReflectiveOperationException when the jar is not whole
   */
  public static void main(String[] arguments) throws ReflectiveOperationException {
    String version = System.getProperty("java.specification.version");
    if (version.startsWith("1.") || Integer.parseInt(version) < NEEDED) {
      System.err.println(
          "The operator needs Java "
              + NEEDED
              + " or newer, and "
              + System.getProperty("java.home")
              + " is Java "
              + version
              + ": start it by the full path of a newer java, such as"
              + " /usr/lib/jvm/temurin-25-jdk-amd64/bin/java.");
      System.exit(2);
    }
    Class.forName("io.hostmaintenance.operator.Main")
        .getMethod("main", String[].class)
        .invoke(null, (Object) arguments);
  }
}
