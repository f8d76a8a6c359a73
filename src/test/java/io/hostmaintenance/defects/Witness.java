package io.hostmaintenance.defects;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** Hears a test of an operator that stands in a class loader of its own. */
final class Witness implements TestExecutionListener {

  /** What a test says. */
  enum Verdict {
    RED,
    GREEN,
    /** It did not run, or what it ran could not be loaded. */
    MUTE
  }

  /** What a test said, and why it is red. */
  record Testimony(Verdict verdict, String why) {}

  private final List<Throwable> failures = new ArrayList<>();
  private boolean ran;

  private Witness() {}

  /** What a test says of the operator in a class loader. */
  static Testimony testimony(String test, ClassLoader operator) throws ClassNotFoundException {
    var method = method(test, operator);
    var witness = new Witness();
    var before = Thread.currentThread().getContextClassLoader();
    Thread.currentThread().setContextClassLoader(operator);
    try {
      LauncherFactory.create()
          .execute(
              LauncherDiscoveryRequestBuilder.request()
                  .selectors(DiscoverySelectors.selectMethod(method.getDeclaringClass(), method))
                  .build(),
              witness);
    } finally {
      Thread.currentThread().setContextClassLoader(before);
    }
    return witness.testimony();
  }

  /**
   * The method that is meant, whatever its parameters.
   *
   * @param test as a {@link Defect} names it
   */
  static Method method(String test, ClassLoader operator) throws ClassNotFoundException {
    var names = test.split("#");
    var type = Class.forName("io.hostmaintenance." + names[0], false, operator);
    return Arrays.stream(type.getDeclaredMethods())
        .filter(m -> m.getName().equals(names[1]))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("no such test: " + test));
  }

  @Override
  public void executionFinished(TestIdentifier test, TestExecutionResult result) {
    ran |= test.isTest();
    result.getThrowable().ifPresent(failures::add);
  }

  private Testimony testimony() {
    if (failures.isEmpty()) {
      return new Testimony(ran ? Verdict.GREEN : Verdict.MUTE, "");
    }
    var unloadable = failures.stream().anyMatch(LinkageError.class::isInstance);
    return new Testimony(
        ran && !unloadable ? Verdict.RED : Verdict.MUTE,
        failures.getFirst().toString().replaceAll("\\s+", " ").strip());
  }
}
