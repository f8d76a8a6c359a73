package io.hostmaintenance.nova.openstack4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReplyTest {

  private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");

  @ParameterizedTest
  @CsvSource({
    "'{\"conflictingRequest\": {\"code\": 409, \"message\": \"Cannot.\"}}', Cannot.",
    "'{\"message\": \"The request needs a token.\", \"code\": 401}', The request needs a token.",
    "'{\"errors\": [{\"status\": 404, \"detail\": \"No provider.\"}]}', No provider.",
    "'<html><style>b{x:y}</style><h1>503 Busy</h1>\n<p>Later.</p></html>', 503 Busy Later.",
    "'  plain  words ', plain words",
    "'{\"badRequest\": {\"code\": 400}}', ''",
    "'{\"badRequest\": {\"message\": \"truncat', '{\"badRequest\": {\"message\": \"truncat'",
    "'', ''",
  })
  void errorTextIsReadFromJsonHtmlAndPlainText(String body, String text) {
    assertThat(reply(body, Map.of()).text()).isEqualTo(text);
  }

  @Test
  void errorTextHasNoControlCharacters() {
    assertThat(reply("{\"message\": \"a\\u0007b\\r\\nc\\u202ed\\u0000\"}", Map.of()).text())
        .isEqualTo("a b c d");
  }

  @ParameterizedTest
  @ValueSource(strings = {"<", "<style", "<style><", "<a <b "})
  void htmlPageWithUnclosedTagsIsReadWithinTenSeconds(String part) {
    assertTimeoutPreemptively(
        Duration.ofSeconds(10), () -> reply(part.repeat(2_000_000), Map.of()).text());
  }

  @ParameterizedTest
  @CsvSource({"999999999", "'Sun, 22 Nov 2099 12:01:30 GMT'"})
  void retryAfterIsLimitedToTenMinutes(String header) {
    assertThat(reply("", Map.of("Retry-After", header)).retryAfter(NOW))
        .contains(Duration.ofMinutes(10));
  }

  @ParameterizedTest
  @ValueSource(strings = {"two words", "é", "", "../x"})
  void malformedRequestIdIsIgnored(String header) {
    assertThat(reply("", Map.of("X-Compute-Request-Id", header)).requestId()).isEmpty();
  }

  @Test
  void errorTextOfOneKibibyteIsKept() {
    assertThat(reply("x".repeat(1024), Map.of()).text()).hasSize(1024);
  }

  @Test
  void longErrorTextIsTruncatedBetweenCharacters() {
    var text = reply("x" + "😀".repeat(400), Map.of()).text();

    assertThat(text).isEqualTo("x" + "😀".repeat(255));
  }

  @ParameterizedTest
  @CsvSource({
    "7, 7",
    "0, 0",
    "'Sun, 22 Nov 2026 12:01:30 GMT', 90",
    "'Sun, 22 Nov 2026 11:00:00 GMT', 0"
  })
  void retryAfterIsSecondsOrADate(String header, int seconds) {
    assertThat(reply("", Map.of("retry-after", header)).retryAfter(NOW))
        .contains(Duration.ofSeconds(seconds));
  }

  @ParameterizedTest
  @CsvSource({
    "429, 30, 30",
    "498, 30, 30",
    "413, 30, 30",
    "503, 30, 30",
    "429, , 0",
    "498, , 0",
    "503, , ",
    "502, 30, ",
    "404, 30, ",
    "202, 30, "
  })
  void refusalAsOneTooManyIsToldByStatusAndRetryAfter(int status, String header, Integer pause) {
    var headers = header == null ? Map.<String, String>of() : Map.of("Retry-After", header);

    assertThat(new Reply(status, headers, new byte[0]).tooMany(NOW))
        .isEqualTo(Optional.ofNullable(pause).map(Duration::ofSeconds));
  }

  @Test
  void retryAfterDateIsMeasuredByTheDateHeaderOfTheReply() {
    var headers =
        Map.of(
            "Date", "Sun, 22 Nov 2026 12:01:00 GMT",
            "Retry-After", "Sun, 22 Nov 2026 12:01:30 GMT");

    assertThat(reply("", headers).retryAfter(NOW)).contains(Duration.ofSeconds(30));
  }

  @ParameterizedTest
  @CsvSource({"soon", "-1", "99999999999999999999", "''"})
  void malformedRetryAfterIsIgnored(String header) {
    assertThat(reply("", Map.of("Retry-After", header)).retryAfter(NOW)).isEmpty();
  }

  /** What openstack4j itself reads of a reply. */
  @Test
  void bodyAndContentTypeAreReturnedUnchanged() {
    var reply = reply("{}", Map.of("Content-Type", "application/json"));

    assertThat(reply.getContentType()).isEqualTo("application/json");
    assertThat(reply.getInputStream()).hasContent("{}");
  }

  private static Reply reply(String body, Map<String, String> headers) {
    var any = new TreeMap<String, String>(String.CASE_INSENSITIVE_ORDER);
    any.putAll(headers);
    return new Reply(500, any, body.getBytes(StandardCharsets.UTF_8));
  }
}
