package io.hostmaintenance.nova.openstack4j;

import static org.assertj.core.api.Assertions.assertThat;

import io.hostmaintenance.nova.Command;
import io.hostmaintenance.nova.Demand;
import io.hostmaintenance.nova.MigrationFilter;
import io.hostmaintenance.nova.Nova;
import io.hostmaintenance.nova.NovaException;
import io.hostmaintenance.nova.Priority;
import io.hostmaintenance.nova.StateChange;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The access rules of docs/security.md are the requests of the port, no more and no fewer. */
class AccessRulesTest {

  private static final Pattern RULE =
      Pattern.compile("\"service\": \"(.+)\", \"method\": \"(.+)\", \"path\": \"(.+)\"");

  private static final List<Consumer<Nova>> CALLS =
      List.of(
          nova -> nova.on(Priority.WATCH, ""),
          Nova::waited,
          nova -> nova.reserving(() -> ""),
          Nova::identity,
          Nova::computeServices,
          Nova::hypervisors,
          Nova::newestVersion,
          nova -> nova.instanceIdsAt("h"),
          nova -> nova.instancesOn("h"),
          nova -> nova.instance("i"),
          nova -> nova.migrations(MigrationFilter.ofHost("h")),
          nova -> nova.newestMigrations("h"),
          nova -> nova.actions("i"),
          nova -> nova.action("i", "r"),
          nova -> nova.groupsOf("i"),
          nova -> nova.serverGroup("g"),
          nova -> nova.allocations("p"),
          nova -> nova.guestPower("i"),
          nova -> nova.providerTree("p"),
          Nova::usedOnDisabledHosts,
          nova -> nova.candidates(new Demand(Map.of("VCPU", 1L), Set.of(), Set.of())),
          nova -> nova.execute(new Command.DisableService("s", "why")),
          nova -> nova.execute(new Command.EnableService("s")),
          nova -> nova.execute(new Command.LiveMigrate("i", Optional.empty(), true, "r")),
          nova -> nova.execute(new Command.ColdMigrate("i", Optional.empty(), "r")),
          nova -> nova.execute(new Command.ConfirmResize("i", "r")),
          nova -> nova.execute(new Command.ChangeState("i", StateChange.PAUSE, "r")),
          nova -> nova.execute(new Command.AbortMigration("i", 1)),
          nova -> nova.execute(new Command.ForceCompleteMigration("i", 1)));

  private final StubCloud cloud = new StubCloud();
  private final Set<String> called = new TreeSet<>();

  @TempDir Path directory;

  @AfterEach
  void stop() {
    cloud.close();
  }

  /** Says which of its methods were called. */
  private Nova listened() {
    var nova = StubCloud.nova(cloud.cloudsYaml(directory), InstantSource.system());
    return (Nova)
        Proxy.newProxyInstance(
            Nova.class.getClassLoader(),
            new Class<?>[] {Nova.class},
            (proxy, method, arguments) -> {
              called.add(method.getName());
              try {
                return method.invoke(nova, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  /** Without the requests to Keystone, which access rules do not hold. */
  private Set<String> asked() {
    var nova = listened();
    for (var call : CALLS) {
      try {
        call.accept(nova);
      } catch (NovaException e) {
        // The stub knows no answer; the request went out.
      }
    }
    return cloud.requests().stream()
        .filter(r -> r.path().startsWith("/compute") || r.path().startsWith("/placement"))
        .map(r -> r.method() + " " + r.path().substring(1))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static List<String> rules() throws IOException {
    return RULE.matcher(Files.readString(Path.of("docs/security.md")))
        .results()
        .map(m -> "%s %s%s".formatted(m.group(2), m.group(1), m.group(3)))
        .toList();
  }

  /** A star stands for one segment. */
  private static boolean allows(String rule, String request) {
    return request.matches(
        Stream.of(rule.split("\\*", -1)).map(Pattern::quote).collect(Collectors.joining("[^/]+")));
  }

  @Test
  void allowEachRequestOfThePort() throws IOException {
    var rules = rules();

    assertThat(asked()).allMatch(r -> rules.stream().anyMatch(rule -> allows(rule, r)));
    assertThat(called)
        .isEqualTo(
            Stream.of(Nova.class.getMethods())
                .map(Method::getName)
                .collect(Collectors.toCollection(TreeSet::new)));
  }

  @Test
  void allowNothingElse() throws IOException {
    var asked = asked();

    assertThat(rules()).allMatch(rule -> asked.stream().anyMatch(r -> allows(rule, r)));
  }
}
