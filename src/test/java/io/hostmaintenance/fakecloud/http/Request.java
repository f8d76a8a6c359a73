package io.hostmaintenance.fakecloud.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * A request as it came in.
 *
 * @param method the HTTP method
 * @param path the decoded path without query
 * @param rawQuery the query as sent, or null
 * @param headers the headers by name, found in any case; the token is replaced by {@code ***}
 * @param body the body as text, empty for none
 */
public record Request(
    String method, String path, String rawQuery, Map<String, String> headers, String body) {
  static Request of(String method, String target, Map<String, String> headers, String body) {
    var uri = URI.create(target);
    return new Request(method, uri.getPath(), uri.getRawQuery(), headers, body);
  }

  /** The header of this name, or null. */
  public String header(String name) {
    return headers.get(name);
  }

  /** The parameters of the query by name; the last one wins. */
  public Map<String, String> query() {
    var parameters = new LinkedHashMap<String, String>();
    if (rawQuery != null && !rawQuery.isEmpty()) {
      for (var pair : rawQuery.split("&")) {
        var parts = pair.split("=", 2);
        parameters.put(decode(parts[0]), parts.length == 1 ? "" : decode(parts[1]));
      }
    }
    return parameters;
  }

  /** The body as JSON; a missing node when there is none or it is no JSON. */
  public JsonNode json() {
    try {
      return body.isEmpty() ? MissingNode.getInstance() : Json.MAPPER.readTree(body);
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      return MissingNode.getInstance();
    }
  }

  /** The same without its token, fit to be kept. */
  Request withoutToken() {
    var safe = new TreeMap<String, String>(String.CASE_INSENSITIVE_ORDER);
    safe.putAll(headers);
    safe.computeIfPresent("X-Auth-Token", (name, token) -> "***");
    return new Request(method, path, rawQuery, safe, path.endsWith("/auth/tokens") ? "***" : body);
  }

  private static String decode(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
  }
}
