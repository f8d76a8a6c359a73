package io.hostmaintenance.fakecloud.http;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * An answer.
 *
 * @param status the HTTP status
 * @param headers its headers, without Date, Content-Length
 * @param body its body, empty for none
 */
record Reply(int status, Map<String, String> headers, String body) {
  static Reply json(int status, Object body) {
    return new Reply(
        status, Map.of("Content-Type", "application/json"), body == null ? "" : Json.write(body));
  }

  Reply with(String name, String value) {
    var more = new LinkedHashMap<>(headers);
    more.put(name, value);
    return new Reply(status, more, body);
  }
}
