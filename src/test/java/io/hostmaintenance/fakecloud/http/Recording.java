package io.hostmaintenance.fakecloud.http;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * An exchange recorded from a real Nova.
 *
 * @param name the file below nova-recordings, without its ending
 * @param request method, path (below the endpoint), microversion (null for no header), body
 * @param status the answer's HTTP status
 * @param headers the answer's headers of interest
 * @param body the answer's body, null for none
 */
record Recording(String name, JsonNode request, int status, JsonNode headers, JsonNode body) {
  static Recording read(String name) {
    try (var in = Recording.class.getResourceAsStream("/nova-recordings/" + name + ".json")) {
      var all = Json.MAPPER.readTree(in);
      return new Recording(
          name,
          all.get("request"),
          all.get("status").intValue(),
          all.get("headers"),
          all.get("body"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
