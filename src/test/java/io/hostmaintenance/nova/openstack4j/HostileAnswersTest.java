package io.hostmaintenance.nova.openstack4j;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.hostmaintenance.nova.Command;
import io.hostmaintenance.nova.Demand;
import io.hostmaintenance.nova.MigrationFilter;
import io.hostmaintenance.nova.Nova;
import io.hostmaintenance.nova.NovaException;
import io.hostmaintenance.nova.StateChange;
import io.hostmaintenance.nova.openstack4j.StubCloud.Answer;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever Keystone, Nova and placement answer, the adapter gives a sane value or throws a {@link
 * NovaException} with a sentence. {@code -Dfuzz.seed=N -Dfuzz.cases=N} goes on from another seed.
 */
class HostileAnswersTest {

  private static final long SEED = Long.getLong("fuzz.seed", 1);
  private static final int CASES = Integer.getInteger("fuzz.cases", 2000);

  private static final Instant FAR_AWAY = Instant.parse("9999-12-31T23:59:59Z");
  private static final String HARMFUL =
      "[\\p{Cc}\\p{Cs}\\p{Zl}\\p{Zp}[\\p{Cf}&&[^\\u200c\\u200d]]]";

  private static final String VERSION = "/compute/v2.1/";

  private static final List<Integer> FAILURES =
      List.of(400, 403, 404, 409, 413, 418, 429, 500, 503, 599);
  private static final List<String> DATES =
      List.of("Sun, 22 Nov 2026 12:01:00 GMT", "Sat, 01 Jan 0000 00:00:00 GMT", "yesterday", "é");
  private static final List<String> REQUEST_IDS =
      List.of("req-1", "x".repeat(3000), "é;\"<b>", "two words");

  private static final Demand DEMAND = new Demand(Map.of("VCPU", 1L), Set.of(), Set.of());

  private static final List<Call> CALLS =
      List.of(
          list("os-services-before", "services", (nova, id) -> nova.computeServices()),
          list("os-hypervisors-detail", "hypervisors", (nova, id) -> nova.hypervisors()),
          list(
              "servers-detail-host-mixed-mv2.96",
              "servers",
              (nova, id) -> nova.instancesOn("compute-1").value()),
          list(
              "servers-detail-constraints-mv2.104",
              "servers",
              (nova, id) -> nova.instancesOn("compute-1").value()),
          one("servers-detail-host-limit2", (nova, id) -> nova.instancesOn("compute-1")),
          one("server-active-after", (nova, id) -> nova.instance(id.get(1))),
          one("server-cold-fail", (nova, id) -> nova.instance(id.get(1))),
          one("server-not-found", (nova, id) -> nova.instance(id.get(1))),
          list(
              "os-migrations-after-live-host",
              "migrations",
              (nova, id) -> nova.migrations(MigrationFilter.ofHost("compute-1"))),
          list(
              "instance-actions-lm_fail", "instanceActions", (nova, id) -> nova.actions(id.get(1))),
          one(
              "instance-action-live-migration-lm_fail",
              (nova, id) -> nova.action(id.get(1), id.get(3))),
          one(
              "os-services-disable",
              (nova, id) -> nova.execute(new Command.DisableService(id.get(1), "planted"))),
          one("live-migrate-stopped", (nova, id) -> nova.execute(liveMigrate(id.get(1)))),
          one("cold-migrate-rescued", (nova, id) -> nova.execute(coldMigrate(id.get(1)))),
          one("resume-active", (nova, id) -> nova.execute(resume(id.get(1)))),
          one("server-diagnostics-error-running", (nova, id) -> power(nova, id.get(1))),
          one("server-diagnostics-error-off", (nova, id) -> power(nova, id.get(1))),
          one("version-v2.1", (nova, id) -> nova.computeServices()),
          new Call(
              "groups",
              "GET",
              "/compute/v2.1/os-server-groups/g1",
              200,
              json(
                  """
                  {"server_group": {"id": "g1", "name": "apart", "policy": "anti-affinity",
                    "rules": {"max_server_per_host": 2}, "members": ["i1", "i2"],
                    "project_id": "p", "user_id": "u"}}"""),
              "server_group",
              (nova, id) -> nova.serverGroup("g1")),
          new Call(
              "allocations",
              "GET",
              "/placement/resource_providers/p1/allocations",
              200,
              json(
                  """
                  {"allocations": {"i1": {"resources": {"VCPU": 1}}}, "resource_provider_generation": 3}
                  """),
              "none",
              (nova, id) -> nova.allocations("p1")),
          new Call(
              "resource providers",
              "GET",
              "/placement/resource_providers",
              200,
              json(
                  """
                  {"resource_providers": [{"uuid": "p1", "name": "compute-1",
                    "parent_provider_uuid": null}, {"uuid": "p2", "parent_provider_uuid": "p1"}]}
                  """),
              "resource_providers",
              (nova, id) -> nova.providerTree("p1")),
          one("server-hinted-mv2.104", (nova, id) -> nova.instance(id.get(1))),
          new Call(
              "candidates",
              "GET",
              "/placement/allocation_candidates",
              200,
              StubCloud.recording("placement-allocation-candidates-summaries").path("body"),
              "none",
              (nova, id) -> nova.candidates(DEMAND)));

  /** A question to Nova by the segments of its path, and how Nova answered it once. */
  private record Call(
      String name,
      String method,
      String path,
      int status,
      JsonNode body,
      String rows,
      Asking asking) {

    List<String> segments() {
      return List.of(path.substring("/compute/v2.1/".length()).split("/"));
    }
  }

  private interface Asking {
    Object ask(Nova nova, List<String> segments);
  }

  private final StubCloud cloud = new StubCloud();

  @TempDir Path directory;

