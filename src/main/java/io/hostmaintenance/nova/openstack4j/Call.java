package io.hostmaintenance.nova.openstack4j;

import io.hostmaintenance.nova.Microversion;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.openstack4j.api.types.ServiceType;
import org.openstack4j.core.transport.HttpMethod;

/**
 * One request, before it has a token and a version.
 *
 * @param operation what it is for, as metrics name it
 * @param path below the service's URL, its parts encoded
 * @param body null when it has none
 * @param globalRequestId sent as X-Openstack-Request-Id
 * @param newest of Nova's versions the newest that it is asked in
 * @param slow whether what it asks is waited for, so that it is asked once
 */
@RecordBuilder
record Call(
    String operation,
    HttpMethod method,
    ServiceType service,
    String path,
    Map<String, String> query,
    Object body,
    Optional<String> globalRequestId,
    Microversion newest,
    boolean slow)
    implements CallBuilder.With {

  /** A question to Nova. */
  static Call get(String operation, String path, String... parts) {
    return new Call(
        operation,
        HttpMethod.GET,
        ServiceType.COMPUTE,
        path(path, parts),
        Map.of(),
        null,
        Optional.empty(),
        Microversion.CEILING,
        false);
  }

  /** A request to Nova that changes something. */
  static Call write(
      String operation, HttpMethod method, Object body, String path, String... parts) {
    return get(operation, path, parts).withMethod(method).withBody(body);
  }

  private static String path(String path, String... parts) {
    var encoded = new Object[parts.length];
    for (var i = 0; i < parts.length; i++) {
      encoded[i] = URLEncoder.encode(parts[i], StandardCharsets.UTF_8).replace("+", "%20");
    }
    return path.formatted(encoded);
  }

  /** The same with one more query parameter. */
  Call with(String key, String value) {
    var more = new LinkedHashMap<>(query);
    more.put(key, value);
    return withQuery(more);
  }

  /** The same with one more query parameter, where it has a value. */
  Call with(String key, Optional<String> value) {
    return value.map(v -> with(key, v)).orElse(this);
  }

  boolean writes() {
    return method != HttpMethod.GET;
  }

  /** Whether it is asked again while nobody answers it. */
  boolean repeatable() {
    return !writes() && !slow;
  }

  /** Its name in sentences. */
  String name() {
    return method + " " + path;
  }
}
