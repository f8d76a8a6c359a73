package io.hostmaintenance.fakecloud.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import io.hostmaintenance.fakecloud.User;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.stream.StreamSupport;

/** A bare client for the tests of this package: what it sends is exactly what is written. */
final class NovaClient implements AutoCloseable {
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final URI computeUrl;
  private String token;
  private JsonNode catalog;

  NovaClient(URI computeUrl) {
    this.computeUrl = computeUrl;
  }

  static NovaClient of(CloudSimulator simulator, String user)
      throws IOException, InterruptedException {
    var client = new NovaClient(simulator.computeUrl());
    var answer =
        client.send(
            "POST",
            simulator.authUrl() + "/auth/tokens",
            null,
            passwordLogin(simulator.cloud(cloud -> cloud.users().get(user))));
    client.token = answer.headers().firstValue("X-Subject-Token").orElseThrow();
    return client;
  }

  /** Logs in and takes Nova's public endpoint in the region from the catalog. */
  static NovaClient login(URI authUrl, String region, User user)
      throws IOException, InterruptedException {
    try (var keystone = new NovaClient(authUrl)) {
      var answer = keystone.send("POST", "/auth/tokens", null, passwordLogin(user));
      if (answer.statusCode() != 201) {
        throw new IOException("%s refuses %s".formatted(authUrl, user.name()));
      }
      var catalog = json(answer).at("/token/catalog");
      var client = new NovaClient(endpoint(catalog, "compute", region));
      client.catalog = catalog;
      client.token = answer.headers().firstValue("X-Subject-Token").orElseThrow();
      return client;
    }
  }

  /** The public endpoint of this type of service in the catalog of the login. */
  URI endpoint(String type, String region) {
    return endpoint(catalog, type, region);
  }

  private static URI endpoint(JsonNode catalog, String type, String region) {
    return StreamSupport.stream(catalog.spliterator(), false)
        .filter(service -> service.path("type").asText().equals(type))
        .flatMap(service -> StreamSupport.stream(service.path("endpoints").spliterator(), false))
        .filter(endpoint -> endpoint.path("interface").asText().equals("public"))
        .filter(endpoint -> endpoint.path("region").asText().equals(region))
        .map(endpoint -> URI.create(endpoint.path("url").asText()))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("no endpoint of " + type));
  }

  static String passwordLogin(User user) {
    return passwordLogin(user, user.password());
  }

  static String passwordLogin(User user, String password) {
    var domain = Json.object("name", "Default");
    return Json.write(
        Json.object(
            "auth",
            Json.object(
                "identity",
                Json.object(
                    "methods",
                    List.of("password"),
                    "password",
                    Json.object(
                        "user",
                        Json.object("name", user.name(), "domain", domain, "password", password))),
                "scope",
                Json.object(
                    "project", Json.object("name", user.projectName(), "domain", domain)))));
  }

  HttpResponse<String> send(String method, String pathOrUrl, String microversion, String body)
      throws IOException, InterruptedException {
    var uri = pathOrUrl.startsWith("http") ? pathOrUrl : computeUrl + pathOrUrl;
    var request = HttpRequest.newBuilder(URI.create(uri));
    if (token != null) {
      request.header("X-Auth-Token", token);
    }
    if (microversion != null) {
      request.header(
          "OpenStack-API-Version",
          microversion.contains(" ") ? microversion : "compute " + microversion);
    }
    if (body == null) {
      request.method(method, HttpRequest.BodyPublishers.noBody());
    } else {
      request
          .header("Content-Type", "application/json")
          .method(method, HttpRequest.BodyPublishers.ofString(body));
    }
    return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return send("GET", path, "2.96", null);
  }

  HttpResponse<String> post(String path, String body) throws IOException, InterruptedException {
    return send("POST", path, "2.96", body);
  }

  static JsonNode json(HttpResponse<String> response) throws IOException {
    return response.body().isEmpty()
        ? NullNode.getInstance()
        : Json.MAPPER.readTree(response.body());
  }

  static String message(HttpResponse<String> response) throws IOException {
    return json(response).findPath("message").asText();
  }

  @Override
  public void close() {
    http.close();
  }
}