  @AfterEach
  void stop() {
    cloud.close();
  }

  @Test
  void mutatedNovaAnswerGivesAValidValueOrANovaException() {
    var random = new SplittableRandom(SEED);
    var file = cloud.cloudsYaml(directory);
    var nova = StubCloud.nova(file, InstantSource.system());
    for (var i = 0; i < CASES; i++) {
      var call = CALLS.get(i % CALLS.size());
      var body = new Mutation(random.nextLong()).of(call.body());
      play(call, body, random);
      var asked = call.path().equals(VERSION) ? StubCloud.nova(file, InstantSource.system()) : nova;
      answer(call.name() + " answered " + body, () -> call.asking().ask(asked, call.segments()))
          .ifPresent(value -> whole(call, body, value));
    }
  }

  @Test
  void mutatedKeystoneAnswerGivesAValidValueOrANovaException() {
    var random = new SplittableRandom(SEED);
    var file = cloud.cloudsYaml(directory);
    var good = json(cloud.token());
    cloud.on("GET", "/compute/v2.1/os-services", 200, "{\"services\": []}");
    for (var i = 0; i < CASES / 8; i++) {
      var body = new Mutation(random.nextLong()).of(good);
      cloud.keystone(request -> cloud.granting(body));
      answer(
              "Keystone answered " + body,
              () -> StubCloud.nova(file, InstantSource.system()).computeServices())
          .ifPresent(services -> assertThat(services).isEqualTo(List.of()));
    }
  }

  /** Registers an answer, one in five of them a failure. */
  private void play(Call call, String body, SplittableRandom random) {
    cloud.speaks("2.1", "2.96");
    var status = random.nextInt(5) == 0 ? pick(random, FAILURES) : call.status();
    var answer =
        Answer.json(status, body)
            .with("Retry-After", pick(random, List.of("0", "-1", "999999999", "never")))
            .with("Date", pick(random, DATES))
            .with("x-compute-request-id", pick(random, REQUEST_IDS));
    var end = Answer.json(200, "{\"%s\": []}".formatted(call.rows()));
    cloud.on(
        call.method(),
        call.path(),
        request -> request.query().matches(".*(marker|offset=[1-9]).*") ? end : answer);
  }

  private static <T> T pick(SplittableRandom random, List<T> from) {
    return from.get(random.nextInt(from.size()));
  }

  /** No row is lost: as many are given as the answer lists. */
  private static void whole(Call call, String body, Object value) {
    var rows = json(body).path(call.rows());
    if (value instanceof Collection<?> given && rows.isArray()) {
      var ours =
          StreamSupport.stream(rows.spliterator(), false)
              .filter(r -> r.path("binary").asText("nova-compute").equals("nova-compute"))
              .count();
      assertThat((long) given.size()).as(call.name() + " answered " + body).isEqualTo(ours);
    }
  }

  /** What was given, which is sane; empty when it was refused in a sentence. */
  private static Optional<Object> answer(String story, Supplier<Object> asking) {
    var told = "fuzz.seed=" + SEED + ": " + story.substring(0, Math.min(story.length(), 3000));
    try {
      var value = asking.get();
      sane(told, value);
      return Optional.of(value);
    } catch (NovaException e) {
      assertThat(e.getMessage()).as(told).isNotBlank();
      sane(told, e.getMessage());
      sane(told, e.requestId());
      assertThat(e.retryAfter().orElse(Duration.ZERO)).as(told).isLessThan(Duration.ofHours(1));
      return Optional.empty();
    } catch (RuntimeException e) {
      throw new AssertionError(told, e);
    }
  }

  private static void sane(String told, Object value) {
    switch (value) {
      case null -> {}
      case String text -> {
        assertThat(text).as(told).doesNotContainPattern(HARMFUL);
        assertThat(text.getBytes(UTF_8).length).as(told).isLessThanOrEqualTo(1024);
      }
      case Instant instant -> assertThat(instant).as(told).isBetween(Instant.EPOCH, FAR_AWAY);
      case Optional<?> optional -> optional.ifPresent(v -> sane(told, v));
      case Collection<?> all -> all.forEach(v -> sane(told, v));
      case Map<?, ?> map -> {
        sane(told, map.keySet());
        sane(told, map.values());
      }
      case Record row ->
          Stream.of(row.getClass().getRecordComponents()).forEach(c -> sane(told, read(c, row)));
      default -> assertThat(value).as(told).isInstanceOfAny(Number.class, Boolean.class);
    }
  }

  private static Object read(RecordComponent component, Record row) {
    try {
      return component.getAccessor().invoke(row);
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(e);
    }
  }

  private static Command liveMigrate(String id) {
    return new Command.LiveMigrate(id, Optional.empty(), true, "req-0");
  }

  private static Command resume(String id) {
    return new Command.ChangeState(id, StateChange.RESUME, "req-0");
  }

  private static boolean power(Nova nova, String id) {
    return nova.guestPower(id) != null;
  }

  private static Command coldMigrate(String id) {
    return new Command.ColdMigrate(id, Optional.empty(), "req-0");
  }

  private static Call list(String recording, String rows, Asking asking) {
    return recorded(recording, rows, asking);
  }

  private static Call one(String recording, Asking asking) {
    return recorded(recording, "none", asking);
  }

  private static Call recorded(String name, String rows, Asking asking) {
    var recording = StubCloud.recording(name);
    var request = recording.path("request");
    return new Call(
        name,
        request.path("method").asText(),
        "/compute/v2.1" + request.path("path").asText().replaceFirst("\\?.*", ""),
        recording.path("status").asInt(),
        recording.path("body"),
        rows,
        asking);
  }

  private static JsonNode json(String text) {
    try {
      return NovaJson.MAPPER.readTree(text);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
